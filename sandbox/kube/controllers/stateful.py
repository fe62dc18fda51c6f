"""StatefulSets: pods with names that stay, one after the other, each with its own claims."""

from __future__ import annotations

from sandbox.kube.api.store import Store
from sandbox.kube.api.writes import Writer
from sandbox.kube.controllers.owned_pods import Object, Pods, is_live, is_ready


class StatefulSets:
    """The controller of StatefulSets."""

    watches = frozenset({"StatefulSet", "Pod", "PersistentVolumeClaim"})
    patient = False
    next_due = None

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._kind = store.registry.named("StatefulSet")
        self._claims = store.registry.named("PersistentVolumeClaim")
        self._writer = writer
        self._pods = Pods(store, writer)

    def sync(self) -> None:
        """Look at every StatefulSet once."""
        for found in self._store.all_of(self._kind):
            self._one(found)

    def _one(self, owner: Object) -> None:
        spec, current = owner["spec"], self._pods.revision(owner)
        pods = {pod["metadata"]["name"]: pod for pod in self._pods.of(owner)}
        start = (spec.get("ordinals") or {}).get("start", 0)
        names = [f"{owner['metadata']['name']}-{start + number}" for number in range(spec["replicas"])]
        ordered = spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
        if is_live(owner):
            for number, name in enumerate(names):
                pod = pods.get(name)
                if pod is None:
                    self._make(owner, name, start + number, current)
                elif is_live(pod) and pod["metadata"]["labels"].get("controller-revision-hash") != current:
                    self._pods.delete(pod)
                if ordered and (pod is None or not is_ready(pod)):
                    break  # the next one waits until this one is ready
        extra = [
            pod for name, pod in sorted(pods.items(), reverse=True) if name not in names and is_live(pod)
        ]
        for pod in extra[:1] if ordered else extra:
            self._pods.delete(pod)
        self._report(owner, current)

    def _make(self, owner: Object, name: str, ordinal: int, current: str) -> None:
        spec = dict(owner["spec"]["template"]["spec"])
        claims = []
        for template in owner["spec"].get("volumeClaimTemplates") or []:
            claim = f"{template['metadata']['name']}-{name}"
            claims.append(
                {"name": template["metadata"]["name"], "persistentVolumeClaim": {"claimName": claim}}
            )
            if not self._store.has(self._claims, owner["metadata"]["namespace"], claim):
                self._store.create(self._claims, self._claim(owner, template, claim))
        names = {volume["name"] for volume in claims}
        spec["volumes"] = [
            volume for volume in spec.get("volumes") or [] if volume["name"] not in names
        ] + claims
        spec["hostname"] = name
        if owner["spec"].get("serviceName"):
            spec["subdomain"] = owner["spec"]["serviceName"]
        labels = {
            "controller-revision-hash": current,
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(ordinal),
        }
        self._pods.make(owner, labels=labels, name=name, spec=spec)

    def _claim(self, owner: Object, template: Object, name: str) -> Object:
        labels = (owner["spec"].get("selector") or {}).get("matchLabels") or {}
        metadata = {
            "name": name,
            "namespace": owner["metadata"]["namespace"],
            "labels": {**(template["metadata"].get("labels") or {}), **labels},
            "annotations": dict(template["metadata"].get("annotations") or {}),
            "finalizers": ["kubernetes.io/pvc-protection"],
        }
        return {"metadata": metadata, "spec": dict(template["spec"]), "status": {"phase": "Pending"}}

    def _report(self, owner: Object, current: str) -> None:
        live = [pod for pod in self._pods.of(owner) if is_live(pod)]
        ready = sum(is_ready(pod) for pod in live)
        updated = sum(pod["metadata"]["labels"].get("controller-revision-hash") == current for pod in live)
        name = f"{owner['metadata']['name']}-{current}"
        self._pods.report(
            self._kind,
            owner,
            {
                "observedGeneration": owner["metadata"].get("generation", 1),
                "replicas": len(live),
                "readyReplicas": ready,
                "availableReplicas": ready,
                "currentReplicas": updated,
                "updatedReplicas": updated,
                "currentRevision": name,
                "updateRevision": name,
                "collisionCount": 0,
            },
        )

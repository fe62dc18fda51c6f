"""StatefulSets: pods with names that stay, one after the other, each with claims of its own."""

from __future__ import annotations

from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.controllers.pods import REVISION, PodControl, has_revision
from sandbox.kube.objects import Object, is_live, is_ready


class StatefulSetController(Controller):
    """Creates and deletes the pods and claims of StatefulSets, in order."""

    watches = frozenset({"StatefulSet", "Pod", "PersistentVolumeClaim"})

    def __init__(self, store: Store, pods: PodControl) -> None:
        super().__init__(store)
        registry = store.registry
        self._kind, self._claims = registry.named("StatefulSet"), registry.named("PersistentVolumeClaim")
        self._pods = pods

    def reconcile(self) -> None:
        """Make one pass over the StatefulSets."""
        for stateful_set in self._store.all_of(self._kind):
            self._reconcile(stateful_set)

    def _reconcile(self, owner: Object) -> None:
        spec, revision = owner["spec"], self._pods.revision(owner)
        pods = {pod["metadata"]["name"]: pod for pod in self._pods.owned_by(owner)}
        start = (spec.get("ordinals") or {}).get("start", 0)
        ordinals = {
            f"{owner['metadata']['name']}-{ordinal}": ordinal
            for ordinal in range(start, start + spec["replicas"])
        }
        ordered = spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
        if is_live(owner):
            for name, ordinal in ordinals.items():
                pod = pods.get(name)
                if pod is None:
                    self._create(owner, name, ordinal, revision)
                elif is_live(pod) and not has_revision(pod, revision):
                    self._pods.delete(pod)
                if ordered and (pod is None or not is_ready(pod)):
                    break  # the next one waits until this one is ready
        surplus = [pods[name] for name in sorted(pods, reverse=True) if name not in ordinals]
        surplus = [pod for pod in surplus if is_live(pod)]
        for pod in surplus[:1] if ordered else surplus:
            self._pods.delete(pod)
        self._report(owner, revision)

    def _create(self, owner: Object, name: str, ordinal: int, revision: str) -> None:
        spec = dict(owner["spec"]["template"]["spec"])
        mounts = {
            template["metadata"]["name"] for template in owner["spec"].get("volumeClaimTemplates") or []
        }
        volumes = [volume for volume in spec.get("volumes") or [] if volume["name"] not in mounts]
        spec["volumes"] = volumes + self._claim_volumes(owner, name)
        spec["hostname"] = name
        if owner["spec"].get("serviceName"):
            spec["subdomain"] = owner["spec"]["serviceName"]
        labels = {
            REVISION: revision,
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": str(ordinal),
        }
        self._pods.create(owner, labels=labels, name=name, spec=spec)

    def _claim_volumes(self, owner: Object, pod: str) -> list[Object]:
        """Return the volumes for the claim templates, and create the claims that are not there yet."""
        volumes = []
        for template in owner["spec"].get("volumeClaimTemplates") or []:
            claim = f"{template['metadata']['name']}-{pod}"
            volumes.append(
                {"name": template["metadata"]["name"], "persistentVolumeClaim": {"claimName": claim}}
            )
            if not self._store.has(self._claims, owner["metadata"]["namespace"], claim):
                self._store.create(self._claims, self._claim(owner, template, claim))
        return volumes

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

    def _report(self, owner: Object, revision: str) -> None:
        pods = [pod for pod in self._pods.owned_by(owner) if is_live(pod)]
        ready = sum(is_ready(pod) for pod in pods)
        updated = sum(has_revision(pod, revision) for pod in pods)
        name = f"{owner['metadata']['name']}-{revision}"
        status = {
            "observedGeneration": owner["metadata"].get("generation", 1),
            "replicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "currentReplicas": updated,
            "updatedReplicas": updated,
            "currentRevision": name,
            "updateRevision": name,
            "collisionCount": 0,
        }
        self._store.set_status(self._kind, owner, status)

"""Deployments: a ReplicaSet for each revision, and rolling updates from the old ones to the new one."""

from __future__ import annotations

from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.controllers.pods import PodControl
from sandbox.kube.objects import Object, key_of, labels_of, owner_reference, status_of


class DeploymentController(Controller):
    """Creates and scales the ReplicaSets of Deployments."""

    watches = frozenset({"Deployment", "ReplicaSet"})

    def __init__(self, store: Store, pods: PodControl) -> None:
        super().__init__(store)
        self._kind, self._replica_sets = (
            store.registry.named("Deployment"),
            store.registry.named("ReplicaSet"),
        )
        self._pods = pods

    def reconcile(self) -> None:
        """Make one pass over the Deployments."""
        for deployment in self._store.all_of(self._kind):
            self._reconcile(deployment)

    def _reconcile(self, deployment: Object) -> None:
        revision, namespace = self._pods.revision(deployment), deployment["metadata"]["namespace"]
        name = f"{deployment['metadata']['name']}-{revision}"
        if not self._store.has(self._replica_sets, namespace, name):
            self._create(deployment, name, revision)
        self._scale(deployment, name)
        owned = self._store.owned(deployment, self._replica_sets)
        newest = status_of(self._store.peek(self._replica_sets, namespace, name))
        self._report(deployment, owned, newest)

    def _create(self, deployment: Object, name: str, revision: str) -> None:
        template = deployment["spec"]["template"]
        labels = {**labels_of(template), "pod-template-hash": revision}
        metadata = {
            "name": name,
            "namespace": deployment["metadata"]["namespace"],
            "labels": labels,
            "ownerReferences": [owner_reference(deployment)],
        }
        spec = {
            "replicas": deployment["spec"]["replicas"],
            "selector": {"matchLabels": labels},
            "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
        }
        self._store.create(self._replica_sets, {"metadata": metadata, "spec": spec})

    def _scale(self, deployment: Object, newest: str) -> None:
        """Give the newest ReplicaSet all pods; an old one keeps as many as the newest still lacks."""
        replicas = deployment["spec"]["replicas"]
        current = self._store.peek(self._replica_sets, deployment["metadata"]["namespace"], newest)
        lacking = max(0, replicas - status_of(current).get("readyReplicas", 0))
        for replica_set in self._store.owned(deployment, self._replica_sets):
            is_newest = replica_set["metadata"]["name"] == newest
            target = replicas if is_newest else min(replica_set["spec"]["replicas"], lacking)
            self._set_replicas(replica_set, target)

    def _set_replicas(self, replica_set: Object, replicas: int) -> None:
        if replica_set["spec"]["replicas"] != replicas:
            self._store.mutate(
                self._replica_sets,
                *key_of(replica_set),
                lambda obj: obj["spec"].update(replicas=replicas),
            )

    def _report(self, deployment: Object, owned: list[Object], newest: Object) -> None:
        replicas = deployment["spec"]["replicas"]
        ready = sum(status_of(replica_set).get("readyReplicas", 0) for replica_set in owned)
        status = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": sum(status_of(replica_set).get("replicas", 0) for replica_set in owned),
            "updatedReplicas": newest.get("replicas", 0),
            "readyReplicas": ready,
            "availableReplicas": ready,
            **({"unavailableReplicas": replicas - ready} if ready < replicas else {}),
            "conditions": self._conditions(
                deployment,
                newest,
                available=ready >= replicas,
                complete=newest.get("readyReplicas", 0) >= replicas,
            ),
        }
        self._store.set_status(self._kind, deployment, status)

    def _conditions(
        self, deployment: Object, newest: Object, *, available: bool, complete: bool
    ) -> list[Object]:
        conditions = (
            {
                "type": "Available",
                "status": "True" if available else "False",
                "reason": f"MinimumReplicas{'A' if available else 'Una'}vailable",
                "message": f"Deployment {'has' if available else 'does not have'} minimum availability.",
            },
            {
                "type": "Progressing",
                "status": "True",
                "reason": "NewReplicaSetAvailable" if complete else "ReplicaSetUpdated",
                "message": f'ReplicaSet of Deployment "{deployment["metadata"]["name"]}"'
                f" {'has successfully progressed' if complete else 'is progressing'}.",
            },
        )
        old = {condition["type"]: condition for condition in status_of(deployment).get("conditions") or []}
        failures = [c for c in newest.get("conditions") or [] if c["type"] == "ReplicaFailure"]
        return [self._dated(condition, old.get(condition["type"], {})) for condition in conditions] + failures

    def _dated(self, condition: Object, old: Object) -> Object:
        """Give a condition its times: they change with its status, and with anything of it."""
        now = self._store.now()
        unchanged = all(old.get(field) == value for field, value in condition.items())
        return {
            **condition,
            "lastTransitionTime": (
                old["lastTransitionTime"] if old.get("status") == condition["status"] else now
            ),
            "lastUpdateTime": old.get("lastUpdateTime", now) if unchanged else now,
        }

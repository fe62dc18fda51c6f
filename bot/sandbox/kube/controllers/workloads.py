"""DaemonSets, Deployments and ReplicaSets: pods are made, counted, and removed with their owners."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from bot.sandbox.kube.api import selectors
from bot.sandbox.kube.api.store import Store

Object = dict[str, Any]


def tolerates(spec: Object, taint: Object) -> bool:
    """Whether a pod tolerates a taint."""
    for toleration in spec.get("tolerations") or []:
        effect = toleration.get("effect")
        if effect and effect != taint["effect"]:
            continue
        if toleration.get("operator") == "Exists":
            if not toleration.get("key") or toleration["key"] == taint["key"]:
                return True
        elif toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get("value", ""):
            return True
    return False


def fits(spec: Object, node: Object, *, daemon: bool = False) -> bool:
    """Whether a pod may be put on a node. The DaemonSet controller adds tolerations of its own."""
    labels = node["metadata"].get("labels", {})
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    own = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "node.kubernetes.io/network-unavailable",
           "node.kubernetes.io/unschedulable", "node.kubernetes.io/disk-pressure", "node.kubernetes.io/memory-pressure")  # fmt: skip
    for taint in node.get("spec", {}).get("taints") or []:
        if taint["effect"] == "PreferNoSchedule" or (daemon and taint["key"] in own):
            continue
        if not tolerates(spec, taint):
            return False
    return True


def revision(template: Object) -> str:
    """The hash that names a template's revision."""
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]


class Workloads:
    """Makes pods of DaemonSets, and of Deployments through ReplicaSets."""

    def __init__(self, store: Store) -> None:
        self._store = store
        registry = store.registry
        self._pods, self._nodes = registry.named("Pod"), registry.named("Node")
        self._daemon_sets, self._deployments = registry.named("DaemonSet"), registry.named("Deployment")
        self._replica_sets = registry.named("ReplicaSet")
        self._numbers = 0

    def sync(self) -> None:
        """Look at every workload once."""
        for daemon_set in self._store.all_of(self._daemon_sets):
            self._daemon_set(daemon_set)
        for deployment in self._store.all_of(self._deployments):
            self._deployment(deployment)
        for replica_set in self._store.all_of(self._replica_sets):
            self._replica_set(replica_set)
        self._collect_garbage()

    def _owned(self, owner: Object) -> list[Object]:
        uid = owner["metadata"]["uid"]
        namespace = owner["metadata"]["namespace"]
        return [
            pod
            for pod in self._store.all_of(self._pods, namespace)
            if any(ref["uid"] == uid for ref in pod["metadata"].get("ownerReferences", []))
        ]

    def _pod_of(self, owner: Object, *, labels: dict[str, str], node: str = "") -> None:
        template = owner["spec"]["template"]
        self._numbers += 1
        suffix = hashlib.sha256(f"{owner['metadata']['uid']}{self._numbers}".encode()).hexdigest()[:5]
        spec = json.loads(json.dumps(template["spec"]))
        if node:
            spec["nodeName"] = node
        reference = {
            "apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True,
        }  # fmt: skip
        metadata = {
            "name": f"{owner['metadata']['name']}-{suffix}", "generateName": f"{owner['metadata']['name']}-",
            "namespace": owner["metadata"]["namespace"], "labels": {**template["metadata"].get("labels", {}), **labels},
            "ownerReferences": [reference],
        }  # fmt: skip
        status = {"phase": "Pending", "conditions": [], "qosClass": "BestEffort"}
        self._store.create(self._pods, {"metadata": metadata, "spec": spec, "status": status})

    def _daemon_set(self, daemon_set: Object) -> None:
        spec = daemon_set["spec"]["template"]["spec"]
        current = revision(daemon_set["spec"]["template"])
        wanted = [n["metadata"]["name"] for n in self._store.all_of(self._nodes) if fits(spec, n, daemon=True)]
        pods = self._owned(daemon_set)
        placed = {pod["spec"].get("nodeName"): pod for pod in pods if not pod["metadata"].get("deletionTimestamp")}
        for node in wanted:
            if node not in placed:
                self._pod_of(daemon_set, labels={"controller-revision-hash": current}, node=node)
        for pod in pods:
            node = pod["spec"].get("nodeName")
            stale = pod["metadata"]["labels"].get("controller-revision-hash") != current
            if (node not in wanted or stale) and not pod["metadata"].get("deletionTimestamp"):
                self._delete(pod)
        live = [pod for pod in self._owned(daemon_set) if not pod["metadata"].get("deletionTimestamp")]
        ready = sum(is_ready(pod) for pod in live)
        status = {
            "observedGeneration": daemon_set["metadata"]["generation"], "desiredNumberScheduled": len(wanted),
            "currentNumberScheduled": len(live), "numberReady": ready, "numberAvailable": ready,
            "numberUnavailable": len(wanted) - ready, "numberMisscheduled": 0,
            "updatedNumberScheduled": sum(pod["metadata"]["labels"].get("controller-revision-hash") == current for pod in live),
        }  # fmt: skip
        self._set_status(self._daemon_sets, daemon_set, status)

    def _deployment(self, deployment: Object) -> None:
        template, namespace = deployment["spec"]["template"], deployment["metadata"]["namespace"]
        current = revision(template)
        name = f"{deployment['metadata']['name']}-{current}"
        replicas = deployment["spec"]["replicas"]
        if not self._store.has(self._replica_sets, namespace, name):
            labels = {**template["metadata"].get("labels", {}), "pod-template-hash": current}
            reference = {
                "apiVersion": "apps/v1", "kind": "Deployment", "name": deployment["metadata"]["name"],
                "uid": deployment["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True,
            }  # fmt: skip
            self._store.create(
                self._replica_sets,
                {
                    "metadata": {"name": name, "namespace": namespace, "labels": labels, "ownerReferences": [reference]},
                    "spec": {
                        "replicas": replicas, "selector": {"matchLabels": labels},
                        "template": {**template, "metadata": {**template["metadata"], "labels": labels}},
                    },
                },
            )  # fmt: skip
        owned = [
            found
            for found in self._store.all_of(self._replica_sets, namespace)
            if any(
                ref["uid"] == deployment["metadata"]["uid"] for ref in found["metadata"].get("ownerReferences", [])
            )
        ]
        for found in owned:
            target = replicas if found["metadata"]["name"] == name else 0
            self._store.mutate(
                self._replica_sets, namespace, found["metadata"]["name"],
                lambda obj, target=target: obj["spec"].update(replicas=target),  # type: ignore[misc]
            )  # fmt: skip
        newest = self._store.peek(self._replica_sets, namespace, name).get("status", {})
        ready = sum(found.get("status", {}).get("readyReplicas", 0) for found in owned)
        available = ready >= replicas
        condition = {
            "type": "Available", "status": "True" if available else "False",
            "reason": "MinimumReplicasAvailable" if available else "MinimumReplicasUnavailable",
            "message": "Deployment has minimum availability." if available else "Deployment does not have minimum availability.",
        }  # fmt: skip
        status = {
            "observedGeneration": deployment["metadata"]["generation"], "replicas": newest.get("replicas", 0),
            "updatedReplicas": newest.get("replicas", 0), "readyReplicas": ready, "availableReplicas": ready,
            "conditions": [condition],
        }  # fmt: skip
        self._set_status(self._deployments, deployment, status)

    def _replica_set(self, replica_set: Object) -> None:
        pods = [pod for pod in self._owned(replica_set) if not pod["metadata"].get("deletionTimestamp")]
        missing = replica_set["spec"]["replicas"] - len(pods)
        for _ in range(missing):
            self._pod_of(replica_set, labels={})
        for pod in sorted(pods, key=is_ready)[: max(0, -missing)]:
            self._delete(pod)
        live = [pod for pod in self._owned(replica_set) if not pod["metadata"].get("deletionTimestamp")]
        status = {
            "observedGeneration": replica_set["metadata"].get("generation", 1), "replicas": len(live),
            "readyReplicas": sum(is_ready(pod) for pod in live),
        }  # fmt: skip
        self._set_status(self._replica_sets, replica_set, status)

    def _delete(self, pod: Object) -> None:
        self._store.delete(self._pods, pod["metadata"]["namespace"], pod["metadata"]["name"])

    def _set_status(self, kind: Any, obj: Object, status: Object) -> None:
        namespace, name = obj["metadata"]["namespace"], obj["metadata"]["name"]
        if self._store.has(kind, namespace, name):
            self._store.mutate(kind, namespace, name, lambda found: found.update(status=status), subresource="status")

    def _collect_garbage(self) -> None:
        """What is owned by something that is gone goes as well."""
        alive = {
            obj["metadata"]["uid"]
            for kind in (self._daemon_sets, self._deployments, self._replica_sets, self._store.registry.named("StatefulSet"),
                         self._store.registry.named("Job"))
            for obj in self._store.all_of(kind)
        }  # fmt: skip
        for kind in (self._replica_sets, self._pods):
            for obj in self._store.all_of(kind):
                owners = obj["metadata"].get("ownerReferences", [])
                if (
                    owners
                    and not any(ref["uid"] in alive for ref in owners)
                    and not obj["metadata"].get("deletionTimestamp")
                ):
                    self._store.delete(kind, obj["metadata"]["namespace"], obj["metadata"]["name"])


def is_ready(pod: Object) -> bool:
    """Whether a pod's Ready condition is true."""
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod.get("status", {}).get("conditions", []))


def selected(selector: Object, pod: Object) -> bool:
    """Whether a LabelSelector selects a pod."""
    return selectors.matches(selector, pod["metadata"].get("labels", {}))

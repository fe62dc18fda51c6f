"""What the API server fills in when an object is created, and the addresses it gives to Services."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from bot.sandbox.kube.api.errors import ApiError, invalid
from bot.sandbox.kube.api.kinds import Kind

Object = dict[str, Any]

SERVICE_RANGE = ipaddress.ip_network("10.254.0.0/16")
CONTAINER = {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}


def fill(kind: Kind, obj: Object) -> None:
    """Default the fields that clients read."""
    obj.setdefault("metadata", {})
    if "status" in kind.subresources and kind.kind != "Node":
        obj["status"] = {}  # what a client says of it does not count
    filler = _FILLERS.get(kind.kind)
    if filler is not None and (kind.kind in ("Namespace", "Node") or obj.get("spec") is not None):
        filler(obj)


def _namespace(obj: Object) -> None:
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"].get("name", "")
    obj["spec"] = {"finalizers": ["kubernetes"]}
    obj["status"] = {"phase": "Active"}


def _node(obj: Object) -> None:
    taints = obj.setdefault("spec", {}).setdefault("taints", [])
    if not obj.get("status"):  # a node that has not reported anything yet
        taints.append({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"})


def _bare_pod(obj: Object) -> None:
    _pod(obj["spec"])
    obj["status"] = {"phase": "Pending", "qosClass": "BestEffort"}


def _deployment(obj: Object) -> None:
    spec = obj["spec"]
    spec.setdefault("replicas", 1)
    spec.setdefault(
        "strategy", {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}
    )
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    _pod(spec["template"]["spec"])


def _replicated(obj: Object) -> None:
    obj["spec"].setdefault("replicas", 1)
    _pod(obj["spec"]["template"]["spec"])


def _daemon_set(obj: Object) -> None:
    obj["spec"].setdefault(
        "updateStrategy", {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
    )
    _pod(obj["spec"]["template"]["spec"])


def _network_policy(obj: Object) -> None:
    spec = obj["spec"]
    spec.setdefault("podSelector", {})
    if "policyTypes" not in spec:
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    for rule in [*spec.get("ingress", []), *spec.get("egress", [])]:
        for port in rule.get("ports") or []:
            port.setdefault("protocol", "TCP")


def _cron_job(obj: Object) -> None:
    obj["spec"].setdefault("suspend", False)
    obj["spec"].setdefault("concurrencyPolicy", "Allow")


def _claim(obj: Object) -> None:
    finalizers = obj["metadata"].setdefault("finalizers", [])
    if "kubernetes.io/pvc-protection" not in finalizers:
        finalizers.append("kubernetes.io/pvc-protection")
    obj["spec"].setdefault("volumeMode", "Filesystem")
    obj["status"] = {"phase": "Pending"}


def _job(obj: Object) -> None:
    spec, uid, name = obj["spec"], str(uuid.uuid4()), obj["metadata"].get("name", "")
    spec.setdefault("completions", 1)
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6)
    if not spec.get("manualSelector"):
        labels = {
            "batch.kubernetes.io/controller-uid": uid,
            "batch.kubernetes.io/job-name": name,
            "controller-uid": uid,
            "job-name": name,
        }
        spec["template"].setdefault("metadata", {}).setdefault("labels", {}).update(labels)
        spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    _pod(spec["template"]["spec"])


def _pod(spec: Object) -> None:
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("schedulerName", "default-scheduler")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("securityContext", {})
    for container in [*spec.get("initContainers", []), *spec.get("containers", [])]:
        for field, value in CONTAINER.items():
            container.setdefault(field, value)
        _, colon, tag = container.get("image", "").rpartition("/")[2].partition(":")
        container.setdefault("imagePullPolicy", "IfNotPresent" if colon and tag != "latest" else "Always")
        container.setdefault("resources", {})


_FILLERS: dict[str, Callable[[Object], None]] = {
    "Namespace": _namespace, "Node": _node, "Pod": _bare_pod, "Deployment": _deployment, "StatefulSet": _replicated,
    "ReplicaSet": _replicated, "DaemonSet": _daemon_set, "NetworkPolicy": _network_policy, "Job": _job, "CronJob": _cron_job,
    "PersistentVolumeClaim": _claim,
}  # fmt: skip


def address_service(kind: Kind, obj: Object, taken: Iterable[str]) -> None:
    """Give a Service its cluster IP and its ports their defaults. Raises `ApiError` 422 for a taken address."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    for port in spec.get("ports", []):
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port["port"])
    used = set(taken)
    wanted = spec.get("clusterIP")
    if spec["type"] == "ExternalName" or wanted == "None":
        return
    if wanted:
        if wanted in used:
            raise _taken(kind, obj, wanted)
    else:
        hosts = (str(host) for host in SERVICE_RANGE.hosts())
        wanted = next(host for host in hosts if host not in used and host != str(SERVICE_RANGE[1]))
    spec |= {"clusterIP": wanted, "clusterIPs": [wanted], "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"}
    spec.setdefault("internalTrafficPolicy", "Cluster")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
        for number, port in enumerate(spec.get("ports", [])):
            port.setdefault("nodePort", 30_000 + (int(ipaddress.ip_address(wanted)) + number) % 2_768)
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    obj.setdefault("status", {"loadBalancer": {}})


def _taken(kind: Kind, obj: Object, address: str) -> ApiError:
    message = f'Invalid value: ["{address}"]: failed to allocate IP {address}: provided IP is already allocated'
    return invalid(kind, obj["metadata"]["name"], [("FieldValueInvalid", "spec.clusterIPs", message)])

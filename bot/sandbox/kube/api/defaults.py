"""What the API server fills in when an object is created, and the addresses it gives to Services."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from bot.sandbox.kube.api.errors import ApiError, invalid
from bot.sandbox.kube.api.kinds import Kind

Object = dict[str, Any]

SERVICE_RANGE = ipaddress.ip_network("10.254.0.0/16")
CONTAINER = {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}


def fill(kind: Kind, obj: Object) -> None:
    """Default the fields that clients read."""
    metadata, spec = obj.setdefault("metadata", {}), obj.get("spec")
    match kind.kind:
        case "Namespace":
            metadata.setdefault("labels", {})["kubernetes.io/metadata.name"] = metadata.get("name", "")
            obj["spec"] = {"finalizers": ["kubernetes"]}
            obj["status"] = {"phase": "Active"}
        case "Pod":
            _pod(obj["spec"])
            obj["status"] = {"phase": "Pending", "qosClass": "BestEffort"}
        case "Deployment" if spec is not None:
            spec.setdefault("replicas", 1)
            spec.setdefault(
                "strategy", {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}
            )
            spec.setdefault("revisionHistoryLimit", 10)
            spec.setdefault("progressDeadlineSeconds", 600)
            _pod(spec["template"]["spec"])
        case "StatefulSet" | "ReplicaSet" if spec is not None:
            spec.setdefault("replicas", 1)
            _pod(spec["template"]["spec"])
        case "DaemonSet" if spec is not None:
            spec.setdefault(
                "updateStrategy", {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
            )
            _pod(spec["template"]["spec"])
        case "NetworkPolicy" if spec is not None:
            spec.setdefault("podSelector", {})
            if "policyTypes" not in spec:
                spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
            for rule in [*spec.get("ingress", []), *spec.get("egress", [])]:
                for port in rule.get("ports") or []:
                    port.setdefault("protocol", "TCP")
        case "CronJob" if spec is not None:
            spec.setdefault("suspend", False)
            spec.setdefault("concurrencyPolicy", "Allow")


def _pod(spec: Object) -> None:
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("schedulerName", "default-scheduler")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("securityContext", {})
    for container in [*spec.get("initContainers", []), *spec.get("containers", [])]:
        for field, value in CONTAINER.items():
            container.setdefault(field, value)
        tag = container.get("image", "").rpartition(":")[2]
        container.setdefault("imagePullPolicy", "Always" if tag in ("", "latest") or "/" in tag else "IfNotPresent")
        container.setdefault("resources", {})


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
    obj.setdefault("status", {"loadBalancer": {}})


def _taken(kind: Kind, obj: Object, address: str) -> ApiError:
    message = f'Invalid value: ["{address}"]: failed to allocate IP {address}: provided IP is already allocated'
    return invalid(kind, obj["metadata"]["name"], [("FieldValueInvalid", "spec.clusterIPs", message)])

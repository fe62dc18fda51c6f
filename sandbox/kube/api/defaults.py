"""Defaulting: what the API server fills in when an object is created or changed."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable

from sandbox.kube.api.kinds import Kind
from sandbox.kube.objects import Object

WITHOUT_SPEC = frozenset(
    {
        "Namespace",
        "Node",
        "Secret",
        "StorageClass",
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
    }
)
DEFAULTED_ON_UPDATE = frozenset(
    {
        "Deployment",
        "StatefulSet",
        "ReplicaSet",
        "DaemonSet",
        "NetworkPolicy",
        "CronJob",
        "Service",
        "Secret",
        "HorizontalPodAutoscaler",
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
        "Ingress",
    }
)
CONTAINER = {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}


def fill(kind: Kind, obj: Object) -> None:
    """Fill in the defaults of a new object, as far as clients read them."""
    obj.setdefault("metadata", {})
    if "status" in kind.subresources and kind.kind != "Node":
        obj["status"] = {}  # a client cannot set it on creation
    _fill(kind, obj)


def refill(kind: Kind, obj: Object) -> None:
    """Fill in the defaults that an update left out."""
    if kind.kind in DEFAULTED_ON_UPDATE:
        _fill(kind, obj)


def _fill(kind: Kind, obj: Object) -> None:
    filler = _FILLERS.get(kind.kind)
    if filler is not None and (kind.kind in WITHOUT_SPEC or obj.get("spec") is not None):
        filler(obj)


def _namespace(obj: Object) -> None:
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"].get("name", "")
    obj["spec"] = {"finalizers": ["kubernetes"]}
    obj["status"] = {"phase": "Active"}


def _node(obj: Object) -> None:
    taints = obj.setdefault("spec", {}).setdefault("taints", [])
    if not obj.get("status"):  # the node has not reported anything yet
        taints.append({"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"})


def _pod(obj: Object) -> None:
    _pod_spec(obj["spec"])
    obj["status"] = {"phase": "Pending", "qosClass": "BestEffort"}


def _deployment(obj: Object) -> None:
    spec = obj["spec"]
    spec.setdefault("replicas", 1)
    spec.setdefault(
        "strategy", {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}}
    )
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)
    _pod_spec(spec["template"]["spec"])


def _replica_set(obj: Object) -> None:
    obj["spec"].setdefault("replicas", 1)
    _pod_spec(obj["spec"]["template"]["spec"])


def _stateful_set(obj: Object) -> None:
    spec = obj["spec"]
    spec.setdefault("podManagementPolicy", "OrderedReady")
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("updateStrategy", {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}})
    spec.setdefault("persistentVolumeClaimRetentionPolicy", {"whenDeleted": "Retain", "whenScaled": "Retain"})
    for claim in spec.get("volumeClaimTemplates") or []:
        claim.setdefault("apiVersion", "v1")
        claim.setdefault("kind", "PersistentVolumeClaim")
        claim["spec"].setdefault("volumeMode", "Filesystem")
        claim.setdefault("status", {"phase": "Pending"})
    _replica_set(obj)


def _daemon_set(obj: Object) -> None:
    obj["spec"].setdefault(
        "updateStrategy", {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
    )
    _pod_spec(obj["spec"]["template"]["spec"])


def _network_policy(obj: Object) -> None:
    spec = obj["spec"] = obj.get("spec") or {}
    spec.setdefault("podSelector", {})
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    for rule in [*(spec.get("ingress") or []), *(spec.get("egress") or [])]:
        for port in rule.get("ports") or []:
            port.setdefault("protocol", "TCP")


def _cron_job(obj: Object) -> None:
    obj["spec"].setdefault("suspend", False)
    obj["spec"].setdefault("concurrencyPolicy", "Allow")
    obj["spec"].setdefault("successfulJobsHistoryLimit", 3)
    obj["spec"].setdefault("failedJobsHistoryLimit", 1)
    _pod_spec(obj["spec"]["jobTemplate"]["spec"]["template"]["spec"])


def fill_service(obj: Object) -> None:
    """Fill in the defaults of a Service that has a spec."""
    spec = obj["spec"]
    spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    for port in spec.get("ports", []):
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port["port"])
    if spec["type"] != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if spec["type"] in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if spec["type"] == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)


def _secret(obj: Object) -> None:
    obj.setdefault("type", "Opaque")
    for key, value in (obj.pop("stringData", None) or {}).items():
        obj.setdefault("data", {})[key] = base64.b64encode(str(value).encode()).decode()


def _autoscaler(obj: Object) -> None:
    obj["spec"].setdefault("minReplicas", 1)
    obj["spec"].setdefault(
        "metrics",
        [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
            }
        ],
    )


def _storage_class(obj: Object) -> None:
    obj.setdefault("reclaimPolicy", "Delete")
    obj.setdefault("volumeBindingMode", "Immediate")


def _webhooks(obj: Object) -> None:
    for webhook in obj.get("webhooks") or []:
        for field, value in (
            ("failurePolicy", "Fail"),
            ("matchPolicy", "Equivalent"),
            ("timeoutSeconds", 10),
            ("namespaceSelector", {}),
            ("objectSelector", {}),
        ):
            webhook.setdefault(field, value)
        for rule in webhook.get("rules") or []:
            rule.setdefault("scope", "*")
        if webhook["clientConfig"].get("service"):
            webhook["clientConfig"]["service"].setdefault("port", 443)


def _protect(obj: Object, finalizer: str) -> None:
    finalizers = obj["metadata"].setdefault("finalizers", [])
    if finalizer not in finalizers:
        finalizers.append(finalizer)


def _volume(obj: Object) -> None:
    _protect(obj, "kubernetes.io/pv-protection")
    obj["spec"].setdefault("persistentVolumeReclaimPolicy", "Retain")
    obj["spec"].setdefault("volumeMode", "Filesystem")
    obj["status"] = {"phase": "Pending"}


def _claim(obj: Object) -> None:
    _protect(obj, "kubernetes.io/pvc-protection")
    obj["spec"].setdefault("volumeMode", "Filesystem")
    obj["status"] = {"phase": "Pending"}


def _job(obj: Object) -> None:
    spec, uid, name = obj["spec"], str(uuid.uuid4()), obj["metadata"].get("name", "")
    spec.setdefault("completions", 1)
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    if not spec.get("manualSelector"):
        labels = {
            "batch.kubernetes.io/controller-uid": uid,
            "batch.kubernetes.io/job-name": name,
            "controller-uid": uid,
            "job-name": name,
        }
        spec["template"].setdefault("metadata", {}).setdefault("labels", {}).update(labels)
        spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    _pod_spec(spec["template"]["spec"])


def _pod_spec(spec: Object) -> None:
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
        for port in container.get("ports") or []:
            port.setdefault("protocol", "TCP")
        for name in ("livenessProbe", "readinessProbe", "startupProbe"):
            _probe(container.get(name))
    for volume in spec.get("volumes") or []:
        for source in ("configMap", "secret", "projected"):
            if source in volume:
                volume[source].setdefault("defaultMode", 420)


def _probe(probe: Object | None) -> None:
    if probe is None:
        return
    for field, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        probe.setdefault(field, value)
    if "httpGet" in probe:
        probe["httpGet"].setdefault("scheme", "HTTP")


_FILLERS: dict[str, Callable[[Object], None]] = {
    "Namespace": _namespace,
    "Node": _node,
    "Pod": _pod,
    "Deployment": _deployment,
    "StatefulSet": _stateful_set,
    "ReplicaSet": _replica_set,
    "DaemonSet": _daemon_set,
    "NetworkPolicy": _network_policy,
    "Job": _job,
    "CronJob": _cron_job,
    "PersistentVolumeClaim": _claim,
    "PersistentVolume": _volume,
    "Service": fill_service,
    "Secret": _secret,
    "HorizontalPodAutoscaler": _autoscaler,
    "StorageClass": _storage_class,
    "ValidatingWebhookConfiguration": _webhooks,
    "MutatingWebhookConfiguration": _webhooks,
}

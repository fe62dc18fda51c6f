"""When each thing starts to work in the new cluster, so that nothing ever works on both sides unasked.

What runs is copied standing still: workloads with no replicas, CronJobs and Jobs suspended, DaemonSets with a
node selector that no node has, load balancers as plain Services. What would act by itself (autoscalers,
Ingresses, webhooks, custom resources that own workloads) is withheld until the cut-over.
"""

from __future__ import annotations

import copy
import enum
from collections.abc import Collection

from bot.migration.objects.manifest import Object, Ref, group_of, owners_of, pod_spec_of, ref_of, spec_of
from bot.migration.objects.ownership import OwnershipGraph

HELD = "xk8s.io/held"  # the node selector of a DaemonSet that waits for the cut-over


class Mode(enum.StrEnum):
    """When an object comes to the new cluster, and whether it works before the cut-over."""

    COPIED = "copied"  # configuration: copied as it is
    AT_CUT_OVER = "at cut-over"
    PARALLEL = "parallel"  # a person asked for it with `--start-early`; it runs on both sides
    SKIP = "skip"


class Hold(enum.StrEnum):
    """How an object waits for the cut-over."""

    NOT = "not"
    REPLICAS = "replicas 0"
    SUSPENDED = "suspended"
    NO_NODE = "on no node"
    CLUSTER_IP = "without its load balancer"
    WITHHELD = "withheld"


SCALED = frozenset(
    {("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "ReplicaSet"), ("", "ReplicationController")}
)
SUSPENDED = frozenset({("batch", "CronJob"), ("batch", "Job")})
DAEMON_SET = ("apps", "DaemonSet")
WORKLOADS = SCALED | SUSPENDED | {DAEMON_SET, ("", "Pod")}
AUTOSCALER = ("autoscaling", "HorizontalPodAutoscaler")
ACTING = frozenset(
    {
        ("networking.k8s.io", "Ingress"),
        ("gateway.networking.k8s.io", "Gateway"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("apiregistration.k8s.io", "APIService"),
        ("autoscaling.k8s.io", "VerticalPodAutoscaler"),
        ("keda.sh", "ScaledObject"),
        ("keda.sh", "ScaledJob"),
    }
)


def is_workload(ref: Ref) -> bool:
    """Whether something runs because of this object."""
    return (ref.group, ref.kind) in WORKLOADS


def mode_of(obj: Object, early: Collection[str], reattached: Collection[str], graph: OwnershipGraph) -> Mode:
    """An object's mode. `early` has `ns/name` to start early, `reattached` `ns/claim` of volumes that
    move.
    """
    ref = ref_of(obj)
    if is_workload(ref):
        return Mode.PARALLEL if ref.short in early else Mode.AT_CUT_OVER
    if (ref.group, ref.kind) == AUTOSCALER:
        wanted = spec_of(obj)["scaleTargetRef"]
        return Mode.COPIED if f"{ref.namespace}/{wanted['name']}" in early else Mode.AT_CUT_OVER
    if (ref.group, ref.kind) in ACTING or is_balancer(obj):
        return Mode.AT_CUT_OVER
    if (ref.group, ref.kind) == ("", "PersistentVolumeClaim"):
        return Mode.AT_CUT_OVER if ref.short in reattached else Mode.COPIED
    if is_custom(ref) and any(
        is_workload(child) or child.kind == "PersistentVolumeClaim" for child in graph.descendants(obj)
    ):
        return Mode.AT_CUT_OVER
    return Mode.COPIED


def hold_of(obj: Object, mode: Mode) -> Hold:
    """How an object of a mode waits."""
    if mode is not Mode.AT_CUT_OVER:
        return Hold.NOT
    kind = (group_of(obj["apiVersion"]), obj["kind"])
    if kind in SCALED:
        return Hold.REPLICAS
    if kind in SUSPENDED:
        return Hold.SUSPENDED
    if kind == DAEMON_SET:
        return Hold.NO_NODE
    return Hold.CLUSTER_IP if is_balancer(obj) else Hold.WITHHELD


def held(obj: Object, hold: Hold) -> Object | None:
    """An object as it waits for the cut-over; None if it is withheld."""
    if hold is Hold.WITHHELD:
        return None
    made = copy.deepcopy(obj)
    match hold:
        case Hold.REPLICAS:
            made["spec"]["replicas"] = 0
        case Hold.SUSPENDED:
            made["spec"]["suspend"] = True
        case Hold.NO_NODE:
            selector = made["spec"]["template"]["spec"].setdefault("nodeSelector", {})
            selector[HELD] = "true"
        case Hold.CLUSTER_IP:
            _without_balancer(made)
    return made


def _without_balancer(service: Object) -> None:
    """The Service under its name inside the cluster only."""
    spec = service["spec"]
    spec["type"] = "ClusterIP"
    for field in (
        "externalTrafficPolicy",
        "allocateLoadBalancerNodePorts",
        "loadBalancerClass",
        "loadBalancerSourceRanges",
        "loadBalancerIP",
        "healthCheckNodePort",
    ):
        spec.pop(field, None)
    for port in spec.get("ports") or []:
        port.pop("nodePort", None)


def is_balancer(obj: Object) -> bool:
    """Whether an object is a Service with a load balancer."""
    return (
        obj["kind"] == "Service"
        and group_of(obj["apiVersion"]) == ""
        and spec_of(obj).get("type") == "LoadBalancer"
    )


def is_custom(ref: Ref) -> bool:
    """Whether a kind is none of Kubernetes' own."""
    return "." in ref.group and not ref.group.endswith(".k8s.io")


def why_not_early(obj: Object) -> str:
    """Why a workload may not run on both sides; empty if it may: it must be stateless."""
    spec = pod_spec_of(obj)
    if obj["kind"] in ("CronJob", "Job"):
        return f"a {obj['kind']} would do its work twice"
    if obj["kind"] == "StatefulSet":
        return "a StatefulSet's pods are told apart by name, and each would exist twice"
    if any(volume.get("persistentVolumeClaim") for volume in spec.get("volumes") or []):
        return "it mounts volumes, which only one side can have"
    if any(owner.controls for owner in owners_of(obj)):
        return "a controller makes it"
    return ""

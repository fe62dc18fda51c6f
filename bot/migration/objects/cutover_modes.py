"""When each object starts to work in the new cluster, so that nothing works on both sides unasked.

What runs pods is copied at rest: workloads with no replicas, CronJobs and Jobs suspended, DaemonSets with a
node selector that no node has, load balancers as plain Services. What would act by itself (autoscalers,
Ingresses, webhooks, custom resources that own workloads) is withheld until the cut-over.
"""

import copy
import enum
from collections.abc import Collection

from bot.migration.objects import kinds
from bot.migration.objects.fields import (
    Object,
    claims_of,
    is_custom_group,
    owners_of,
    pod_spec_of,
    ref_of,
    spec_of,
)
from bot.migration.objects.kinds import is_load_balancer, is_workload
from bot.migration.objects.ownership import OwnershipGraph

HELD = "xk8s.io/held"  # the node selector of a DaemonSet that waits for the cut-over


class CutoverMode(enum.StrEnum):
    """When an object is created in the new cluster, and whether it works before the cut-over."""

    COPIED = "copied"  # configuration: copied as it is
    AT_CUT_OVER = "at cut-over"
    PARALLEL = "parallel"  # a person asked for it with `--start-early`; it runs on both sides


class Hold(enum.StrEnum):
    """How an object waits for the cut-over."""

    NOT = "not"
    REPLICAS = "replicas 0"
    SUSPENDED = "suspended"
    NO_NODE = "on no node"
    CLUSTER_IP = "without its load balancer"
    WITHHELD = "withheld"


ACTING = frozenset(
    {
        kinds.INGRESS,
        ("gateway.networking.k8s.io", "Gateway"),
        (kinds.ADMISSION, "ValidatingWebhookConfiguration"),
        (kinds.ADMISSION, "MutatingWebhookConfiguration"),
        (kinds.ADMISSION, "ValidatingAdmissionPolicyBinding"),
        ("apiregistration.k8s.io", "APIService"),
        ("autoscaling.k8s.io", "VerticalPodAutoscaler"),
        ("keda.sh", "ScaledObject"),
        ("keda.sh", "ScaledJob"),
    }
)
LOAD_BALANCER_FIELDS = (
    "externalTrafficPolicy",
    "allocateLoadBalancerNodePorts",
    "loadBalancerClass",
    "loadBalancerSourceRanges",
    "loadBalancerIP",
    "healthCheckNodePort",
)


def mode_of(
    obj: Object, early: Collection[str], reattached: Collection[str], graph: OwnershipGraph
) -> CutoverMode:
    """Return the mode of an object of the source.

    `early` are the workloads to start early and `reattached` the claims whose disks move, both as
    `namespace/name`.
    """
    ref = ref_of(obj)
    if is_workload(ref):
        return CutoverMode.PARALLEL if ref.short in early else CutoverMode.AT_CUT_OVER
    if ref.group_kind == kinds.AUTOSCALER:
        scaled = f"{ref.namespace}/{spec_of(obj)['scaleTargetRef']['name']}"
        return CutoverMode.COPIED if scaled in early else CutoverMode.AT_CUT_OVER
    if ref.group_kind == kinds.CLAIM:
        return CutoverMode.AT_CUT_OVER if ref.short in reattached else CutoverMode.COPIED
    acts = ref.group_kind in ACTING or is_load_balancer(obj) or _is_operated(obj, graph)
    return CutoverMode.AT_CUT_OVER if acts else CutoverMode.COPIED


def _is_operated(obj: Object, graph: OwnershipGraph) -> bool:
    """Return whether an operator would run pods or make claims for a custom resource."""
    return is_custom_group(ref_of(obj).group) and any(
        is_workload(child) or child.kind == "PersistentVolumeClaim" for child in graph.descendants(obj)
    )


def hold_of(obj: Object, mode: CutoverMode) -> Hold:
    """Return how an object of a mode waits for the cut-over."""
    if mode is not CutoverMode.AT_CUT_OVER:
        return Hold.NOT
    kind = ref_of(obj).group_kind
    if kind in kinds.SCALED:
        return Hold.REPLICAS
    if kind in kinds.SUSPENDED:
        return Hold.SUSPENDED
    if kind == kinds.DAEMON_SET:
        return Hold.NO_NODE
    return Hold.CLUSTER_IP if is_load_balancer(obj) else Hold.WITHHELD


def waiting_form(obj: Object, hold: Hold) -> Object | None:
    """Return a copy of an object as it waits for the cut-over, or None if it is withheld until then."""
    if hold is Hold.WITHHELD:
        return None
    waiting = copy.deepcopy(obj)
    match hold:
        case Hold.REPLICAS:
            waiting["spec"]["replicas"] = 0
        case Hold.SUSPENDED:
            waiting["spec"]["suspend"] = True
        case Hold.NO_NODE:
            waiting["spec"]["template"]["spec"].setdefault("nodeSelector", {})[HELD] = "true"
        case Hold.CLUSTER_IP:
            _without_load_balancer(waiting["spec"])
    return waiting


def _without_load_balancer(service: Object) -> None:
    """Make the spec of a Service one that is reached inside the cluster only."""
    service["type"] = "ClusterIP"
    for field in LOAD_BALANCER_FIELDS:
        service.pop(field, None)
    for port in service.get("ports") or []:
        port.pop("nodePort", None)


def why_not_early(obj: Object) -> str:
    """Return why a workload may not run on both sides at once; empty if it may, because it is stateless."""
    if obj["kind"] in ("CronJob", "Job"):
        return f"a {obj['kind']} would do its work twice"
    if obj["kind"] == "StatefulSet":
        return "a StatefulSet's pods are told apart by name, and each would exist twice"
    if claims_of(pod_spec_of(obj)):
        return "it mounts volumes, which only one side can have"
    if any(owner.controls for owner in owners_of(obj)):
        return "a controller makes it"
    return ""

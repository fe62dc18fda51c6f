"""The order in which objects are created in the new cluster, and what must be true before the next stage.

RBAC and configuration come before anything that runs, NetworkPolicies before the pods that they isolate,
CustomResourceDefinitions before their objects, webhooks last: their backend must be ready, or they refuse
everything. Velero and crane each have some of it the other way round, and people have lost migrations to
that.
"""

import enum
from collections.abc import Iterable, Mapping

from bot.drivers.catalog import profiles
from bot.migration.objects.fields import Ref, is_custom_group, ref_of
from bot.migration.objects.ownership import OwnershipGraph


class CopyStage(enum.IntEnum):
    """One step of the order; its objects are independent of each other."""

    NAMESPACES = 1  # then: Active
    DEFINITIONS = 2  # then: Established and NamesAccepted, and discovery is asked again
    CLASSES = 3  # only if absent
    ACCESS = 4
    CONFIGURATION = 5
    LIMITS = 6
    POLICIES = 7
    VOLUMES = 8  # then: bound to the volume that was meant
    SERVICES = 9
    OPERATORS = 10  # then: available
    WORKLOADS = 11
    CUSTOM = 12
    SCALING = 13
    TRAFFIC = 14
    JOBS = 15
    ADMISSION = 16

    @property
    def title(self) -> str:
        """The name of the stage in progress messages and reports."""
        return TITLES[self]


TITLES = {
    CopyStage.NAMESPACES: "namespaces",
    CopyStage.DEFINITIONS: "definitions",
    CopyStage.CLASSES: "classes",
    CopyStage.ACCESS: "accounts and roles",
    CopyStage.CONFIGURATION: "configuration and secrets",
    CopyStage.LIMITS: "quotas and limits",
    CopyStage.POLICIES: "network policies",
    CopyStage.VOLUMES: "volumes",
    CopyStage.SERVICES: "services",
    CopyStage.OPERATORS: "operators",
    CopyStage.WORKLOADS: "workloads",
    CopyStage.CUSTOM: "custom resources",
    CopyStage.SCALING: "disruption budgets and autoscalers",
    CopyStage.TRAFFIC: "ingresses and load balancers",
    CopyStage.JOBS: "jobs",
    CopyStage.ADMISSION: "webhooks",
}

_BY_KIND = {
    CopyStage.NAMESPACES: ("Namespace",),
    CopyStage.DEFINITIONS: ("CustomResourceDefinition",),
    CopyStage.CLASSES: (
        "PriorityClass",
        "RuntimeClass",
        "IngressClass",
        "StorageClass",
        "VolumeSnapshotClass",
        "VolumeAttributesClass",
    ),
    CopyStage.ACCESS: ("ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding"),
    CopyStage.CONFIGURATION: ("Secret", "ConfigMap"),
    CopyStage.LIMITS: ("LimitRange", "ResourceQuota"),
    CopyStage.POLICIES: ("NetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy"),
    CopyStage.VOLUMES: ("PersistentVolume", "PersistentVolumeClaim"),
    CopyStage.SERVICES: ("Service", "Endpoints", "EndpointSlice"),
    CopyStage.WORKLOADS: (
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "ReplicationController",
        "Pod",
    ),
    CopyStage.SCALING: ("PodDisruptionBudget", "HorizontalPodAutoscaler", "VerticalPodAutoscaler"),
    CopyStage.TRAFFIC: ("Ingress",),
    CopyStage.JOBS: ("CronJob", "Job"),
    CopyStage.ADMISSION: (
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "APIService",
    ),
}
_STAGES: Mapping[str, CopyStage] = {kind: stage for stage, kinds in _BY_KIND.items() for kind in kinds}
# within a stage: accounts, then roles, then bindings; volumes before claims, Services before their endpoints
_RANKS = {
    "ServiceAccount": 0,
    "ClusterRole": 1,
    "Role": 1,
    "ClusterRoleBinding": 2,
    "RoleBinding": 2,
    "PersistentVolume": 0,
    "PersistentVolumeClaim": 1,
    "Service": 0,
}
ONLY_IF_ABSENT = frozenset({CopyStage.DEFINITIONS, CopyStage.CLASSES})
POLICY_GROUP = "policy.networking.k8s.io"  # of the policies of Kubernetes' network SIG


def stage_of(ref: Ref, operators: Iterable[Ref] = ()) -> CopyStage:
    """Return the stage of an object; kinds that are not in the table are custom resources."""
    if ref in set(operators):
        return CopyStage.OPERATORS
    if any((ref.group, ref.kind) in profile.policy_kinds for profile in profiles()):
        return CopyStage.POLICIES
    stage = _STAGES.get(ref.kind, CopyStage.CUSTOM)
    is_policy = stage is CopyStage.POLICIES and ref.group == POLICY_GROUP
    return CopyStage.CUSTOM if is_custom_group(ref.group) and not is_policy else stage


def ordered(
    refs: Iterable[Ref], graph: OwnershipGraph, operators: Iterable[Ref] = ()
) -> list[tuple[CopyStage, list[list[Ref]]]]:
    """Return the stages in their order, each with batches whose objects may be created at once.

    An owner comes a batch before what it owns, `operators` come a stage before other workloads.
    """
    objects, first = {ref_of(obj): obj for obj in graph.objects.values()}, frozenset(operators)
    stages: dict[CopyStage, dict[int, list[Ref]]] = {}
    for ref in sorted(set(refs)):
        depth = len(list(graph.controllers(objects[ref]))) if ref in objects else 0
        stages.setdefault(stage_of(ref, first), {}).setdefault(_rank(ref, depth), []).append(ref)
    return [(stage, [batches[rank] for rank in sorted(batches)]) for stage, batches in sorted(stages.items())]


def _rank(ref: Ref, depth: int) -> int:
    """Return the place within a stage; `depth` is the number of controllers above the object."""
    return 3 + depth if is_custom_group(ref.group) else _RANKS.get(ref.kind, 3 + depth)

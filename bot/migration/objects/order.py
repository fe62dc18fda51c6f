"""In which order objects are made in the new cluster, and what must hold before the next stage.

RBAC and configuration before anything that runs, NetworkPolicies before the pods they isolate, definitions
before their objects, webhooks last: their backend must be ready, or they refuse everything. Velero and crane
each have some of it the other way round, and people have lost migrations to that.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping

from bot.drivers.catalog import profiles
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.ownership import OwnershipGraph
from bot.migration.objects.manifest import Object, Ref, pod_spec_of, ref_of, spec_of
from bot.migration.objects.modes import is_custom


class Stage(enum.IntEnum):
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
        """As progress and reports name it."""
        return TITLES[self]


TITLES = {
    Stage.NAMESPACES: "namespaces",
    Stage.DEFINITIONS: "definitions",
    Stage.CLASSES: "classes",
    Stage.ACCESS: "accounts and roles",
    Stage.CONFIGURATION: "configuration and secrets",
    Stage.LIMITS: "quotas and limits",
    Stage.POLICIES: "network policies",
    Stage.VOLUMES: "volumes",
    Stage.SERVICES: "services",
    Stage.OPERATORS: "operators",
    Stage.WORKLOADS: "workloads",
    Stage.CUSTOM: "custom resources",
    Stage.SCALING: "disruption budgets and autoscalers",
    Stage.TRAFFIC: "ingresses and load balancers",
    Stage.JOBS: "jobs",
    Stage.ADMISSION: "webhooks",
}

_BY_KIND = {
    Stage.NAMESPACES: ("Namespace",),
    Stage.DEFINITIONS: ("CustomResourceDefinition",),
    Stage.CLASSES: (
        "PriorityClass",
        "RuntimeClass",
        "IngressClass",
        "StorageClass",
        "VolumeSnapshotClass",
        "VolumeAttributesClass",
    ),
    Stage.ACCESS: ("ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding"),
    Stage.CONFIGURATION: ("Secret", "ConfigMap"),
    Stage.LIMITS: ("LimitRange", "ResourceQuota"),
    Stage.POLICIES: ("NetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy"),
    Stage.VOLUMES: ("PersistentVolume", "PersistentVolumeClaim"),
    Stage.SERVICES: ("Service", "Endpoints", "EndpointSlice"),
    Stage.WORKLOADS: ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod"),
    Stage.SCALING: ("PodDisruptionBudget", "HorizontalPodAutoscaler", "VerticalPodAutoscaler"),
    Stage.TRAFFIC: ("Ingress",),
    Stage.JOBS: ("CronJob", "Job"),
    Stage.ADMISSION: (
        "ValidatingWebhookConfiguration",
        "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "APIService",
    ),
}
_STAGES: Mapping[str, Stage] = {kind: stage for stage, kinds in _BY_KIND.items() for kind in kinds}
ONLY_IF_ABSENT = frozenset({Stage.DEFINITIONS, Stage.CLASSES})
POLICY_GROUP = "policy.networking.k8s.io"  # of the policies of Kubernetes' network SIG


def stage_of(ref: Ref, operators: Iterable[Ref] = ()) -> Stage:
    """The stage of an object; kinds that nobody here knows are custom resources."""
    if ref in set(operators):
        return Stage.OPERATORS
    if any((ref.group, ref.kind) in profile.policy_kinds for profile in profiles()):
        return Stage.POLICIES
    stage = _STAGES.get(ref.kind)
    if stage is None or (is_custom(ref) and not (stage is Stage.POLICIES and ref.group == POLICY_GROUP)):
        return Stage.CUSTOM
    return stage


def ordered(
    refs: Iterable[Ref], graph: OwnershipGraph, operators: Iterable[Ref] = ()
) -> list[tuple[Stage, list[list[Ref]]]]:
    """Stages in their order, each as batches that may be made at once; owners come a batch before what
    they own.
    """
    known, first = {ref_of(obj): obj for obj in graph.objects.values()}, frozenset(operators)
    found: dict[Stage, dict[int, list[Ref]]] = {}
    for ref in sorted(set(refs)):
        depth = _depth(known[ref], graph) if ref in known else 0
        found.setdefault(stage_of(ref, first), {}).setdefault(_within(ref, depth), []).append(ref)
    return [(stage, [batches[key] for key in sorted(batches)]) for stage, batches in sorted(found.items())]


def _within(ref: Ref, depth: int) -> int:
    """Inside a stage: accounts before roles before bindings, volumes before claims, owners before owned."""
    early = {
        "ServiceAccount": 0,
        "ClusterRole": 1,
        "Role": 1,
        "ClusterRoleBinding": 2,
        "RoleBinding": 2,
        "PersistentVolume": 0,
        "PersistentVolumeClaim": 1,
        "Service": 0,
    }
    return early.get(ref.kind, 3) if not is_custom(ref) and ref.kind in early else 3 + depth


def _depth(obj: Object, graph: OwnershipGraph) -> int:
    depth, seen = 0, set()
    while (
        (owner := graph.controller(obj)) is not None and owner.uid in graph.objects and owner.uid not in seen
    ):
        seen.add(owner.uid)
        obj, depth = graph.objects[owner.uid], depth + 1
    return depth


def operators(inventory: Inventory, copied: Iterable[Ref]) -> frozenset[Ref]:
    """Deployments and StatefulSets whose service account may write objects of a definition that is copied.

    They must be ready before their objects come, or webhooks and defaults are missed.
    """
    groups = {
        spec_of(obj)["group"]
        for ref, obj in inventory.objects.items()
        if ref.kind == "CustomResourceDefinition"
    } & {ref.group for ref in copied}
    if not groups:
        return frozenset()
    accounts = _accounts_with(inventory, groups)
    return frozenset(
        ref_of(obj)
        for kind in ("Deployment", "StatefulSet")
        for obj in inventory.of(kind, "apps")
        if (obj["metadata"]["namespace"], pod_spec_of(obj).get("serviceAccountName", "default")) in accounts
    )


def _accounts_with(inventory: Inventory, groups: set[str]) -> set[tuple[str, str]]:
    rbac, writes = "rbac.authorization.k8s.io", {"*", "create", "update", "patch"}
    roles = {
        (ref.kind, ref.namespace, ref.name)
        for ref, obj in inventory.objects.items()
        if ref.group == rbac and ref.kind in ("ClusterRole", "Role")
        for rule in obj.get("rules") or []
        if groups & set(rule.get("apiGroups") or []) and writes & set(rule.get("verbs") or [])
    }
    found = set()
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        for binding in inventory.of(kind, rbac):
            home = binding["metadata"].get("namespace", "")
            role = binding["roleRef"]
            if (role["kind"], home if role["kind"] == "Role" else "", role["name"]) in roles:
                found |= {
                    (subject.get("namespace") or home, subject["name"])
                    for subject in binding.get("subjects") or []
                    if subject.get("kind") == "ServiceAccount"
                }
    return found

"""What is never copied, and why. Every object that stays behind has a reason that the plan and the report
show.

The rules are those of section 2 of the team's notes on Velero's and crane's mistakes: what a controller makes
is made again by the copy of its owner; what belongs to one cluster stays in it. Owned objects that no
controller would make again (claims, an operator's secrets, children of owners that are gone) are copied.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterable, Mapping

from bot.drivers.catalog import profiles
from bot.drivers.profile import DriverProfile
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.namespace_scope import RBAC, homes_of
from bot.migration.inventory.ownership import OwnershipGraph, graph
from bot.migration.inventory.team_namespaces import system_namespaces
from bot.migration.objects.manifest import (
    CHOICE,
    Object,
    Ref,
    annotations_of,
    labels_of,
    ref_of,
    spec_of,
    status_of,
)
from bot.settings.file import ObjectSelector


class ExclusionReason(enum.StrEnum):
    """Why an object is not copied."""

    OWNED = "owned"  # its controller makes it again
    GENERATED = "generated"  # the new cluster makes its own
    PER_CLUSTER = "per cluster"  # it describes the machines of one cluster
    BUILT_IN = "built in"
    ADD_ON = "add-on"  # Magnum installs its own
    NETWORK_STATE = "network state"  # the driver's own records
    HELM = "Helm record"
    FINISHED = "finished"
    DELETED = "being deleted"
    NOT_CHOSEN = "not chosen"  # it belongs to namespaces that are not migrated
    ASKED = "asked"  # somebody said skip
    VERSION = "not served"  # the target has no such kind
    VOLUME = "volume"  # decided with its claim
    BARE_POD = "bare pod"  # it cannot be stopped on the source without being deleted
    PRESENT = "already there"  # the target has its own


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExcludedObject:
    """One object that is not copied."""

    ref: Ref
    reason: ExclusionReason
    why: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExclusionContext:
    """What the rules look at beside the object."""

    namespaces: frozenset[str]
    graph: OwnershipGraph
    inventory: Inventory
    target: DriverProfile
    skip: tuple[ObjectSelector, ...] = ()
    early: frozenset[str] = frozenset()  # `ns/name` that were named to start early
    helm: bool = True  # whether Helm's records go along

    @property
    def system(self) -> frozenset[str]:
        """Namespaces that every cluster has of its own."""
        return system_namespaces()


Rule = Callable[[Object, ExclusionContext], "tuple[ExclusionReason, str] | None"]

PER_CLUSTER = frozenset(
    {
        ("", "Node"),
        ("storage.k8s.io", "VolumeAttachment"),
        ("storage.k8s.io", "CSIDriver"),
        ("networking.k8s.io", "IPAddress"),
        ("networking.k8s.io", "ServiceCIDR"),
        ("internal.apiserver.k8s.io", "StorageVersion"),
        ("resource.k8s.io", "ResourceSlice"),
        ("snapshot.storage.k8s.io", "VolumeSnapshotContent"),
    }
)
REQUESTS = frozenset(
    {
        ("cert-manager.io", "CertificateRequest"),
        ("acme.cert-manager.io", "Order"),
        ("acme.cert-manager.io", "Challenge"),
    }
)
MADE_ANEW = frozenset({"Pod", "ReplicaSet", "ControllerRevision", "EndpointSlice", "Job"})
LEADER = "control-plane.alpha.kubernetes.io/leader"
SLICE_MANAGER = "endpointslice.kubernetes.io/managed-by"
MIRROR = "kubernetes.io/config.mirror"
TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 - the type of a Secret
RELEASE = "helm.sh/release.v1"


def exclusion_context(
    inventory: Inventory,
    target: DriverProfile,
    *,
    skip: Iterable[ObjectSelector] = (),
    early: Iterable[str] = (),
    helm: bool = True,
) -> ExclusionContext:
    """What the rules look at, from an inventory."""
    return ExclusionContext(
        namespaces=frozenset(inventory.namespaces),
        graph=graph(inventory.objects.values()),
        inventory=inventory,
        target=target,
        skip=tuple(skip),
        early=frozenset(early),
        helm=helm,
    )


def exclusion_of(obj: Object, grounds: ExclusionContext) -> ExcludedObject | None:
    """The first reason against copying an object; None if it is copied."""
    for rule in RULES:
        found = rule(obj, grounds)
        if found is not None:
            return ExcludedObject(ref=ref_of(obj), reason=found[0], why=found[1])
    return None


def _asked(obj: Object, grounds: ExclusionContext) -> tuple[ExclusionReason, str] | None:
    family = [obj, grounds.graph.root(obj)]
    home = grounds.inventory.find("", "Namespace", "", obj["metadata"].get("namespace", ""))
    for each in [*family, *([home] if home else [])]:
        if annotations_of(each).get(CHOICE) == "skip":
            return ExclusionReason.ASKED, f"{ref_of(each)} has the annotation {CHOICE}: skip"
        if each is not home and any(selector.selects(each) for selector in grounds.skip):
            return ExclusionReason.ASKED, f"{ref_of(each)} is under `skip` in the configuration"
    return None


def _deleted(obj: Object, _grounds: ExclusionContext) -> tuple[ExclusionReason, str] | None:
    at = obj["metadata"].get("deletionTimestamp")
    return (ExclusionReason.DELETED, f"it is being deleted since {at}") if at else None


def _per_cluster(obj: Object, _grounds: ExclusionContext) -> tuple[ExclusionReason, str] | None:
    ref = ref_of(obj)
    if (ref.group, ref.kind) in PER_CLUSTER:
        return ExclusionReason.PER_CLUSTER, "it describes this cluster"
    if ref.kind == "APIService" and (
        not spec_of(obj).get("service") or any("automanaged" in k for k in labels_of(obj))
    ):
        return ExclusionReason.PER_CLUSTER, "the API server registers it by itself"
    if LEADER in annotations_of(obj):
        return ExclusionReason.PER_CLUSTER, "it is the lock of a leader election"
    if (ref.group, ref.kind) in REQUESTS:
        return ExclusionReason.OWNED, "cert-manager makes it for its Certificate"
    return None


def _network_state(obj: Object, grounds: ExclusionContext) -> tuple[ExclusionReason, str] | None:
    ref = ref_of(obj)
    group = spec_of(obj).get("group") if ref.kind == "CustomResourceDefinition" else ref.group
    for profile in profiles():
        if group not in profile.state_groups:
            continue
        if (ref.group, ref.kind) not in profile.policy_kinds:
            return ExclusionReason.NETWORK_STATE, f"it is {profile.title}'s own record of this cluster"
        if profile.driver != grounds.target.driver:
            return ExclusionReason.VERSION, f"{grounds.target.title} has no such policies"
        twin = next((g for g, kind in profile.policy_kinds if kind == ref.kind), ref.group)
        if twin != ref.group and grounds.inventory.surface.versions(twin, ref.kind):
            return ExclusionReason.NETWORK_STATE, f"it is the stored form of one of {twin}, which is copied"
    return None


def _built_in(obj: Object, _grounds: ExclusionContext) -> tuple[ExclusionReason, str] | None:
    ref = ref_of(obj)
    if ref.group == RBAC and (
        ref.name.startswith("system:") or "kubernetes.io/bootstrapping" in labels_of(obj)
    ):
        return ExclusionReason.BUILT_IN, "Kubernetes makes it at its start"
    if ref.kind == "PriorityClass" and ref.name.startswith("system-"):
        return ExclusionReason.BUILT_IN, "Kubernetes makes it at its start"
    if ref.kind == "Namespace" and ref.name == "default":
        return ExclusionReason.BUILT_IN, "every cluster has it"
    if (ref.namespace, ref.name) == ("default", "kubernetes") and ref.kind in (
        "Service",
        "Endpoints",
        "EndpointSlice",
    ):
        return ExclusionReason.BUILT_IN, "it is the API server of this cluster"
    if (ref.group, ref.kind) == ("", "ConfigMap") and ref.name == "kube-root-ca.crt":
        return ExclusionReason.GENERATED, "it is the CA of this cluster"
    return None


def _scope(obj: Object, grounds: ExclusionContext) -> tuple[ExclusionReason, str] | None:
    """Cluster-scoped objects go along only if they serve a namespace that does."""
    ref = ref_of(obj)
    if ref.namespace:
        return None
    if ref.kind == "Namespace":
        if ref.name in grounds.system:
            return ExclusionReason.ADD_ON, "it belongs to the cluster itself"
        return None if ref.name in grounds.namespaces else (ExclusionReason.NOT_CHOSEN, "it was not chosen")
    homes = homes_of(obj, grounds.inventory)
    if homes is None or homes & grounds.namespaces:
        return None
    if homes <= grounds.system:
        return ExclusionReason.ADD_ON, "it serves the cluster's own namespaces only"
    return ExclusionReason.NOT_CHOSEN, f"it serves {', '.join(sorted(homes))} only"


def _finished(obj: Object, _grounds: ExclusionContext) -> tuple[ExclusionReason, str] | None:
    kind = obj.get("kind")
    if kind == "Job":
        done = [c["type"] for c in status_of(obj).get("conditions") or [] if c.get("status") == "True"]
        if "Complete" in done or "Failed" in done:
            return ExclusionReason.FINISHED, f"the Job is {'complete' if 'Complete' in done else 'failed'}"
    if kind == "Pod" and status_of(obj).get("phase") in ("Succeeded", "Failed"):
        return ExclusionReason.FINISHED, f"the Pod has {status_of(obj)['phase'].lower()}"
    return None


def _controlled(obj: Object, grounds: ExclusionContext) -> tuple[ExclusionReason, str] | None:
    """Made by a controller, unless nobody would make it again."""
    ref, owner = ref_of(obj), grounds.graph.controller(obj)
    if MIRROR in annotations_of(obj):
        return ExclusionReason.PER_CLUSTER, "it is a static pod of one node"
    if owner is None or ref.kind == "PersistentVolumeClaim":
        return None
    if not grounds.graph.knows(owner):
        gone = f"its {owner.kind} {owner.name} was not read or is gone"
        return (ExclusionReason.OWNED, gone) if ref.kind in MADE_ANEW else None
    if (ref.group, ref.kind) == ("", "Secret") and "." in owner.group and not owner.group.endswith(".k8s.io"):
        return None  # an operator would make another password than the one on the disk
    return ExclusionReason.OWNED, f"{owner.kind} {owner.name} makes it again"


def _endpoints(obj: Object, grounds: ExclusionContext) -> tuple[ExclusionReason, str] | None:
    """Endpoints and slices without an owner may still be a controller's; hand-made ones are copied."""
    ref = ref_of(obj)
    if (ref.group, ref.kind) == ("", "Endpoints"):
        service = grounds.inventory.find("", "Service", ref.namespace, ref.name)
        if service is not None and spec_of(service).get("selector"):
            return ExclusionReason.OWNED, f"the endpoints controller fills it for Service {ref.name}"
    if ref.kind == "EndpointSlice" and labels_of(obj).get(SLICE_MANAGER, "").endswith(".k8s.io"):
        return ExclusionReason.OWNED, f"{labels_of(obj)[SLICE_MANAGER]} makes it again"
    return None


def _secrets(obj: Object, grounds: ExclusionContext) -> tuple[ExclusionReason, str] | None:
    ref = ref_of(obj)
    if (ref.group, ref.kind) != ("", "Secret"):
        return None
    if obj.get("type") == TOKEN:
        account = annotations_of(obj).get("kubernetes.io/service-account.name", "")
        home = grounds.inventory.find("", "ServiceAccount", ref.namespace, account)
        listed = {entry.get("name") for entry in (home or {}).get("secrets") or []}
        if home is None or ref.name in listed:
            return (
                ExclusionReason.GENERATED,
                f"it is a token of ServiceAccount {account or '?'} that this cluster signed",
            )
    if obj.get("type") == RELEASE and not grounds.helm:
        return ExclusionReason.HELM, "`helm: reinstall` is configured: install the chart anew"
    if obj.get("type") == RELEASE and labels_of(obj).get("status") != "deployed":
        return ExclusionReason.HELM, "it records an older revision of the release"
    return None


def _service_accounts(obj: Object, _grounds: ExclusionContext) -> tuple[ExclusionReason, str] | None:
    if (
        obj.get("kind") == "ServiceAccount"
        and obj["metadata"]["name"] == "default"
        and not obj.get("imagePullSecrets")
    ):
        return ExclusionReason.GENERATED, "every namespace has it"
    return None


def _volumes(obj: Object, _grounds: ExclusionContext) -> tuple[ExclusionReason, str] | None:
    if (ref_of(obj).group, obj.get("kind")) == ("", "PersistentVolume"):
        return ExclusionReason.VOLUME, "it goes with its claim"
    return None


def _bare_pods(obj: Object, grounds: ExclusionContext) -> tuple[ExclusionReason, str] | None:
    if (ref_of(obj).group, obj.get("kind")) != ("", "Pod") or ref_of(obj).short in grounds.early:
        return None
    return (
        ExclusionReason.BARE_POD,
        "no controller keeps it, so it cannot be stopped on the source without being deleted",
    )


RULES: tuple[Rule, ...] = (
    _deleted,
    _asked,
    _per_cluster,
    _network_state,
    _built_in,
    _scope,
    _volumes,
    _finished,
    _controlled,
    _endpoints,
    _secrets,
    _service_accounts,
    _bare_pods,
)


def split(grounds: ExclusionContext) -> tuple[dict[Ref, Object], tuple[ExcludedObject, ...]]:
    """Everything that was read, as what is copied and what is left out."""
    kept: dict[Ref, Object] = {}
    left: list[ExcludedObject] = []
    for ref, obj in sorted(grounds.inventory.objects.items(), key=lambda pair: pair[0]):
        found = exclusion_of(obj, grounds)
        if found is None:
            kept[ref] = obj
        else:
            left.append(found)
    return kept, tuple(left)


def counted(left: Iterable[ExcludedObject]) -> Mapping[ExclusionReason, int]:
    """How many objects stay behind for each reason."""
    found: dict[ExclusionReason, int] = {}
    for each in left:
        found[each.reason] = found.get(each.reason, 0) + 1
    return found

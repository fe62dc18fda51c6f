"""The rules by which an object is not copied, each with the reason that the plan and the report show.

What a controller makes is made again by the copy of its owner; what belongs to one cluster stays in it. Owned
objects that no controller would make again are copied: claims, an operator's Secrets, children of owners that
are gone. The rules avoid the mistakes that are known of Velero and crane.
"""

import dataclasses
import enum
from collections.abc import Callable

from bot.drivers.catalog import profiles
from bot.drivers.profile import DriverProfile
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.namespace_scope import namespaces_served
from bot.migration.inventory.namespace_selection import system_namespaces
from bot.migration.objects.fields import (
    CHOICE,
    Object,
    annotations_of,
    is_custom_group,
    labels_of,
    ref_of,
    spec_of,
    status_of,
    true_conditions,
)
from bot.migration.objects.kinds import CLAIM, HELM_RELEASE, POD, RBAC, SLICE, TOKEN, VOLUME
from bot.migration.objects.ownership import OwnershipGraph
from bot.settings.mappings import ObjectSelector


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
class ExclusionContext:
    """What the rules look at beside the object.

    `early` has the workloads that were named to start early, as `namespace/name`; `helm` says whether Helm's
    release records are copied.
    """

    namespaces: frozenset[str]
    graph: OwnershipGraph
    inventory: Inventory
    target: DriverProfile
    skip: tuple[ObjectSelector, ...] = ()
    early: frozenset[str] = frozenset()
    helm: bool = True


Exclusion = tuple[ExclusionReason, str]
Rule = Callable[[Object, ExclusionContext], Exclusion | None]

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
CERTIFICATE_REQUESTS = frozenset(
    {
        ("cert-manager.io", "CertificateRequest"),
        ("acme.cert-manager.io", "Order"),
        ("acme.cert-manager.io", "Challenge"),
    }
)
ALWAYS_MADE_ANEW = frozenset({"Pod", "ReplicaSet", "ControllerRevision", "EndpointSlice", "Job"})
LEADER = "control-plane.alpha.kubernetes.io/leader"
SLICE_MANAGER = "endpointslice.kubernetes.io/managed-by"
MIRROR = "kubernetes.io/config.mirror"


def _skipped(obj: Object, context: ExclusionContext) -> Exclusion | None:
    """Exclude what a team skips: by annotation on it, its root or its namespace, or by configuration."""
    namespace = context.inventory.find("", "Namespace", "", obj["metadata"].get("namespace", ""))
    family = [obj, context.graph.root(obj)]
    for member in [*family, *([namespace] if namespace else [])]:
        if annotations_of(member).get(CHOICE) == "skip":
            return ExclusionReason.ASKED, f"{ref_of(member)} has the annotation {CHOICE}: skip"
        if member is not namespace and any(selector.selects(member) for selector in context.skip):
            return ExclusionReason.ASKED, f"{ref_of(member)} is under `skip` in the configuration"
    return None


def _being_deleted(obj: Object, _context: ExclusionContext) -> Exclusion | None:
    since = obj["metadata"].get("deletionTimestamp")
    return (ExclusionReason.DELETED, f"it is being deleted since {since}") if since else None


def _per_cluster(obj: Object, _context: ExclusionContext) -> Exclusion | None:
    ref = ref_of(obj)
    if ref.group_kind in PER_CLUSTER:
        return ExclusionReason.PER_CLUSTER, "it describes this cluster"
    if ref.kind == "APIService" and (
        not spec_of(obj).get("service") or any("automanaged" in label for label in labels_of(obj))
    ):
        return ExclusionReason.PER_CLUSTER, "the API server registers it by itself"
    if LEADER in annotations_of(obj):
        return ExclusionReason.PER_CLUSTER, "it is the lock of a leader election"
    if ref.group_kind in CERTIFICATE_REQUESTS:
        return ExclusionReason.OWNED, "cert-manager makes it for its Certificate"
    return None


def _network_state(obj: Object, context: ExclusionContext) -> Exclusion | None:
    """Exclude a driver's records, and policies that the target's driver does not have."""
    ref = ref_of(obj)
    group = spec_of(obj).get("group") if ref.kind == "CustomResourceDefinition" else ref.group
    for profile in (profile for profile in profiles() if group in profile.state_groups):
        if ref.group_kind not in profile.policy_kinds:
            return ExclusionReason.NETWORK_STATE, f"it is {profile.title}'s own record of this cluster"
        if profile.driver != context.target.driver:
            return ExclusionReason.VERSION, f"{context.target.title} has no such policies"
        served = next((g for g, kind in profile.policy_kinds if kind == ref.kind), ref.group)
        if served != ref.group and context.inventory.surface.versions(served, ref.kind):
            return ExclusionReason.NETWORK_STATE, f"it is the stored form of one of {served}, which is copied"
    return None


def _built_in(obj: Object, _context: ExclusionContext) -> Exclusion | None:
    ref = ref_of(obj)
    bootstrapped = ref.name.startswith("system:") or "kubernetes.io/bootstrapping" in labels_of(obj)
    if (ref.group == RBAC and bootstrapped) or (
        ref.kind == "PriorityClass" and ref.name.startswith("system-")
    ):
        return ExclusionReason.BUILT_IN, "Kubernetes makes it at its start"
    if ref.kind == "Namespace" and ref.name == "default":
        return ExclusionReason.BUILT_IN, "every cluster has it"
    if ref.short == "default/kubernetes" and ref.kind in ("Service", "Endpoints", "EndpointSlice"):
        return ExclusionReason.BUILT_IN, "it is the API server of this cluster"
    if ref.group_kind == ("", "ConfigMap") and ref.name == "kube-root-ca.crt":
        return ExclusionReason.GENERATED, "it is the CA of this cluster"
    return None


def _scope(obj: Object, context: ExclusionContext) -> Exclusion | None:
    """Exclude cluster-scoped objects unless they serve a namespace that is migrated."""
    ref = ref_of(obj)
    if ref.namespace:
        return None
    system = system_namespaces()
    if ref.kind == "Namespace":
        if ref.name in system:
            return ExclusionReason.ADD_ON, "it belongs to the cluster itself"
        return None if ref.name in context.namespaces else (ExclusionReason.NOT_CHOSEN, "it was not chosen")
    served = namespaces_served(obj, context.inventory)
    if served is None or served & context.namespaces:
        return None
    if served <= system:
        return ExclusionReason.ADD_ON, "it serves the cluster's own namespaces only"
    return ExclusionReason.NOT_CHOSEN, f"it serves {', '.join(sorted(served))} only"


def _volumes(obj: Object, _context: ExclusionContext) -> Exclusion | None:
    if ref_of(obj).group_kind == VOLUME:
        return ExclusionReason.VOLUME, "it goes with its claim"
    return None


def _finished(obj: Object, _context: ExclusionContext) -> Exclusion | None:
    if obj.get("kind") == "Job" and true_conditions(obj) & {"Complete", "Failed"}:
        outcome = "complete" if "Complete" in true_conditions(obj) else "failed"
        return ExclusionReason.FINISHED, f"the Job is {outcome}"
    if obj.get("kind") == "Pod" and status_of(obj).get("phase") in ("Succeeded", "Failed"):
        return ExclusionReason.FINISHED, f"the Pod has {status_of(obj)['phase'].lower()}"
    return None


def _controlled(obj: Object, context: ExclusionContext) -> Exclusion | None:
    """Exclude what a controller makes, unless nobody would make it again."""
    ref, owner = ref_of(obj), context.graph.controller(obj)
    if MIRROR in annotations_of(obj):
        return ExclusionReason.PER_CLUSTER, "it is a static pod of one node"
    if owner is None or ref.group_kind == CLAIM:
        return None
    if not context.graph.knows(owner):
        missing_owner = f"its {owner.kind} {owner.name} was not read or is gone"
        return (ExclusionReason.OWNED, missing_owner) if ref.kind in ALWAYS_MADE_ANEW else None
    if ref.group_kind == ("", "Secret") and is_custom_group(owner.group):
        return None  # an operator would make another password than the one on the disk
    return ExclusionReason.OWNED, f"{owner.kind} {owner.name} makes it again"


def _endpoints(obj: Object, context: ExclusionContext) -> Exclusion | None:
    """Exclude Endpoints and slices without an owner that are a controller's; hand-made ones are copied."""
    ref = ref_of(obj)
    if ref.group_kind == ("", "Endpoints"):
        service = context.inventory.find("", "Service", ref.namespace, ref.name)
        if service is not None and spec_of(service).get("selector"):
            return ExclusionReason.OWNED, f"the endpoints controller fills it for Service {ref.name}"
    manager = labels_of(obj).get(SLICE_MANAGER, "")
    if ref.group_kind == SLICE and manager.endswith(".k8s.io"):
        return ExclusionReason.OWNED, f"{manager} makes it again"
    return None


def _secrets(obj: Object, context: ExclusionContext) -> Exclusion | None:
    ref, secret_type = ref_of(obj), obj.get("type")
    if ref.group_kind != ("", "Secret"):
        return None
    if secret_type == TOKEN:
        name = annotations_of(obj).get("kubernetes.io/service-account.name", "")
        account = context.inventory.find("", "ServiceAccount", ref.namespace, name)
        generated = [entry.get("name") for entry in (account or {}).get("secrets") or []]
        if account is None or ref.name in generated:
            why = f"it is a token of ServiceAccount {name or '?'} that this cluster signed"
            return ExclusionReason.GENERATED, why
    if secret_type == HELM_RELEASE and not context.helm:
        return ExclusionReason.HELM, "`helm: reinstall` is configured: install the chart anew"
    if secret_type == HELM_RELEASE and labels_of(obj).get("status") != "deployed":
        return ExclusionReason.HELM, "it records an older revision of the release"
    return None


def _service_accounts(obj: Object, _context: ExclusionContext) -> Exclusion | None:
    is_default = obj.get("kind") == "ServiceAccount" and ref_of(obj).name == "default"
    if is_default and not obj.get("imagePullSecrets"):
        return ExclusionReason.GENERATED, "every namespace has it"
    return None


def _bare_pods(obj: Object, context: ExclusionContext) -> Exclusion | None:
    if ref_of(obj).group_kind != POD or ref_of(obj).short in context.early:
        return None
    why = "no controller keeps it, so it cannot be stopped on the source without being deleted"
    return ExclusionReason.BARE_POD, why


# in this order: the first rule that applies gives the reason
RULES: tuple[Rule, ...] = (
    _being_deleted,
    _skipped,
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

"""Computes every change that the cut-over makes to the source, from the objects as they are."""

from collections.abc import Collection, Iterable, Iterator

from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.exclusion_rules import ExclusionContext, ExclusionReason
from bot.migration.inventory.exclusions import exclusion_of
from bot.migration.inventory.served_apis import CommonApis
from bot.migration.objects.cutover_modes import HELD
from bot.migration.objects.fields import Object, Ref, ref_of, spec_of
from bot.migration.objects.kinds import DAEMON_SET, POD, SCALED, SUSPENDED, is_load_balancer, is_workload
from bot.migration.objects.transforms.services import KEEP_ADDRESS
from bot.migration.source.before_image import BeforeImage, ChangePhase, SourceChange, source_change
from bot.migration.volumes.choices import PlannedVolume

REPLICAS = "xk8s.io/replicas"  # annotation for people; the before-image is what restores
# the reasons for which a workload is not stopped; what is excluded for others, such as its owner, is
NOT_STOPPED = frozenset({ExclusionReason.ASKED, ExclusionReason.FINISHED, ExclusionReason.DELETED})


def workloads_to_quiesce(
    inventory: Inventory, rules: ExclusionContext, early: Collection[str]
) -> list[Object]:
    """Return the workloads that must stop: what keeps pods, unless it is left out or runs on both sides.

    A workload that a custom resource owns is among them (its operator is scaled to 0 before); what another
    workload makes (a ReplicaSet of a Deployment, a finished Job of a CronJob) is not, except running Jobs.
    """
    workloads = []
    for ref, obj in inventory.objects.items():
        if not is_workload(ref) or ref.group_kind == POD:
            continue
        if rules.graph.is_made_by_workload(obj) and ref.kind != "Job":
            continue
        exclusion = exclusion_of(obj, rules)
        if exclusion is not None and exclusion.reason in NOT_STOPPED:
            continue
        if ref.short not in early and ref_of(rules.graph.root(obj)).short not in early:
            workloads.append(obj)
    return sorted(workloads, key=ref_of)


def build_before_image(
    *,
    migration: str,
    workloads: Iterable[Object],
    operators: Collection[Ref],
    volumes: Iterable[PlannedVolume],
    inventory: Inventory,
    common_apis: CommonApis,
    keep_addresses: Collection[Ref],
) -> BeforeImage:
    """Return the before-image of a cut-over.

    `operators` are the workloads to scale to 0 first, `common_apis` the versions at which the source is read
    and written, `keep_addresses` the Services whose floating IP moves.
    """
    changes = [
        *_retain(volumes, inventory, common_apis),
        *(change for obj in workloads for change in _stop(obj, operators, common_apis)),
        *_keep_addresses(inventory, common_apis, keep_addresses),
    ]
    return BeforeImage(migration=migration, changes=tuple(changes))


def _retain(
    volumes: Iterable[PlannedVolume], inventory: Inventory, common: CommonApis
) -> Iterator[SourceChange]:
    for volume in volumes:
        obj = inventory.find("", "PersistentVolume", "", volume.volume) if volume.moves else None
        if obj is not None:
            policy = spec_of(obj).get("persistentVolumeReclaimPolicy", "Delete")
            patch = {"spec": {"persistentVolumeReclaimPolicy": "Retain"}}
            description = f"reclaim policy {policy} → Retain"
            yield source_change(
                obj, phase=ChangePhase.RETAIN, path=_path(obj, common), patch=patch, what=description
            )


def _stop(obj: Object, operators: Collection[Ref], common: CommonApis) -> Iterator[SourceChange]:
    """Yield the change that stops a workload; none if it is stopped already."""
    ref, spec = ref_of(obj), spec_of(obj)
    replicas = spec.get("replicas", 1)
    phase, description = ChangePhase.SCALE, ""
    patch: Object = {}
    if ref.group_kind in SUSPENDED and not spec.get("suspend"):
        phase, patch, description = ChangePhase.SUSPEND, {"spec": {"suspend": True}}, "suspended"
    elif ref.group_kind in SCALED and replicas:
        phase = ChangePhase.OPERATORS if ref in operators else ChangePhase.SCALE
        patch = {"metadata": {"annotations": {REPLICAS: str(replicas)}}, "spec": {"replicas": 0}}
        description = f"{replicas} replicas → 0"
    elif ref.group_kind == DAEMON_SET:
        patch = {"spec": {"template": {"spec": {"nodeSelector": {HELD: "true"}}}}}
        description = "on no node"
    if patch:
        yield source_change(obj, phase=phase, path=_path(obj, common), patch=patch, what=description)


def _keep_addresses(
    inventory: Inventory, common: CommonApis, services: Collection[Ref]
) -> Iterator[SourceChange]:
    patch = {"metadata": {"annotations": {KEEP_ADDRESS: "true"}}}
    for ref in sorted(services):
        obj = inventory.objects.get(ref)
        if obj is not None and is_load_balancer(obj):
            description = "its floating IP is kept"
            yield source_change(
                obj, phase=ChangePhase.ADDRESS, path=_path(obj, common), patch=patch, what=description
            )


def _path(obj: Object, common: CommonApis) -> str:
    ref = ref_of(obj)
    resource = common.resource(ref)
    if resource is None:  # it was read at one of these versions
        raise KeyError(str(ref))
    return resource.path(ref)

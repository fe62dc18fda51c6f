"""Works out every change that the cut-over makes to the source, from the objects as they are. Changes
nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from bot.migration.inventory.api_discovery import CommonApis
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.exclusions import ExclusionContext, ExclusionReason, exclusion_of
from bot.migration.objects.manifest import Object, Ref, ref_of, spec_of, uid_of
from bot.migration.objects.modes import DAEMON_SET, HELD, SCALED, SUSPENDED, is_balancer, is_workload
from bot.migration.objects.transforms.services import KEEP_ADDRESS
from bot.migration.source.before_image import BeforeImage, ChangePhase, SourceChange, change
from bot.migration.volumes.choices import PlannedVolume

REPLICAS = "xk8s.io/replicas"  # noted on the source for people; the image is what restores


def to_quiesce(inventory: Inventory, grounds: ExclusionContext, early: Collection[str]) -> list[Object]:
    """Everything that must stand still: whatever keeps pods and is not left out by a person or running on
    both sides.

    A workload that a custom resource owns is among them (its operator is scaled to 0 before); what another
    workload makes (a ReplicaSet of a Deployment, a Job of a CronJob that is done) is not, but for running
    Jobs.
    """
    found = []
    for ref, obj in inventory.objects.items():
        if not is_workload(ref) or ref.kind == "Pod":
            continue
        owner = grounds.graph.controller(obj)
        made_by_workload = owner is not None and is_workload(
            Ref(owner.group, owner.kind, ref.namespace, owner.name)
        )
        if made_by_workload and ref.kind != "Job":
            continue
        reason = exclusion_of(obj, grounds)
        if reason is not None and reason.reason in (
            ExclusionReason.ASKED,
            ExclusionReason.FINISHED,
            ExclusionReason.DELETED,
        ):
            continue
        root = ref_of(grounds.graph.root(obj))
        if ref.short not in early and root.short not in early:
            found.append(obj)
    return sorted(found, key=ref_of)


def pods_of(inventory: Inventory, grounds: ExclusionContext, workloads: Iterable[Object]) -> list[Object]:
    """The pods of some workloads, for hooks."""
    wanted = {uid_of(each) for each in workloads}
    return [pod for pod in inventory.of("Pod") if wanted & grounds.graph.ancestors(uid_of(pod))]


def build_before_image(
    *,
    migration: str,
    workloads: Iterable[Object],
    operators: Collection[Ref],
    volumes: Iterable[PlannedVolume],
    inventory: Inventory,
    agreement: CommonApis,
    keep_addresses: Collection[Ref],
) -> BeforeImage:
    """The before-image of a cut-over."""
    changes = [
        *_retained(volumes, inventory, agreement),
        *_stopped(workloads, operators, agreement),
        *_kept_addresses(inventory, agreement, keep_addresses),
    ]
    return BeforeImage(migration=migration, changes=tuple(changes))


def _retained(
    volumes: Iterable[PlannedVolume], inventory: Inventory, agreement: CommonApis
) -> Iterator[SourceChange]:
    for volume in volumes:
        obj = inventory.find("", "PersistentVolume", "", volume.volume) if volume.moves else None
        if obj is None:
            continue
        policy = spec_of(obj).get("persistentVolumeReclaimPolicy", "Delete")
        yield change(
            ChangePhase.RETAIN,
            obj,
            _path(obj, agreement),
            {"spec": {"persistentVolumeReclaimPolicy": "Retain"}},
            f"reclaim policy {policy} → Retain",
        )


def _stopped(
    workloads: Iterable[Object], operators: Collection[Ref], agreement: CommonApis
) -> Iterator[SourceChange]:
    for obj in workloads:
        ref, spec, path = ref_of(obj), spec_of(obj), _path(obj, agreement)
        kind = (ref.group, ref.kind)
        if kind in SUSPENDED:
            if not spec.get("suspend"):
                yield change(ChangePhase.SUSPEND, obj, path, {"spec": {"suspend": True}}, "suspended")
        elif kind in SCALED:
            replicas = spec.get("replicas", 1)
            if replicas:
                patch = {"metadata": {"annotations": {REPLICAS: str(replicas)}}, "spec": {"replicas": 0}}
                phase = ChangePhase.OPERATORS if ref in operators else ChangePhase.SCALE
                yield change(phase, obj, path, patch, f"{replicas} replicas → 0")
        elif kind == DAEMON_SET:
            patch = {"spec": {"template": {"spec": {"nodeSelector": {HELD: "true"}}}}}
            yield change(ChangePhase.SCALE, obj, path, patch, "on no node")


def _kept_addresses(
    inventory: Inventory, agreement: CommonApis, wanted: Collection[Ref]
) -> Iterator[SourceChange]:
    for ref in sorted(wanted):
        obj = inventory.objects.get(ref)
        if obj is not None and is_balancer(obj):
            patch = {"metadata": {"annotations": {KEEP_ADDRESS: "true"}}}
            yield change(ChangePhase.ADDRESS, obj, _path(obj, agreement), patch, "its floating IP is kept")


def _path(obj: Object, agreement: CommonApis) -> str:
    ref = ref_of(obj)
    resource = agreement.resource(ref)
    if resource is None:  # it was read through this very agreement
        raise KeyError(str(ref))
    return resource.path(ref)

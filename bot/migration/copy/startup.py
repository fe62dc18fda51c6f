"""Lets the copies work: operators first, then workloads, custom resources, autoscalers, CronJobs. May be
repeated.

A StatefulSet whose disks have moved starts with one replica, so that a disk that does not fit is seen before
the others are attached. What comes from outside (load balancers, Ingresses, webhooks) is `traffic`'s.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping

from bot.adapters.kube.client import Kube
from bot.migration.copy.copier import CopyRecord, write_stages
from bot.migration.copy.writer import STARTED, Writer, existing
from bot.migration.inventory.api_discovery import ApiSurface
from bot.migration.inventory.baseline import Baseline, measure
from bot.migration.inventory.cluster_objects import Inventory, read
from bot.migration.objects.manifest import Object, Ref, annotations_of, owners_of, spec_of, status_of
from bot.migration.objects.modes import Hold, Mode, is_workload
from bot.migration.objects.order import Stage
from bot.migration.objects.target_objects import TargetObjects
from bot.migration.planning.plan import MigrationPlan, PlannedObject
from bot.migration.source.quiesced import CHAIN

LATER = frozenset({Stage.TRAFFIC, Stage.ADMISSION})
PARTS = (
    (Stage.OPERATORS,),
    tuple(stage for stage in Stage if stage is not Stage.OPERATORS and stage not in LATER),
)


def started_items(plan: MigrationPlan) -> tuple[PlannedObject, ...]:
    """What starts at the cut-over inside the cluster; claims of volumes that move are attached before."""
    return tuple(
        item
        for item in plan.items
        if item.mode is Mode.AT_CUT_OVER
        and item.stage not in LATER
        and item.hold not in (Hold.NOT, Hold.CLUSTER_IP)
        and item.stage is not Stage.VOLUMES
    )


def first_replicas(
    into: Writer, plan: MigrationPlan, inventory: Inventory, forms: TargetObjects
) -> CopyRecord:
    """Start one replica of every StatefulSet with disks that moved; the others have not started yet.

    Raises `KubeError`, `NotInTime`.
    """
    moving = [volume.claim for volume in plan.volumes if volume.moves]
    wanted: dict[Ref, Object] = {}
    for item in started_items(plan):
        obj = forms.final.get(item.ref)
        if (
            obj is not None
            and item.ref.kind == "StatefulSet"
            and any(_claims(obj, item.ref, claim) for claim in moving)
        ):
            single = copy.deepcopy(obj)
            single["spec"]["replicas"] = min(1, single["spec"].get("replicas", 1))
            wanted[item.ref] = single
    waiting = {ref: obj for ref, obj in wanted.items() if not _started(existing(into, [ref]).get(ref))}
    return write_stages(into, plan, inventory, waiting, tuple(Stage), started=True)


def _claims(obj: Object, ref: Ref, claim: Ref) -> bool:
    """Whether a claim is one of a StatefulSet's: `<template>-<set>-<ordinal>`."""
    names = [each["metadata"]["name"] for each in spec_of(obj).get("volumeClaimTemplates") or []]
    head, _, ordinal = claim.name.rpartition("-")
    return (
        claim.namespace == ref.namespace
        and ordinal.isdigit()
        and head in {f"{name}-{ref.name}" for name in names}
    )


def _started(live: Object | None) -> bool:
    return live is not None and STARTED in annotations_of(live)


def start(
    into: Writer, plan: MigrationPlan, inventory: Inventory, forms: TargetObjects, part: Iterable[Stage]
) -> CopyRecord:
    """Put objects of some stages to work, as they were on the source before it was stopped.

    Called once for each of `PARTS`, with a wait for the operators between. Raises `KubeError`, `NotInTime`.
    """
    wanted = {item.ref: forms.final[item.ref] for item in started_items(plan) if item.ref in forms.final}
    return write_stages(into, plan, inventory, _not_scaled_since(into, wanted), part, started=True)


def _not_scaled_since(into: Writer, wanted: Mapping[Ref, Object]) -> dict[Ref, Object]:
    """An autoscaler owns the replicas of what it has taken over: they are left out of a repeated apply."""
    live = existing(into, sorted(wanted))
    found: dict[Ref, Object] = {}
    for ref, obj in wanted.items():
        there = live.get(ref)
        if (
            there is not None
            and _started(there)
            and "replicas" in spec_of(obj)
            and spec_of(there).get("replicas", 0) > 0
        ):
            scaled = spec_of(there)["replicas"] != 1 or spec_of(obj)["replicas"] == 1
            if scaled:
                obj = {**obj, "spec": {**obj["spec"], "replicas": spec_of(there)["replicas"]}}
        found[ref] = obj
    return found


def now(target: Kube, surface: ApiSurface, plan: MigrationPlan, workloads: Iterable[Ref]) -> Baseline:
    """How the target is doing. Raises `KubeError`."""
    kinds = surface.preferred()
    wanted = (*CHAIN, ("", "Service"), ("discovery.k8s.io", "EndpointSlice"))
    found = read(
        target,
        surface=surface,
        resources=[kinds[kind] for kind in wanted if kind in kinds],
        namespaces=plan.namespaces,
    )
    return measure(found, workloads)


def top_level(inventory: Inventory, items: Iterable[PlannedObject]) -> tuple[Ref, ...]:
    """Workloads among some items that no other object controls."""
    return tuple(
        item.ref
        for item in items
        if is_workload(item.ref)
        and item.ref in inventory.objects
        and not any(owner.controls for owner in owners_of(inventory.objects[item.ref]))
    )


def unhealthy(into: Writer, refs: Iterable[Ref]) -> list[str]:
    """Custom resources that say of themselves that they are not Ready. Raises `KubeError`."""
    waits = []
    for ref, obj in sorted(existing(into, sorted(refs)).items()):
        for each in status_of(obj).get("conditions") or []:
            if (
                isinstance(each, dict)
                and each.get("type") in ("Ready", "Available")
                and each.get("status") == "False"
            ):
                waits.append(f"{ref}: {each.get('reason') or 'not ready'}")
                break
    return waits

"""Starts the copies: operators first, then workloads, custom resources, autoscalers, CronJobs. Idempotent.

A StatefulSet whose disks have moved starts with one replica, so that a disk that does not fit is noticed
before the others are attached. What is reached from outside (load balancers, Ingresses, webhooks) is opened
by `bot.migration.traffic`.
"""

from collections.abc import Iterable, Mapping

from bot.adapters.kube.client import KubeClient
from bot.migration.copy.copier import CopyRecord, write_stages
from bot.migration.copy.target_objects import TargetObjects
from bot.migration.copy.writer import STARTED, Writer, existing
from bot.migration.inventory.baseline import Baseline, measure
from bot.migration.inventory.cluster_objects import Inventory, read
from bot.migration.inventory.served_apis import ApiSurface
from bot.migration.objects.copy_order import CopyStage
from bot.migration.objects.cutover_modes import CutoverMode, Hold
from bot.migration.objects.fields import Object, Ref, annotations_of, owners_of, spec_of
from bot.migration.objects.kinds import POD_OWNERS, SERVICE, SLICE, is_workload
from bot.migration.planning.plan import MigrationPlan, PlannedObject

LATER = frozenset({CopyStage.TRAFFIC, CopyStage.ADMISSION})
# what is started at once: first the operators, then the rest
START_ORDER = (
    (CopyStage.OPERATORS,),
    tuple(stage for stage in CopyStage if stage is not CopyStage.OPERATORS and stage not in LATER),
)


def _final_objects(plan: MigrationPlan, objects: TargetObjects) -> dict[Ref, Object]:
    """Return what starts at the cut-over inside the cluster; claims of disks that move are bound before."""
    return {
        item.ref: objects.final[item.ref]
        for item in plan.items
        if item.mode is CutoverMode.AT_CUT_OVER
        and item.stage not in (*LATER, CopyStage.VOLUMES)
        and item.hold not in (Hold.NOT, Hold.CLUSTER_IP)
        and item.ref in objects.final
    }


def first_replicas(
    writer: Writer, plan: MigrationPlan, inventory: Inventory, objects: TargetObjects
) -> CopyRecord:
    """Start one replica of every StatefulSet with disks that moved, unless it has started already.

    Raises `KubeError`.
    """
    moving_claims = [volume.claim for volume in plan.volumes if volume.moves]
    sets = {
        ref: obj
        for ref, obj in _final_objects(plan, objects).items()
        if ref.kind == "StatefulSet" and any(_is_claim_of(claim, ref, obj) for claim in moving_claims)
    }
    live = existing(writer, sorted(sets))
    single = {
        ref: _with_replicas(obj, min(1, spec_of(obj).get("replicas", 1)))
        for ref, obj in sets.items()
        if not _is_started(live.get(ref))
    }
    return write_stages(writer, plan, inventory, single, started=True)


def _is_claim_of(claim: Ref, ref: Ref, stateful_set: Object) -> bool:
    """Return whether a claim has the name of a StatefulSet's: `<template>-<set>-<ordinal>`."""
    templates = spec_of(stateful_set).get("volumeClaimTemplates") or []
    head, _, ordinal = claim.name.rpartition("-")
    return (
        claim.namespace == ref.namespace
        and ordinal.isdigit()
        and head in {f"{template['metadata']['name']}-{ref.name}" for template in templates}
    )


def _is_started(live: Object | None) -> bool:
    return live is not None and STARTED in annotations_of(live)


def _with_replicas(obj: Object, replicas: int) -> Object:
    return {**obj, "spec": {**obj["spec"], "replicas": replicas}}


def start(
    writer: Writer,
    plan: MigrationPlan,
    inventory: Inventory,
    objects: TargetObjects,
    *,
    stages: Iterable[CopyStage],
) -> CopyRecord:
    """Put the objects of some stages to work, as they were on the source before it was stopped.

    It is called once for each part of `START_ORDER`, with a wait for the operators between them. Raises
    `KubeError`.
    """
    final = _not_scaled_since(writer, _final_objects(plan, objects))
    return write_stages(writer, plan, inventory, final, stages=stages, started=True)


def _not_scaled_since(writer: Writer, objects: Mapping[Ref, Object]) -> dict[Ref, Object]:
    """Return the objects with the replicas that an autoscaler has set since they were started.

    An autoscaler owns the replicas of what it has taken over, so a repeated start must not set them back. One
    replica may be that of `first_replicas`, which is not an autoscaler's.
    """
    live = existing(writer, sorted(objects))
    adjusted = dict(objects)
    for ref, obj in objects.items():
        replicas = spec_of(live[ref]).get("replicas", 0) if _is_started(live.get(ref)) else 0
        if "replicas" in spec_of(obj) and replicas > 1:
            adjusted[ref] = _with_replicas(obj, replicas)
    return adjusted


def current_baseline(
    target: KubeClient, surface: ApiSurface, plan: MigrationPlan, workloads: Iterable[Ref]
) -> Baseline:
    """Read a cluster, and return how some workloads are doing. Raises `KubeError`."""
    resources = surface.select((*POD_OWNERS, SERVICE, SLICE))
    inventory = read(target, surface=surface, resources=resources, namespaces=plan.namespaces)
    return measure(inventory, workloads)


def top_level(inventory: Inventory, items: Iterable[PlannedObject]) -> tuple[Ref, ...]:
    """Return the workloads among some planned objects that no other object controls."""
    return tuple(
        item.ref
        for item in items
        if is_workload(item.ref)
        and item.ref in inventory.objects
        and not any(owner.controls for owner in owners_of(inventory.objects[item.ref]))
    )

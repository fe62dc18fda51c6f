"""Takes the target back: everything waits again, or everything that this migration made is removed.

Only what bears the migration's label is touched, and deleted only by the uid that was seen. Volumes are
removed apart (`volumes.moving.detach`), after their disks are free.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from bot.adapters.kube import writes as kube_writing
from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import Conflict, Forbidden, KubeError, NotFound
from bot.adapters.kube.writes import Removal
from bot.migration.copy.copier import CopyRecord, write_stages
from bot.migration.copy.writer import Writer, existing
from bot.migration.inventory.api_discovery import ApiSurface
from bot.migration.inventory.cluster_objects import UNREAD, Inventory
from bot.migration.objects.manifest import MIGRATION, Object, Ref, labels_of, ref_of, spec_of, uid_of
from bot.migration.objects.modes import Hold
from bot.migration.objects.order import Stage, stage_of
from bot.migration.objects.target_objects import TargetObjects
from bot.migration.planning.plan import MigrationPlan


@dataclasses.dataclass(frozen=True, kw_only=True)
class RemovedObjects:
    """One object of the target that was removed, or why it was not."""

    ref: Ref
    uid: str
    removal: str  # `gone`, `going`, `absent`, `kept`
    why: str = ""


def stop(
    into: Writer, plan: MigrationPlan, inventory: Inventory, forms: TargetObjects
) -> tuple[CopyRecord, tuple[RemovedObjects, ...]]:
    """Let everything in the target wait again: withheld kinds are removed, workloads scaled to 0. Raises
    `KubeError`.

    The fields are taken back from autoscalers by force: the objects are this migration's own.
    """
    withheld = [
        item.ref for item in plan.items if item.hold is Hold.WITHHELD and item.stage is not Stage.VOLUMES
    ]
    removed = _remove(into.kube, into.surface, _labelled(existing(into, withheld), into.migration))
    waiting = {
        item.ref: obj
        for item in plan.items
        if item.hold not in (Hold.NOT, Hold.WITHHELD) and (obj := forms.held.get(item.ref)) is not None
    }
    there = existing(into, sorted(waiting))
    wanted = {ref: obj for ref, obj in waiting.items() if ref in there}
    return write_stages(into, plan, inventory, wanted, tuple(Stage), force=True), removed


def remove_all(target: Kube, surface: ApiSurface, migration: str) -> tuple[RemovedObjects, ...]:
    """Remove everything that bears the migration's label, the last stage first; volumes that are not on
    Retain stay.

    May be repeated until it returns nothing but what is kept. Raises `KubeError`.
    """
    found: list[Object] = []
    for (group, kind), resource in surface.preferred().items():
        if (group, kind) in UNREAD:
            continue
        try:
            listed = target.all_of(resource.collection(), dict, labels=f"{MIGRATION}={migration}")
        except (NotFound, Forbidden):
            continue
        found += [{**each, "apiVersion": resource.api_version, "kind": kind} for each in listed]
    # what a controller made from a labelled template has the label too; it goes with its owner
    own = [
        each
        for each in found
        if not any(owner.get("controller") for owner in each["metadata"].get("ownerReferences") or [])
    ]
    return _remove(target, surface, {ref_of(each): each for each in own})


def _labelled(objects: Mapping[Ref, Object], migration: str) -> dict[Ref, Object]:
    return {ref: obj for ref, obj in objects.items() if labels_of(obj).get(MIGRATION) == migration}


def _last_first(refs: Iterable[Ref]) -> list[Ref]:
    return sorted(refs, key=lambda ref: (-stage_of(ref), ref))


def _remove(target: Kube, surface: ApiSurface, objects: Mapping[Ref, Object]) -> tuple[RemovedObjects, ...]:
    done = []
    for ref in _last_first(objects):
        resource, obj = surface.find(ref), objects[ref]
        if resource is None:
            continue
        if ref.kind == "PersistentVolume" and spec_of(obj).get("persistentVolumeReclaimPolicy") != "Retain":
            done.append(
                RemovedObjects(
                    ref=ref, uid=uid_of(obj), removal="kept", why="it is not on Retain: its disk would go too"
                )
            )
            continue
        try:
            how = kube_writing.delete(target, resource.path(ref), uid=uid_of(obj), doing=f"remove {ref}")
        except Conflict:
            done.append(
                RemovedObjects(ref=ref, uid=uid_of(obj), removal="kept", why="it is another one by now")
            )
            continue
        except KubeError as error:
            if isinstance(error, Forbidden):
                done.append(RemovedObjects(ref=ref, uid=uid_of(obj), removal="kept", why=error.why))
                continue
            raise
        if how is not Removal.ABSENT:
            done.append(RemovedObjects(ref=ref, uid=uid_of(obj), removal=how.value))
    return tuple(done)


def remove(into: Writer, refs: Iterable[Ref]) -> tuple[RemovedObjects, ...]:
    """Remove some objects of this migration from the target. Raises `KubeError`."""
    return _remove(into.kube, into.surface, _labelled(existing(into, sorted(refs)), into.migration))

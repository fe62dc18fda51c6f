"""Undoes the copy: everything in the target stops again, or everything that was created there is removed.

Only what has the migration's label is touched, and it is deleted only by the uid that was seen. The volumes
of disks that moved are removed before, by `bot.migration.volumes.reattachment.detach`, once the disks are
free.
"""

import dataclasses
from collections.abc import Iterable, Mapping

from bot.adapters.kube import writes
from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import Conflict, Forbidden, NotFound
from bot.adapters.kube.writes import Removal
from bot.migration.copy.copier import CopyRecord, write_stages
from bot.migration.copy.target_objects import TargetObjects
from bot.migration.copy.writer import Writer, existing
from bot.migration.inventory.cluster_objects import UNREAD, Inventory
from bot.migration.inventory.served_apis import ApiSurface
from bot.migration.objects.copy_order import CopyStage, stage_of
from bot.migration.objects.cutover_modes import Hold
from bot.migration.objects.fields import MIGRATION, Object, Ref, labels_of, owners_of, ref_of, spec_of, uid_of
from bot.migration.objects.kinds import VOLUME
from bot.migration.planning.plan import MigrationPlan

KEPT = "kept"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RemovedObject:
    """One object of the target that was removed, or why it was not.

    `removal` is `gone`, `going` (finalizers keep it for now) or `kept`.
    """

    ref: Ref
    removal: str
    why: str = ""


def stop(
    writer: Writer, plan: MigrationPlan, inventory: Inventory, objects: TargetObjects
) -> tuple[CopyRecord, tuple[RemovedObject, ...]]:
    """Stop everything in the target again: withheld kinds are removed, workloads are scaled to 0.

    Fields are taken back from autoscalers by force: the objects are this migration's own. Raises `KubeError`.
    """
    withheld = [
        item.ref for item in plan.items if item.hold is Hold.WITHHELD and item.stage is not CopyStage.VOLUMES
    ]
    removed = remove(writer, withheld)
    waiting = {
        item.ref: obj
        for item in plan.items
        if item.hold not in (Hold.NOT, Hold.WITHHELD) and (obj := objects.waiting.get(item.ref)) is not None
    }
    present = existing(writer, sorted(waiting))
    waiting = {ref: obj for ref, obj in waiting.items() if ref in present}
    return write_stages(writer, plan, inventory, waiting, force=True), removed


def remove(writer: Writer, refs: Iterable[Ref]) -> tuple[RemovedObject, ...]:
    """Remove some objects from the target, as far as they are this migration's. Raises `KubeError`."""
    objects = existing(writer, sorted(refs))
    owned = {ref: obj for ref, obj in objects.items() if labels_of(obj).get(MIGRATION) == writer.migration}
    return _remove(writer.kube, writer.surface, owned)


def remove_all(target: KubeClient, surface: ApiSurface, migration: str) -> tuple[RemovedObject, ...]:
    """Remove everything with the migration's label, the last stage first; volumes not on Retain are kept.

    It may be repeated until it returns nothing but what is kept. Raises `KubeError`.
    """
    labelled: dict[Ref, Object] = {}
    for kind, resource in surface.preferred().items():
        if kind in UNREAD:
            continue
        try:
            listed = target.list_all(resource.collection(), dict, labels=f"{MIGRATION}={migration}")
        except (NotFound, Forbidden):
            continue
        for obj in ({**obj, "apiVersion": resource.api_version, "kind": resource.kind} for obj in listed):
            labelled[ref_of(obj)] = obj
    # what a controller made from a labelled template has the label too, and is deleted with its owner
    owned = {ref: obj for ref, obj in labelled.items() if not any(owner.controls for owner in owners_of(obj))}
    return _remove(target, surface, owned)


def _remove(
    target: KubeClient, surface: ApiSurface, objects: Mapping[Ref, Object]
) -> tuple[RemovedObject, ...]:
    removed = []
    for ref in sorted(objects, key=lambda ref: (-stage_of(ref), ref)):
        resource = surface.find(ref)
        if resource is not None:
            removal, why = _remove_one(target, resource.path(ref), objects[ref])
            removed.append(RemovedObject(ref=ref, removal=removal, why=why))
    return tuple(obj for obj in removed if obj.removal != Removal.ABSENT.value)


def _remove_one(target: KubeClient, path: str, obj: Object) -> tuple[str, str]:
    """Delete one object; return how it was removed, and why not if it is kept."""
    ref = ref_of(obj)
    if ref.group_kind == VOLUME and spec_of(obj).get("persistentVolumeReclaimPolicy") != "Retain":
        return KEPT, "it is not on Retain: its disk would go too"
    try:
        return writes.delete(target, path, uid=uid_of(obj), doing=f"remove {ref}").value, ""
    except Conflict:
        return KEPT, "it is another one by now"
    except Forbidden as error:
        return KEPT, error.why

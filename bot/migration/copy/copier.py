"""Copies the planned objects into the target, waiting where the order of stages says so. Idempotent."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping

from bot.adapters.kube import writes
from bot.adapters.kube.client import KubeClient
from bot.common.problems import Problem
from bot.migration.copy import deadline
from bot.migration.copy.target_objects import TargetObjects
from bot.migration.copy.writer import Writer, WrittenObject, write
from bot.migration.inventory.api_discovery import discover
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.served_apis import ApiSurface
from bot.migration.objects import copy_order
from bot.migration.objects.copy_order import CopyStage
from bot.migration.objects.cutover_modes import Hold
from bot.migration.objects.fields import Object, Ref, status_of, true_conditions
from bot.migration.objects.ownership import graph
from bot.migration.planning.plan import MigrationPlan
from bot.migration.planning.target_form import context_of
from bot.settings.mappings import Mappings

GATE_SECONDS = 120.0  # Velero gives a definition one minute; a busy API server may need more
GATE_PAUSE = 0.5  # seconds between two looks at most
ALL_STAGES = tuple(CopyStage)


class TargetNamespaceTerminating(Problem):
    """A namespace of the target is being deleted while it is copied into."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class CopyProgress:
    """How far a copy has come: the stage, and how many objects of how many were written."""

    stage: CopyStage
    done: int
    total: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class CopyRecord:
    """What was written, in order."""

    written: tuple[WrittenObject, ...] = ()

    @property
    def failures(self) -> tuple[WrittenObject, ...]:
        """The objects that somebody must look at."""
        return tuple(entry for entry in self.written if entry.failed)


def _no_progress(_progress: CopyProgress) -> None:
    """Ignore the progress of a copy that nobody watches."""


def build_writer(
    target: KubeClient, plan: MigrationPlan, mappings: Mappings, *, surface: ApiSurface, key: bytes
) -> Writer:
    """Return the target, which serves `surface`, ready to be written into."""
    return Writer(
        kube=target,
        surface=surface,
        migration=plan.migration,
        context=context_of(plan, mappings),
        key=key,
    )


def copy(
    writer: Writer,
    plan: MigrationPlan,
    inventory: Inventory,
    objects: TargetObjects,
    *,
    stages: Iterable[CopyStage] = ALL_STAGES,
    on_progress: Callable[[CopyProgress], None] = _no_progress,
) -> CopyRecord:
    """Write everything as it waits for the cut-over; what is withheld until then is not written.

    `on_progress` is called after each batch. Objects that the target refuses are in the record. Raises
    `KubeError`, and `NotInTime` if a Namespace or a definition does not become ready for the next stage.
    """
    waiting = {ref: obj for ref, obj in objects.waiting.items() if obj is not None}
    return write_stages(writer, plan, inventory, waiting, stages=stages, on_progress=on_progress)


def rehearse(writer: Writer, plan: MigrationPlan, inventory: Inventory, objects: TargetObjects) -> CopyRecord:
    """Ask the target in a dry run whether it would take everything as it works after the cut-over.

    Namespaces and definitions must be there already. Objects that wait there are asked about as well.
    """
    final = {
        item.ref: objects.final[item.ref]
        for item in plan.items
        if item.hold is not Hold.NOT and item.ref in objects.final
    }
    return write_stages(dataclasses.replace(writer, dry_run=True), plan, inventory, final, started=True)


def write_stages(
    writer: Writer,
    plan: MigrationPlan,
    inventory: Inventory,
    objects: Mapping[Ref, Object],
    *,
    stages: Iterable[CopyStage] = ALL_STAGES,
    started: bool = False,
    force: bool = False,
    on_progress: Callable[[CopyProgress], None] = _no_progress,
) -> CopyRecord:
    """Write objects in the order of their stages, and wait after each for what the next ones need.

    With `started` objects are written as they work, and are marked so; with `force` fields are taken over
    from other field managers. `on_progress` is called after each batch. In a dry run nothing is waited for.
    Raises as `copy` does.
    """
    selected = frozenset(stages)
    entries: list[WrittenObject] = []
    for stage, batches in copy_order.ordered(objects, graph(inventory.objects.values()), plan.operators):
        if stage not in selected:
            continue
        for batch in write(writer, batches, objects, stage, started=started, force=force):
            entries += batch
            on_progress(CopyProgress(stage=stage, done=len(entries), total=len(objects)))
        if not writer.dry_run:
            writer = _wait_for_gate(writer, stage, [ref for batch in batches for ref in batch])
    return CopyRecord(written=tuple(entries))


def _wait_for_gate(writer: Writer, stage: CopyStage, refs: list[Ref]) -> Writer:
    """Wait for what the next stages need; return the writer, which knows the new definitions then."""
    if stage is CopyStage.NAMESPACES:
        deadline.until(
            lambda: _not_active(writer, refs), what="become Active", seconds=GATE_SECONDS, pause=GATE_PAUSE
        )
    if stage is not CopyStage.DEFINITIONS:
        return writer
    deadline.until(
        lambda: _not_established(writer, refs),
        what="become Established",
        seconds=GATE_SECONDS,
        pause=GATE_PAUSE,
        fix="Look at the conditions of the definitions in the target, then resume.",
    )
    return dataclasses.replace(writer, surface=discover(writer.kube))


def _not_active(writer: Writer, refs: list[Ref]) -> list[str]:
    """Return the namespaces that are not Active yet. Raises `TargetNamespaceTerminating`."""
    phases = {
        ref.name: status_of(writes.read(writer.kube, f"/api/v1/namespaces/{ref.name}") or {}).get("phase")
        for ref in refs
    }
    terminating = [name for name, phase in phases.items() if phase == "Terminating"]
    if terminating:
        raise TargetNamespaceTerminating(
            f"The namespace {terminating[0]} of the target is being deleted",
            why="nothing can be made in it",
            fix="Wait until it is gone (look at finalizers in it), then resume.",
        )
    return [name for name, phase in phases.items() if phase != "Active"]


def _not_established(writer: Writer, refs: list[Ref]) -> list[str]:
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    return [
        ref.name
        for ref in refs
        if not {"Established", "NamesAccepted"}
        <= true_conditions(writes.read(writer.kube, f"{definitions}/{ref.name}") or {})
    ]

"""Copies the planned objects into the target, waiting where the order says so. May be repeated."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping

from bot.adapters.kube import writes as kube_writing
from bot.adapters.kube.client import Kube
from bot.common.problems import Problem
from bot.migration.copy import deadline
from bot.migration.copy.writer import Writer, WrittenObject, write
from bot.migration.inventory.api_discovery import discover
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects import order
from bot.migration.objects.manifest import Object, Ref, status_of
from bot.migration.objects.modes import Hold
from bot.migration.objects.order import Stage
from bot.migration.objects.ownership import graph
from bot.migration.objects.target_objects import TargetObjects, context_of
from bot.migration.planning.plan import MigrationPlan
from bot.settings.file import Mappings

GATE_SECONDS = 120.0  # Velero gives a definition one minute; a busy API server may need more


class NamespaceGoing(Problem):
    """A namespace of the target is being deleted while it is copied into."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class CopyProgress:
    """Where a copy stands."""

    stage: Stage
    done: int
    total: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class CopyRecord:
    """What was written, in order."""

    written: tuple[WrittenObject, ...] = ()

    @property
    def failures(self) -> tuple[WrittenObject, ...]:
        """What somebody must look at."""
        return tuple(each for each in self.written if each.failed)


def writer(
    target: Kube, plan: MigrationPlan, mappings: Mappings, key: bytes, *, dry_run: bool = False
) -> Writer:
    """The target, ready to be written into. Asks it what it serves. Raises `KubeError`."""
    return Writer(
        kube=target,
        surface=discover(target),
        migration=plan.migration,
        context=context_of(plan, mappings),
        key=key,
        dry_run=dry_run,
    )


def copy(
    into: Writer,
    plan: MigrationPlan,
    inventory: Inventory,
    forms: TargetObjects,
    *,
    stages: Iterable[Stage] = tuple(Stage),
    told: Callable[[CopyProgress], None] = lambda _progress: None,
) -> CopyRecord:
    """Write everything as it waits for the cut-over; what is withheld is not written.

    Raises `KubeError` if the target does not answer, `NotInTime` if a gate does not open. Objects that the
    target refuses are in the record.
    """
    return write_stages(
        into, plan, inventory, {r: o for r, o in forms.held.items() if o is not None}, stages, told=told
    )


def rehearse(into: Writer, plan: MigrationPlan, inventory: Inventory, forms: TargetObjects) -> CopyRecord:
    """Ask the target whether it would take everything as it works after the cut-over: a server-side dry run.

    Namespaces and definitions must be there already. Objects that wait already are asked about as well.
    """
    asked = dataclasses.replace(into, dry_run=True)
    wanted = {
        item.ref: forms.final[item.ref]
        for item in plan.items
        if item.hold is not Hold.NOT and item.ref in forms.final
    }
    return write_stages(asked, plan, inventory, wanted, tuple(Stage), started=True)


def write_stages(
    into: Writer,
    plan: MigrationPlan,
    inventory: Inventory,
    wanted: Mapping[Ref, Object],
    stages: Iterable[Stage],
    *,
    started: bool = False,
    force: bool = False,
    told: Callable[[CopyProgress], None] = lambda _progress: None,
) -> CopyRecord:
    """Write objects in the order of their stages, each stage's gate after it. Raises `KubeError`,
    `NotInTime`.
    """
    chosen, done = frozenset(stages), 0
    written: list[WrittenObject] = []
    for stage, batches in order.ordered(wanted, graph(inventory.objects.values()), plan.operators):
        if stage not in chosen:
            continue

        def count(number: int, stage: Stage = stage) -> None:
            nonlocal done
            done += number
            told(CopyProgress(stage=stage, done=done, total=len(wanted)))

        written += write(into, batches, wanted, stage, started=started, force=force, told=count)
        if not into.dry_run:
            into = _gate(into, stage, [ref for batch in batches for ref in batch])
    return CopyRecord(written=tuple(written))


def _gate(into: Writer, stage: Stage, refs: list[Ref]) -> Writer:
    """Wait for what the next stages need; returns the writer, with what the target serves asked again."""
    if stage is Stage.NAMESPACES:
        deadline.until(lambda: _not_active(into, refs), what="become Active", seconds=GATE_SECONDS, pause=0.5)
    if stage is Stage.DEFINITIONS:
        deadline.until(
            lambda: _not_established(into, refs),
            what="become Established",
            seconds=GATE_SECONDS,
            pause=0.5,
            fix="Look at the conditions of the definitions in the target, then resume.",
        )
        return dataclasses.replace(into, surface=discover(into.kube))
    return into


def _not_active(into: Writer, refs: list[Ref]) -> list[str]:
    live = [(ref, kube_writing.read(into.kube, f"/api/v1/namespaces/{ref.name}") or {}) for ref in refs]
    going = [ref.name for ref, obj in live if status_of(obj).get("phase") == "Terminating"]
    if going:
        raise NamespaceGoing(
            f"The namespace {going[0]} of the target is being deleted",
            why="nothing can be made in it",
            fix="Wait until it is gone (look at finalizers in it), then resume.",
        )
    return [ref.name for ref, obj in live if status_of(obj).get("phase") != "Active"]


def _not_established(into: Writer, refs: list[Ref]) -> list[str]:
    waits = []
    for ref in refs:
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{ref.name}"
        live = kube_writing.read(into.kube, path)
        states = {
            each["type"]
            for each in status_of(live or {}).get("conditions") or []
            if each.get("status") == "True"
        }
        if live is None or not {"Established", "NamesAccepted"} <= states:
            waits.append(ref.name)
    return waits

"""Copies the workloads as they wait, and proves the copy: what is missing or differs stops it here."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from bot.common.problems import Problem
from bot.common.wording import count
from bot.migration.copy import comparison, copier, startup
from bot.migration.copy.copier import CopyProgress
from bot.migration.inventory import baseline
from bot.migration.objects.manifest import Ref
from bot.migration.objects.modes import Mode
from bot.migration.objects.order import Stage
from bot.migration.workflow.cluster_views import Known, RunState, opened
from bot.migration.workflow.failures import NAMED, refuse_failures
from bot.migration.workflow.ports import Json, ProjectPorts
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step
from bot.policy.cluster_state import read_cluster_state

MEND = "Mend them in the new cluster or by `mappings` in the configuration, then resume; or cancel."


class CopyDiffers(Problem):
    """The copy is not what was planned."""


def copy(passage: Run, ground: ProjectPorts, recorded: RunState) -> None:
    """Copy everything as it waits, stage by stage, then rehearse the start. Raises `RollbackRequested`."""
    passage.enter(Step.COPY)
    actions: Counter[str] = Counter()
    known = Known()  # one inventory for all stages; what changes meanwhile is found by the second look
    for stage in Stage:
        if any(item.stage is stage for item in passage.plan.items):

            def carry(stage: Stage = stage) -> Json:
                return _stage(passage, ground, recorded, stage, known)

            found = passage.do(f"copy {stage.title}", carry)
            actions.update(found["actions"])
    passage.do("rehearse", lambda: _rehearsed(passage, ground, recorded, known))
    said = ", ".join(f"{number} {action}" for action, number in sorted(actions.items()))
    passage.leave(f"{count(sum(actions.values()), 'object')} in the new cluster ({said or 'none'})")


def _stage(passage: Run, ground: ProjectPorts, recorded: RunState, stage: Stage, known: Known) -> Json:
    before = sum(item.stage < stage for item in passage.plan.items)
    total = len(passage.plan.items)

    def told(state: CopyProgress) -> None:
        passage.tell(f"copying {state.stage.title}", done=before + state.done, total=total)

    with opened(passage.plan, ground, recorded, known) as scene:
        record = copier.copy(
            scene.into, passage.plan, scene.inventory, scene.forms, stages=(stage,), told=told
        )
    refuse_failures(record, "The new cluster did not take", MEND)
    return {"actions": dict(Counter(str(each.action) for each in record.written))}


def _rehearsed(passage: Run, ground: ProjectPorts, recorded: RunState, known: Known) -> Json:
    passage.tell("asking the new cluster whether everything may start")
    with opened(passage.plan, ground, recorded, known) as scene:
        record = copier.rehearse(scene.into, passage.plan, scene.inventory, scene.forms)
    refuse_failures(record, "The new cluster would not let start", MEND)
    return {"asked": len(record.written)}


def compare(
    passage: Run, ground: ProjectPorts, recorded: RunState, ready_within: timedelta
) -> Problem | None:
    """Wait for what may run already, then compare counts, configuration and network. Raises
    `RollbackRequested`.

    Returns what is not as planned: copied once more, it may be.
    """
    passage.enter(Step.COMPARE)
    refs = [item.ref for item in passage.plan.items if item.mode is Mode.PARALLEL]
    if refs:
        passage.wait(
            "wait for what runs early",
            lambda: _not_as_ready(passage, ground, recorded, refs),
            what="become ready",
            within=ready_within,
            detail="waiting for what runs on both sides",
        )
    found = passage.do("compare", lambda: _compared(passage, ground, recorded))
    if found["differences"]:
        lines = found["differences"]
        return CopyDiffers(
            f"{count(len(lines), 'thing is', 'things are')} not in the new cluster as on the source",
            why="\n".join(lines[:NAMED]),
            fix=(
                "Resume: I take what changed on the source into the plan, and copy and compare again; or"
                " cancel."
            ),
        )
    passage.leave(f"{count(found['equal'], 'object')} compared equal", [", ".join(found["counts"])])
    return None


def _not_as_ready(passage: Run, ground: ProjectPorts, recorded: RunState, refs: list[Ref]) -> list[str]:
    with opened(passage.plan, ground, recorded) as scene:
        before = baseline.measure(scene.inventory, refs)
        now = startup.now(scene.target, scene.into.surface, passage.plan, refs)
    return [line for line in baseline.regressions(before, now) if "pods ready" in line]


def _compared(passage: Run, ground: ProjectPorts, recorded: RunState) -> Json:
    with opened(passage.plan, ground, recorded) as scene:
        found = comparison.compare(scene.into, {**scene.forms.held})
        network = comparison.network(
            passage.plan, read_cluster_state(scene.source), read_cluster_state(scene.target)
        )
    lines = [f"{each.ref}: {each.what}" for each in found.differences] + list(network)
    kinds = Counter(each.kind for each in found.counts for _ in range(each.found))
    counts = [f"{kind} {count}" for kind, count in kinds.most_common()]
    return {"equal": found.equal, "counts": counts, "differences": lines}

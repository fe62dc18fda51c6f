"""Compares the copy with the source: objects, counts, and the connections that the policies allow."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from bot.common.problems import Problem
from bot.common.wording import count
from bot.migration.copy import comparison, startup
from bot.migration.inventory import baseline
from bot.migration.objects.cutover_modes import CutoverMode
from bot.migration.objects.fields import Ref
from bot.migration.workflow.failures import NAMED
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step
from bot.migration.workflow.step_runner import Wait
from bot.policy.cluster_state import read_cluster_state


class CopyDiffers(Problem):
    """The copy is not what was planned."""


def compare(run: Run, ready_within: timedelta) -> Problem | None:
    """Wait for the workloads that run on both sides already, then compare the copy with the source.

    Returns what differs: copied once more, it may be equal.
    """
    run.begin(Step.COMPARE)
    early = [item.ref for item in run.plan.items if item.mode is CutoverMode.PARALLEL]
    if early:
        ready = Wait(
            name="wait for what runs early",
            what="become ready",
            within=ready_within,
            detail="waiting for what runs on both sides",
        )
        run.steps.wait(ready, lambda: _not_as_ready(run, early))
    compared = run.steps.do("compare", lambda: _compare(run))
    differences = compared["differences"]
    if differences:
        return CopyDiffers(
            f"{count(len(differences), 'thing is', 'things are')} not in the new cluster as on the source",
            why="\n".join(differences[:NAMED]),
            fix=(
                "Resume: I take what changed on the source into the plan, and copy and compare again; or"
                " cancel."
            ),
        )
    run.finish(f"{count(compared['equal'], 'object')} compared equal", [", ".join(compared["counts"])])
    return None


def _not_as_ready(run: Run, workloads: Sequence[Ref]) -> list[str]:
    """Name the workloads that have fewer ready pods in the target than on the source."""
    with run.clusters() as clusters:
        before = baseline.measure(clusters.inventory, workloads)
        now = startup.current_baseline(clusters.target, clusters.writer.surface, run.plan, workloads)
    return [line for line in baseline.regressions(before, now) if "pods ready" in line]


def _compare(run: Run) -> Json:
    with run.clusters() as clusters:
        compared = comparison.compare(clusters.writer, {**clusters.target_objects.waiting})
        network = comparison.network(
            run.plan, read_cluster_state(clusters.source), read_cluster_state(clusters.target)
        )
    kinds = Counter(kind.kind for kind in compared.counts for _ in range(kind.present))
    return {
        "equal": compared.equal,
        "counts": [f"{kind} {number}" for kind, number in kinds.most_common()],
        "differences": [f"{object_.ref}: {object_.what}" for object_ in compared.differences] + list(network),
    }

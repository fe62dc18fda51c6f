"""Proves that the new cluster does what the old one did."""

from datetime import timedelta

from bot.common.problems import Problem
from bot.common.wording import count, first_lines
from bot.migration.copy import comparison, startup
from bot.migration.inventory import baseline
from bot.migration.objects.fingerprint import autoscaled
from bot.migration.workflow import proof_checks, readiness
from bot.migration.workflow.cluster_views import ClusterViews
from bot.migration.workflow.failures import NAMED
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step
from bot.migration.workflow.step_runner import Wait


class NotProven(Problem):
    """The new cluster is not what was planned."""


def prove(run: Run, ready_within: timedelta) -> None:
    """Wait until driver and pods are healthy, then run every check of the proof."""
    run.begin(Step.PROVE)
    driver = str(run.plan.target.driver)

    def look() -> list[str]:
        problem = run.ports.driver_problem(run.recorded.target, driver)
        with run.clusters() as clusters:
            waits = [*([problem] if problem else []), *readiness.not_as_ready(clusters)]
            return waits or proof_checks.unsettled(clusters)

    healthy = Wait(
        name="wait for health", what="become healthy", within=ready_within, detail="verifying driver and pods"
    )
    run.steps.wait(healthy, look)
    proof = run.steps.do("prove", lambda: _prove(run))
    lines = [*proof["images"], *proof_checks.lines(proof)]
    run.finish(f"proven: {count(proof['equal'], 'object')} as planned, {driver} healthy", lines)


def _prove(run: Run) -> Json:
    with run.clusters() as clusters:
        equal, differences = _compare(clusters)
        workloads = startup.top_level(clusters.inventory, run.plan.items)
        now = startup.current_baseline(clusters.target, clusters.writer.surface, run.plan, workloads)
        results = proof_checks.run_checks(clusters, run.flow.sleep)
    differences += proof_checks.faults(results)
    if differences:
        raise NotProven(
            f"{count(len(differences), 'thing')} of the new cluster not as planned",
            why=first_lines(differences, NAMED),
            fix="Mend them in the new cluster, then resume; or roll back.",
        )
    images = baseline.changed_images(run.recorded.quiesced.baseline, now)
    lines = [f"another image: {line}" for line in images[:NAMED]]
    return {"equal": equal, "images": lines, **proof_checks.note(run, "prove", results)}


def _compare(clusters: ClusterViews) -> tuple[int, list[str]]:
    """Compare the copies with their final forms; return how many are equal, and the others.

    The replicas of what an autoscaler scales may differ.
    """
    scaled = autoscaled(clusters.inventory.objects.values())
    compared = comparison.compare(clusters.writer, clusters.target_objects.final)
    differences = [
        f"{difference.ref}: {difference.what}"
        for difference in compared.differences
        if not (difference.ref in scaled and difference.what == "spec.replicas differ")
    ]
    return compared.equal + len(compared.differences) - len(differences), differences

"""Runs the checks that prove the new cluster, and records their results for people and for the report."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bot.drivers.catalog import profile
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.proof import (
    access_reviews,
    endpoints,
    http_answers,
    load_balancers,
    rbac_questions,
    restarts,
    target_inventory,
    volume_claims,
)
from bot.migration.proof.http_probes import probes
from bot.migration.proof.proof_result import ProofResult
from bot.migration.workflow.cluster_views import ClusterViews
from bot.migration.workflow.ports import Json
from bot.migration.workflow.report import PROOF
from bot.migration.workflow.run import Run

AGAIN_SECONDS = 5.0  # before checks that may pass with time are run once more
NAMED = 12  # things not checked that a reply names; the report names all


def unsettled(clusters: ClusterViews) -> list[str]:
    """Name what is not as it was and may still become so: endpoints, load balancers, Ingresses, claims."""
    return faults(_settling_checks(clusters, _target_inventory(clusters)))


def run_checks(clusters: ClusterViews, pause: Callable[[float], None]) -> tuple[ProofResult, ...]:
    """Run every check, on both clusters and Octavia as they are now. Raises `Problem`.

    Where time may mend a fault, as with a load balancer that takes up a node, it is checked once more.
    """
    now = _target_inventory(clusters)
    settled = _settling_checks(clusters, now)
    if faults(settled):
        pause(AGAIN_SECONDS)
        now = _target_inventory(clusters)
        settled = _settling_checks(clusters, now)
    plan, source = clusters.plan, clusters.recorded.quiesced
    answers = http_answers.check(
        clusters.target,
        probes(plan, now),
        source.record.answers if source.record is not None else None,
        now,
        enforced=profile(plan.target.driver).enforces_network_policy,
    )
    questions = rbac_questions.questions(plan, clusters.inventory)
    return (
        *settled,
        restarts.check(plan, source.baseline, now),
        access_reviews.check(clusters.source, clusters.target, questions),
        answers,
    )


def _target_inventory(clusters: ClusterViews) -> Inventory:
    return target_inventory.read_target(clusters.target, clusters.writer.surface, clusters.plan)


def _settling_checks(clusters: ClusterViews, now: Inventory) -> tuple[ProofResult, ...]:
    plan, recorded = clusters.plan, clusters.recorded
    source = recorded.quiesced
    ingresses = source.record.ingresses if source.record is not None else ()
    return (
        endpoints.check(plan, source.baseline, clusters.target_objects.final, now),
        load_balancers.check(plan, now, clusters.ports.load_balancers, recorded.target),
        load_balancers.check_ingresses(plan, ingresses, now),
        volume_claims.check(plan, source.baseline, now),
    )


def faults(results: Iterable[ProofResult]) -> list[str]:
    """Return a line for each thing that is not as it was."""
    return [str(fault) for result in results for fault in result.faults]


def note(run: Run, name: str, results: Sequence[ProofResult]) -> Json:
    """Note in the history, once by its name, what was checked and what was not. Belongs within a step.

    Returns what is recorded: the same in words.
    """
    counts = Counter({result.check: result.checked_count for result in results})
    unchecked = [line for result in results for line in result.unchecked]
    checked = ", ".join(f"{check} {number}" for check, number in counts.items() if number) or "nothing"
    gaps = f"; not checked: {'; '.join(unchecked)}" if unchecked else ""
    event = {
        "what": PROOF,
        "said": f"looked at {checked}{gaps}",
        "checked": dict(counts),
        "unchecked": unchecked,
        "step": str(run.position.step),
    }
    run.progress.note(f"{PROOF}:{name}:{run.approvals}", event)
    return {"checked": checked, "unchecked": unchecked}


def lines(record: Mapping[str, Any]) -> list[str]:
    """Say what a step checked. A record of an older version, which did not tell, gives no lines."""
    unchecked = record.get("unchecked", [])
    checked = [f"looked at {record['checked']}"] if "checked" in record else []
    gaps = [f"not checked: {line}" for line in unchecked[:NAMED]]
    if len(unchecked) > NAMED:
        gaps.append(f"not checked: {len(unchecked) - NAMED} more, in the report")
    return [*checked, *gaps]

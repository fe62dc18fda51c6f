"""The checks of the proof, put to both clusters of a migration; what they found is said, kept, and shown
in the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bot.drivers.catalog import profile
from bot.migration.inventory.baseline import Baseline
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.proof import (
    access_reviews,
    claims,
    endpoints,
    http_answers,
    load_balancers,
    rbac_questions,
    restarts,
    target_view,
)
from bot.migration.proof.http_probes import probes
from bot.migration.proof.verdict import ProofResult
from bot.migration.workflow.cluster_views import ClusterViews
from bot.migration.workflow.ports import Json
from bot.migration.workflow.report import PROOF
from bot.migration.workflow.run import Run

AGAIN_SECONDS = 5.0
NAMED = 12  # things not checked that a reply names; the report names all


def settling(scene: ClusterViews) -> list[str]:
    """What is not yet as it was, and may come to be with time: endpoints, load balancers, Ingresses,
    claims.
    """
    return faults(_settling(scene, _now(scene)))


def proof(scene: ClusterViews, pause: Callable[[float], None]) -> tuple[ProofResult, ...]:
    """Every check. Reads both clusters and Octavia anew; once more after a pause where time may mend what is
    wrong, such
    as a load balancer that takes up a node. Raises `Problem`."""
    now = _now(scene)
    settled = _settling(scene, now)
    if faults(settled):
        pause(AGAIN_SECONDS)
        now = _now(scene)
        settled = _settling(scene, now)
    recorded, plan = scene.recorded, scene.plan
    asked = http_answers.check(
        scene.target,
        probes(plan, now),
        recorded.seen.answers if recorded.seen is not None else None,
        now,
        enforced=profile(plan.target.driver).enforces_network_policy,
    )
    return (
        *settled,
        restarts.check(plan, _before(scene), now),
        access_reviews.check(scene.source, scene.target, rbac_questions.questions(plan, scene.inventory)),
        asked,
    )


def _now(scene: ClusterViews) -> Inventory:
    return target_view.look(scene.target, scene.into.surface, scene.plan)


def _settling(scene: ClusterViews, now: Inventory) -> tuple[ProofResult, ...]:
    plan, before, recorded = scene.plan, _before(scene), scene.recorded
    had = recorded.seen.ingresses if recorded.seen is not None else ()
    return (
        endpoints.check(plan, before, scene.forms.final, now),
        load_balancers.check(plan, now, scene.ground.balancers, recorded.target),
        load_balancers.ingresses(plan, had, now),
        claims.check(plan, before, now),
    )


def _before(scene: ClusterViews) -> Baseline:
    return scene.recorded.before or Baseline(running=(), endpoints=())


def faults(checks: Iterable[ProofResult]) -> list[str]:
    """What is not as it was, as lines."""
    return [str(fault) for each in checks for fault in each.faults]


def kept(passage: Run, name: str, checks: Sequence[ProofResult]) -> Json:
    """Note in the history what was checked and what was not, once by name; returned as it is recorded.
    Within a step.
    """
    counted = Counter({each.check: each.looked for each in checks})
    unchecked = [line for each in checks for line in each.unchecked]
    said = ", ".join(f"{check} {number}" for check, number in counted.items() if number) or "nothing"
    event = {"what": PROOF, "said": _said(said, unchecked), "checked": dict(counted), "unchecked": unchecked}
    passage.note(f"{PROOF}:{name}:{passage.asked}", {**event, "step": str(passage.step)})
    return {"checked": said, "unchecked": unchecked}


def _said(checked: str, unchecked: Sequence[str]) -> str:
    return f"looked at {checked}" + (f"; not checked: {'; '.join(unchecked)}" if unchecked else "")


def lines(found: Mapping[str, Any]) -> list[str]:
    """What a step says of what it checked: a record of an older version says nothing."""
    unchecked = found.get("unchecked", [])
    more = [f"not checked: {len(unchecked) - NAMED} more, in the report"] if len(unchecked) > NAMED else []
    head = [f"looked at {found['checked']}"] if "checked" in found else []
    return [*head, *(f"not checked: {line}" for line in unchecked[:NAMED]), *more]

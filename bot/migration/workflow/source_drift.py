"""What has changed on the source since it was planned, and how honestly that can be said.

A replica without the key that a plan was made with cannot compare the digests of its Secrets. What was not
written since is the same all the same; of the rest it says that it does not know, and never that it has
changed.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.common.problems import Problem
from bot.common.wording import count, first_of
from bot.migration.copy import comparison
from bot.migration.objects.manifest import Ref
from bot.migration.planning.plan import MigrationPlan
from bot.migration.source import drift
from bot.migration.source.drift import SourceDrift
from bot.migration.workflow.cluster_views import ClusterViews, RunState, opened
from bot.migration.workflow.ports import Json, ProjectPorts

NAMED = 8


class SourceHasChanged(Problem):
    """Objects of the source are not as they were planned."""


class KeyOfAnother(Problem):
    """Secrets were written since they were planned, and the key of their digests is another replica's."""


def drifted(scene: ClusterViews) -> SourceDrift:
    """What is on the source not as it was planned; changes of the migration's own do not count."""
    ground, plan = scene.ground, scene.plan
    return drift.drift(
        plan, scene.inventory, ground.mappings, ground.keys.find(plan.key), scene.recorded.image
    )


def unlike_their_copies(scene: ClusterViews, refs: Sequence[Ref]) -> list[str]:
    """Which objects of the source are not what the target has of them: names and fields, no values."""
    final = scene.forms.final
    found = comparison.compare(scene.into, {ref: final[ref] for ref in refs if ref in final})
    return [f"{each.ref}: {each.what}" for each in found.differences]


def look(plan: MigrationPlan, ground: ProjectPorts, recorded: RunState) -> Json:
    """What has changed, and what cannot be compared, as it is recorded. Within a step."""
    with opened(plan, ground, recorded) as scene:
        found = drifted(scene)
    return {"lines": list(found.lines()), "unsure": [str(ref) for ref in found.unsure]}


def problem(found: Json) -> Problem | None:
    """The reason to stand still, if there is one, in what was recorded of a look."""
    lines, unsure = found.get("lines", []), found.get("unsure", [])
    if lines:
        return SourceHasChanged(
            f"{count(len(lines), 'object')} of the source changed since the plan was made",
            why=first_of(lines, NAMED),
            fix="Resume: I take the changes into the plan, copy again, and ask again; or cancel.",
        )
    if unsure:
        return KeyOfAnother(
            f"I cannot tell whether {count(len(unsure), 'Secret')} of the source changed since the plan was"
            " made",
            why=(
                "they were written since, and another replica planned this with a key of its own, because "
                f"XK8S_AUDIT_KEY is not the same in all of them:\n{first_of(unsure, NAMED)}"
            ),
            fix=(
                "Set one XK8S_AUDIT_KEY for all replicas, then resume: I plan anew, copy and ask again. Or"
                " let the replica that planned it go on: stop the others, then resume."
            ),
        )
    return None

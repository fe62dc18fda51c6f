"""Finds what has changed on the source since it was planned, and what cannot be compared.

The digests of Secrets need the key that the plan was made with. A replica without it cannot compare them: a
Secret that was not written since the plan is unchanged all the same, and of the others it says that it cannot
tell, never that they have changed.
"""

from collections.abc import Sequence

from bot.common.problems import Problem
from bot.common.wording import count, first_lines
from bot.migration.copy import comparison
from bot.migration.objects.fields import Ref
from bot.migration.source import drift
from bot.migration.source.drift import SourceDrift
from bot.migration.workflow.cluster_views import ClusterViews
from bot.migration.workflow.failures import NAMED
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run


class SourceHasChanged(Problem):
    """Objects of the source are not as they were planned."""


class DigestKeyMissing(Problem):
    """Secrets were written since they were planned with a digest key that this replica does not have."""


def check(run: Run) -> Problem | None:
    """Compare the source with the plan in a step of its own; return what has changed, or cannot be compared.

    Raises `RollbackRequested`.
    """
    record = run.steps.do("second look", lambda: look(run), permit=True)
    run.mark_checked()
    return problem(record)


def look(run: Run) -> Json:
    """Compare the source with the plan; what differs, as it is recorded. Belongs within a step."""
    with run.clusters() as clusters:
        differences = find_drift(clusters)
    return {"lines": list(differences.lines()), "unsure": [str(ref) for ref in differences.unsure]}


def find_drift(clusters: ClusterViews) -> SourceDrift:
    """Compare the source with the plan. Changes that the migration itself made do not count."""
    ports, plan, source = clusters.ports, clusters.plan, clusters.recorded.source
    image = source.image if source is not None else None
    key = ports.digest_keys.find(plan.key)
    return drift.drift(plan, clusters.inventory, ports.mappings, key, image=image)


def differing_copies(clusters: ClusterViews, refs: Sequence[Ref]) -> list[str]:
    """Compare objects of the source with their copies in the target; names of fields, no values."""
    final = clusters.target_objects.final
    compared = comparison.compare(clusters.writer, {ref: final[ref] for ref in refs if ref in final})
    return [f"{difference.ref}: {difference.what}" for difference in compared.differences]


def problem(record: Json) -> Problem | None:
    """Return the reason to pause, if there is one, in what was recorded of a look."""
    lines, unsure = record.get("lines", []), record.get("unsure", [])
    if lines:
        return SourceHasChanged(
            f"{count(len(lines), 'object')} of the source changed since the plan was made",
            why=first_lines(lines, NAMED),
            fix="Resume: I take the changes into the plan, copy again, and ask again; or cancel.",
        )
    if unsure:
        return DigestKeyMissing(
            f"I cannot tell whether {count(len(unsure), 'Secret')} of the source changed since the plan was"
            " made",
            why=(
                "they were written since, and another replica planned this with a key of its own, because "
                f"XK8S_AUDIT_KEY is not the same in all of them:\n{first_lines(unsure, NAMED)}"
            ),
            fix=(
                "Set one XK8S_AUDIT_KEY for all replicas, then resume: I plan anew, copy and ask again. Or"
                " let the replica that planned it go on: stop the others, then resume."
            ),
        )
    return None

"""Finds a recorded change by the reference that people type: the first characters of its operation."""

from __future__ import annotations

from typing import Protocol

from bot.common.problems import Ambiguous, Choice
from bot.policy.errors import NoSuchChange
from storage.policy_changes import PolicyChange

SHORTEST_REFERENCE = 4


class ChangeFinder(Protocol):
    """Where recorded changes are found."""

    def find(self, project: str, prefix: str) -> list[PolicyChange]: ...


def find_change(changes: ChangeFinder, project: str, reference: str) -> PolicyChange:
    """Return the change of a reference. Raises `NoSuchChange`, or `Ambiguous` where several begin with it."""
    matches = changes.find(project, reference) if len(reference) >= SHORTEST_REFERENCE else []
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise NoSuchChange(
            f"There is no change {reference} in {project}",
            fix="The changes of a cluster stand under `/xk8s policy list CLUSTER`.",
        )
    raise Ambiguous(
        f"{len(matches)} changes begin with {reference}",
        choices=[_choice(change) for change in matches],
        fix="Pick one.",
    )


def _choice(change: PolicyChange) -> Choice:
    what = f"{change.kind} of {change.namespace}/{change.policy} in {change.cluster_name}"
    return Choice(change.operation, f"{what}, {change.at:%Y-%m-%d %H:%M} UTC")

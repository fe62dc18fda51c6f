"""Why a policy was not previewed, written or taken back."""

from __future__ import annotations

from collections.abc import Sequence

from bot.common.problems import Problem, Refusal

MOST_MISTAKES = 8  # that are listed; the rest is counted


class BadManifest(Refusal):
    """A person's YAML is no NetworkPolicy that can be written here; `mistakes` names each field."""

    def __init__(self, what: str, mistakes: Sequence[str] = (), *, why: str = "", fix: str = "") -> None:
        shown = list(mistakes[:MOST_MISTAKES])
        if len(mistakes) > MOST_MISTAKES:
            shown.append(f"…and {len(mistakes) - MOST_MISTAKES} more")
        super().__init__(what, why="\n".join(shown) or why, fix=fix or "Mend it and send it again.")
        self.mistakes = tuple(mistakes)


class BadParameters(Refusal):
    """A preset was given what it does not take, or not what it needs."""


class NotEnforced(Refusal):
    """The cluster's driver enforces no NetworkPolicy."""


class ChangedSince(Refusal):
    """Somebody changed a policy after it was looked at, or after the change that is to be taken back."""


class OwnedByOthers(Refusal):
    """Other field managers own what would be written."""


class NotWritten(Problem):
    """A policy could not be written, or what was cut off cannot be finished."""


class NoSuchPolicy(Refusal):
    """There is no policy of that name."""


class NoSuchChange(Refusal):
    """There is no change of that id, or there is nothing to take back."""


class Unclear(Problem):
    """It may have been written or not, and looking did not tell."""

    outcome = "unknown"


class NoSuchPod(Refusal):
    """No pod or workload of that name runs."""

"""The errors of the policy domain: why a policy was not previewed, written or rolled back."""

from collections.abc import Sequence

from bot.common.problems import Problem, Refusal

MOST_MISTAKES = 8  # that are listed; the rest is counted


def first_lines(lines: Sequence[str], most: int) -> list[str]:
    """Return the first of some lines, and a line that says how many more there are."""
    return [*lines[:most], *([f"…and {len(lines) - most} more"] if len(lines) > most else [])]


class InvalidManifest(Refusal):
    """A person's YAML is not a NetworkPolicy that can be written here; each of `mistakes` names its field."""

    def __init__(self, what: str, mistakes: Sequence[str] = (), *, why: str = "", fix: str = "") -> None:
        super().__init__(
            what,
            why="\n".join(first_lines(mistakes, MOST_MISTAKES)) or why,
            fix=fix or "Mend it and send it again.",
        )
        self.mistakes = tuple(mistakes)


class InvalidParameters(Refusal):
    """A preset was given an option that it does not take, or lacks one that it needs."""


class NotEnforced(Refusal):
    """The cluster's driver enforces no NetworkPolicy."""


class ChangedSince(Refusal):
    """Somebody changed a policy after it was read, or after the change that is to be rolled back."""


class OwnedByOthers(Refusal):
    """Other field managers own fields that would be written."""


class NotWritten(Problem):
    """A policy could not be written, or a change that was cut off cannot be finished."""


class NamespaceNotFound(Refusal):
    """The cluster has no namespace of that name."""


class PolicyNotFound(Refusal):
    """The cluster has no policy of that name."""


class ChangeNotFound(Refusal):
    """There is no change of that id, or it cannot be rolled back."""


class OutcomeUnknown(Problem):
    """Whether a policy was written is not known, and reading it back did not tell."""

    outcome = "unknown"


class PodNotFound(Refusal):
    """No pod and no workload of that name is running."""

"""How work ended, as plain JSON and back: a workflow's process is rarely the one that shows its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.common.problems import Problem, Refusal

Json = dict[str, Any]


class OutcomeUncertain(Problem):
    """It is not known how it ended; `fix` says what to look at."""

    outcome = "unknown"


def broken(error: Exception, reference: str) -> OutcomeUncertain:
    """The end of work that failed for no reason that a person could mend; nothing of the error but its
    name.
    """
    return OutcomeUncertain(
        "Something went wrong in me, and I stopped",
        why=type(error).__name__,
        fix=f"Look at the target, and for {reference} in my log.",
    )


class UnknownOutcome(Problem):
    """An end of a kind that this version does not know."""


_OUTCOMES: dict[str, type[Problem]] = {kind.outcome: kind for kind in (Problem, Refusal, OutcomeUncertain)}


class OutcomeCodec:
    """Ends of every kind: the dataclasses that workflows return, by the names under which they are kept."""

    def __init__(self, kinds: Mapping[str, type]) -> None:
        self._kinds = dict(kinds)
        self._names = {kind: name for name, kind in kinds.items()}
        self._adapters: dict[type, Any] = {}

    def encode(self, end: object) -> Json:
        """A result or a `Problem` as JSON. Raises `KeyError` for a result of no known kind."""
        if isinstance(end, Problem):
            return {"problem": {"what": end.what, "why": end.why, "fix": end.fix, "outcome": end.outcome}}
        return {
            "kind": self._names[type(end)],
            "result": self._adapter(type(end)).dump_python(end, mode="json"),
        }

    def decode(self, kept: Json) -> object:
        """The result or the `Problem` that was encoded. What this version cannot read is `UnknownOutcome`."""
        if "problem" in kept:
            told = kept["problem"]
            kind = _OUTCOMES.get(told["outcome"], Problem)
            return kind(told["what"], why=told["why"], fix=told["fix"])
        found = self._kinds.get(kept["kind"])
        if found is None:
            return UnknownOutcome(
                f"The work ended as {kept['kind']}, which this version of me cannot show",
                fix="Update me, or look at the audit log.",
            )
        return self._adapter(found).validate_python(kept["result"])

    def _adapter(self, kind: type) -> Any:
        from pydantic import TypeAdapter

        if kind not in self._adapters:
            self._adapters[kind] = TypeAdapter(kind)
        return self._adapters[kind]

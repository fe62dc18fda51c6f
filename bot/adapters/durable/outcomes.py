"""The outcomes of workflows as plain JSON and back: rarely is it the workflow's own process that shows it."""

from collections.abc import Mapping
from typing import Any

from bot.common.problems import Problem, Refusal

Json = dict[str, Any]


class OutcomeUncertain(Problem):
    """It is not known how the work has ended; `fix` says what to look at."""

    outcome = "unknown"


class UnknownOutcome(Problem):
    """The outcome is of a kind that this version does not know."""


def unexpected_failure(error: Exception, reference: str) -> OutcomeUncertain:
    """Return the outcome of work that a defect has ended; of the error it holds only the class name."""
    return OutcomeUncertain(
        "Something went wrong in me, and I stopped",
        why=type(error).__name__,
        fix=f"Look at the target, and for {reference} in my log.",
    )


_PROBLEMS: dict[str, type[Problem]] = {kind.outcome: kind for kind in (Problem, Refusal, OutcomeUncertain)}


class OutcomeCodec:
    """Encodes the dataclasses that workflows return, each under the name that it is stored by."""

    def __init__(self, kinds: Mapping[str, type]) -> None:
        self._kinds = dict(kinds)
        self._names = {kind: name for name, kind in kinds.items()}
        self._adapters: dict[type, Any] = {}

    def encode(self, outcome: object) -> Json:
        """Return a result or a `Problem` as JSON. Raises `KeyError` for a result of no known kind."""
        if isinstance(outcome, Problem):
            fields = {"what": outcome.what, "why": outcome.why, "fix": outcome.fix}
            return {"problem": {**fields, "outcome": outcome.outcome}}
        kind = type(outcome)
        return {"kind": self._names[kind], "result": self._adapter(kind).dump_python(outcome, mode="json")}

    def decode(self, stored: Json) -> object:
        """Return the encoded result or `Problem`; an `UnknownOutcome` if this version cannot read it."""
        if "problem" in stored:
            problem = stored["problem"]
            kind = _PROBLEMS.get(problem["outcome"], Problem)
            return kind(problem["what"], why=problem["why"], fix=problem["fix"])
        result_kind = self._kinds.get(stored["kind"])
        if result_kind is None:
            return UnknownOutcome(
                f"The work ended as {stored['kind']}, which this version of me cannot show",
                fix="Update me, or look at the audit log.",
            )
        return self._adapter(result_kind).validate_python(stored["result"])

    def _adapter(self, kind: type) -> Any:
        from pydantic import TypeAdapter

        if kind not in self._adapters:
            self._adapters[kind] = TypeAdapter(kind)
        return self._adapters[kind]

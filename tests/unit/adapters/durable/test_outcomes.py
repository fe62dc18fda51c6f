"""Outcomes go to JSON and back, also those that this version does not know."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import pytest

from bot.adapters.durable.outcomes import OutcomeCodec, OutcomeUncertain, UnknownOutcome, unexpected_failure
from bot.common.problems import Problem, Refusal


@dataclasses.dataclass(frozen=True)
class Built:
    name: str
    at: datetime
    nodes: tuple[str, ...] = ()


class NotBuilt(Problem):
    """A problem of its own type."""


CODEC = OutcomeCodec({"built": Built})


def test_a_result_is_read_back_with_its_types() -> None:
    built = Built("dev-eu", datetime(2026, 11, 24, tzinfo=UTC), ("n1", "n2"))
    stored = json.loads(json.dumps(CODEC.encode(built)))
    assert stored["kind"] == "built" and CODEC.decode(stored) == built


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (Problem("It failed", why="the server", fix="try again"), Problem),
        (NotBuilt("It failed", why="the server", fix="try again"), Problem),
        (Refusal("It failed", why="the server", fix="try again"), Refusal),
        (OutcomeUncertain("It failed", why="the server", fix="try again"), OutcomeUncertain),
    ],
)
def test_a_problem_keeps_its_words_and_its_outcome(problem: Problem, kind: type[Problem]) -> None:
    decoded = CODEC.decode(json.loads(json.dumps(CODEC.encode(problem))))
    assert type(decoded) is kind and isinstance(decoded, Problem)
    assert (decoded.what, decoded.why, decoded.fix) == ("It failed", "the server", "try again")
    assert decoded.outcome == problem.outcome


def test_a_result_of_no_known_kind_cannot_be_stored() -> None:
    with pytest.raises(KeyError):
        CODEC.encode(object())


def test_an_outcome_of_another_version_is_shown_as_unknown() -> None:
    unknown = CODEC.decode({"kind": "of.tomorrow", "result": {}})
    assert isinstance(unknown, UnknownOutcome) and "of.tomorrow" in unknown.what
    problem = CODEC.decode({"problem": {"what": "w", "why": "", "fix": "", "outcome": "of.tomorrow"}})
    assert type(problem) is Problem


def test_a_defect_is_told_by_its_class_alone() -> None:
    failure = unexpected_failure(KeyError("token-of-a-cluster"), "7f3a")
    assert failure.why == "KeyError" and "7f3a" in failure.fix
    assert "token" not in f"{failure.what}{failure.why}{failure.fix}"

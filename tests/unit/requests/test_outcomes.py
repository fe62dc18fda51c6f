"""How the end of a request is judged, and what may be shown of it."""

from __future__ import annotations

import dataclasses

import pytest
from pydantic import SecretStr

from bot.actions.service import Outcome
from bot.common.problems import Problem, Refusal
from bot.common.redaction import Redactor
from bot.requests.answer import Conclusion, DiscardedAnswer, answer_for
from bot.requests.outcomes import audit_subject, judge, redacted
from tests.unit.requests.exchanges import DELETE, RecordingAnswer, conclusion, request


@dataclasses.dataclass
class Shortened:
    shortfall: str


@dataclasses.dataclass
class Waiting:
    pending: str = "waits for approval a17"


@dataclasses.dataclass
class Worded:
    audit_detail: str = "took it back"


@pytest.mark.parametrize(
    ("result", "problem", "outcome", "detail"),
    [
        pytest.param("deleted", None, Outcome.SUCCEEDED, "", id="a-result"),
        pytest.param(None, None, Outcome.SUCCEEDED, "", id="nothing-to-tell"),
        pytest.param(Shortened(""), None, Outcome.SUCCEEDED, "", id="nothing-is-missing"),
        pytest.param(Shortened("no Magnum"), None, Outcome.FAILED, "no Magnum", id="something-is-missing"),
        pytest.param(Waiting(), None, Outcome.ASKED, "waits for approval a17", id="waits"),
        pytest.param(Worded(), None, Outcome.SUCCEEDED, "took it back", id="worded"),
        pytest.param(None, Problem("no", why="down"), Outcome.FAILED, "no: down", id="a-problem"),
        pytest.param(None, Refusal("never"), Outcome.REFUSED, "never", id="a-refusal"),
        pytest.param(Worded(), Problem("no"), Outcome.FAILED, "no", id="a-problem-counts-first"),
    ],
)
def test_an_end_is_judged(result: object, problem: Problem | None, outcome: Outcome, detail: str) -> None:
    assert judge(result, problem) == (outcome, detail)


def test_the_events_of_a_request_share_who_asked_for_what_and_where() -> None:
    subject = audit_subject(request(), DELETE, None)
    assert (subject.reference, subject.entry, subject.channel) == ("7f3a", "command", "C1")
    assert (subject.project, subject.action, subject.target) == ("", "cluster.delete", "dev-eu")
    assert subject.arguments == {"cluster": "dev-eu"}


def test_secrets_of_servers_are_hidden_before_anything_is_shown() -> None:
    redactor = Redactor()
    redactor.learn(SecretStr("hunter2-hunter2"))
    ended: Conclusion = dataclasses.replace(
        conclusion(request()), problem=Problem("Keystone refused", why="password hunter2-hunter2")
    )
    problem = redacted(ended, redactor).problem
    assert problem is not None and "hunter2" not in problem.why
    assert redacted(conclusion(request()), redactor).problem is None


def test_a_replica_answers_everybody_but_a_terminal() -> None:
    answer = RecordingAnswer()
    assert answer_for(request(), answer) is answer
    assert isinstance(answer_for(request(entry="terminal"), answer), DiscardedAnswer)

"""What the audit log says of the end of a request."""

from __future__ import annotations

import dataclasses

import pytest

from bot.actions.action import Action
from bot.actions.help_words import Help
from bot.actions.service import LongRunning
from bot.common.problems import Problem, Refusal
from bot.requests.stages.find_route import NotAvailable
from bot.requests.stages.record_outcome import record_outcome
from tests.unit.requests.exchanges import DELETE, AuditTable, audit_log, exchange, ports, with_intent


@dataclasses.dataclass
class Shortened:
    """A result that could not be had in full."""

    shortfall: str = "one cluster was out of reach"


@dataclasses.dataclass
class Named:
    """A result that names its target, and words its audit event."""

    audit_target: str = "k8s-calico"
    audit_detail: str = "created it"


@pytest.mark.parametrize(
    ("changes", "outcome", "detail"),
    [
        pytest.param({"result": "deleted"}, "succeeded", "", id="a-result"),
        pytest.param({"result": Shortened()}, "failed", "one cluster was out of reach", id="a-partial-one"),
        pytest.param({"result": Named()}, "succeeded", "created it", id="a-worded-one"),
        pytest.param({"problem": Problem("no", why="because")}, "failed", "no: because", id="a-problem"),
        pytest.param({"problem": Refusal("never")}, "refused", "never", id="a-refusal"),
    ],
)
def test_an_intent_gets_its_outcome(changes: dict[str, object], outcome: str, detail: str) -> None:
    table = AuditTable()
    subject = with_intent(exchange(project="shop"), table, seconds=1.5, **changes)
    record_outcome(subject, ports(audit=audit_log(table)))
    event = table.events[-1]
    assert (event.phase, event.outcome, event.detail) == ("outcome", outcome, detail)
    assert (event.project, event.duration_ms, event.target) == ("shop", 1500, "dev-eu")


def test_the_result_names_the_target_that_the_words_left_out() -> None:
    table = AuditTable()
    nameless = DELETE.model_copy(update={"cluster": ""})
    record_outcome(with_intent(exchange(nameless), table, result=Named()), ports(audit=audit_log(table)))
    assert table.events[-1].target == "k8s-calico"


def test_a_workflow_leaves_the_intent_open() -> None:
    table = AuditTable()
    subject = with_intent(exchange(), table, result=LongRunning(work="cluster.delete", input={}))
    record_outcome(subject, ports(audit=audit_log(table)))
    assert table.phases() == [("intent", "")]


def test_an_outcome_that_cannot_be_written_is_told_in_place_of_the_result() -> None:
    table = AuditTable()
    subject = with_intent(exchange(), table, result="deleted")
    table.broken = True
    record_outcome(subject, ports(audit=audit_log(table)))
    assert subject.result is None and subject.problem is not None
    assert "cannot be written" in subject.problem.what


def test_a_refusal_before_the_intent_is_recorded_without_a_duration() -> None:
    table = AuditTable()
    record_outcome(exchange(problem=Refusal("You may not"), seconds=2.0), ports(audit=audit_log(table)))
    assert table.phases() == [("outcome", "refused")]
    assert (table.events[0].duration_ms, table.events[0].project) == (0, "")


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        pytest.param(None, Refusal("I do not know that"), id="words-that-mean-nothing"),
        pytest.param(Help(topic="nothing"), Refusal("no such topic"), id="talk"),
        pytest.param(DELETE, NotAvailable("not yet"), id="words-without-a-service"),
        pytest.param(DELETE, Problem("the log cannot be written"), id="an-unwritten-intent"),
    ],
)
def test_nothing_else_is_recorded(action: Action | None, problem: Problem) -> None:
    table = AuditTable()
    record_outcome(exchange(action, problem=problem), ports(audit=audit_log(table)))
    assert table.events == []


def test_a_refusal_that_cannot_be_recorded_is_shown_all_the_same() -> None:
    table = AuditTable()
    table.broken = True
    refusal = Refusal("You may not")
    subject = exchange(problem=refusal)
    record_outcome(subject, ports(audit=audit_log(table)))
    assert subject.problem is refusal

"""Decisions of the workflow are approvals in the thread where the migration was decision for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.access.approvals import NoApprover
from bot.access.authorisation import Deciders
from bot.actions.migrations import MigrateStart
from bot.actions.proposal import Proposal
from bot.actions.request import EntryPoint, IncomingRequest, Person, Place
from bot.common.problems import Refusal
from bot.migration.workflow.decisions import ApprovalDecisions
from bot.migration.workflow.ports import DecisionStatus
from storage.approvals import ApprovalRepository, Vote
from storage.database import Database
from storage.long_running_operations import LongRunningOperation
from tests.unit.access.approval_requests import NOW, desk

OPERATION, ROOT = "0" * 32, "1" * 32
PROPOSAL = Proposal(
    kind="migrate.cutover", headline="Cut over", target="dev", target_id="u1", bound={"plan": 1}
)


class Continuations:
    """The request of one migration."""

    def __init__(self, **request: Any) -> None:
        fields: dict[str, Any] = {
            "key": "k",
            "operation": OPERATION,
            "entry": EntryPoint.MENTION,
            "person": Person(id="U1", name="ana"),
            "place": Place(channel="C1", thread="1.0"),
            "text": "migrate dev --to calico",
            "received": NOW,
        }
        self.request: IncomingRequest | None = IncomingRequest(**{**fields, **request})

    def get(self, operation: str) -> LongRunningOperation | None:
        if self.request is None:
            return None
        return LongRunningOperation(
            operation=operation,
            project="shop",
            action=MigrateStart(cluster="dev", template="t").encode(),
            request=self.request.model_dump(mode="json"),
            work="migrate",
            input={},
            begun_at=NOW,
        )


Make = Callable[..., ApprovalDecisions]


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = Database.open(sqlite_url)
    opened.upgrade()
    yield opened
    opened.dispose()


@pytest.fixture
def decisions(database: Database) -> Make:
    def make(continuations: Continuations | None = None, people: str = "U1 U2") -> ApprovalDecisions:
        source: Any = continuations or Continuations()
        approvers = Deciders(users=(), groups=(), everyone=False, people=frozenset(people.split()))
        return ApprovalDecisions(
            approvals=desk(database, required=frozenset({"migrate.cutover"})),
            continuations=source,
            deciders=lambda _project: approvers,
            home_channel=lambda project: f"home of {project}",
        )

    return make


def approve(database: Database, approval: str) -> None:
    decision = Vote(person="U2", name="bo", approved=True)
    ApprovalRepository(database).decide(approval, decision, now=NOW)


def test_only_kinds_that_the_configuration_names_need_a_decision(decisions: Make) -> None:
    assert decisions().is_required("migrate.cutover") and not decisions().is_required("migrate.delete")


def test_a_decision_is_asked_for_once_in_the_thread_of_the_request(
    decisions: Make, database: Database
) -> None:
    decision = decisions().request(OPERATION, "cutover-1", PROPOSAL)
    again = decisions().request(OPERATION, "cutover-1", PROPOSAL)
    assert decision == again and decision.status is DecisionStatus.OPEN
    [approval] = ApprovalRepository(database).unfinished(["shop"])
    assert (approval.requester, approval.channel, approval.thread) == ("U1", "C1", "1.0")
    assert approval.operation == f"{OPERATION}:cutover-1"


def test_what_was_approved_in_a_thread_goes_on_under_the_operation_of_its_root(
    decisions: Make, database: Database
) -> None:
    decisions(Continuations(continues=ROOT)).request(OPERATION, "cutover-1", PROPOSAL)
    [approval] = ApprovalRepository(database).unfinished(["shop"])
    assert approval.operation == f"{ROOT}:cutover-1"


@pytest.mark.parametrize("place", [Place(), Place(channel="D1", thread="1.0", direct=True)])
def test_a_request_without_a_channel_is_decided_in_the_channel_of_the_project(
    decisions: Make, database: Database, place: Place
) -> None:
    decisions(Continuations(place=place)).request(OPERATION, "cutover-1", PROPOSAL)
    [approval] = ApprovalRepository(database).unfinished(["shop"])
    assert (approval.channel, approval.thread) == ("home of shop", "")


def test_a_decision_needs_somebody_other_than_who_asks(decisions: Make) -> None:
    with pytest.raises(NoApprover) as refusal:
        decisions(people="U1").request(OPERATION, "cutover-1", PROPOSAL)
    assert refusal.value.why == "it needs 1 other than ana"
    assert "projects.shop.roles.approver" in refusal.value.fix


def test_an_approval_is_begun_if_it_still_is_what_was_shown(decisions: Make, database: Database) -> None:
    decision = decisions().request(OPERATION, "cutover-1", PROPOSAL)
    approve(database, decision.id)
    approved = decisions().get(OPERATION, "cutover-1")
    assert (approved.status, approved.by) == (DecisionStatus.APPROVED, ("bo",))
    for _ in range(2):  # a second attempt is let through
        decisions().start(OPERATION, "cutover-1", PROPOSAL)
    assert decisions().get(OPERATION, "cutover-1").status is DecisionStatus.BEGUN


def test_what_has_changed_since_it_was_shown_is_not_begun(decisions: Make, database: Database) -> None:
    decision = decisions().request(OPERATION, "cutover-1", PROPOSAL)
    approve(database, decision.id)
    with pytest.raises(Refusal, match="has changed since"):
        decisions().start(OPERATION, "cutover-1", dataclasses.replace(PROPOSAL, bound={"plan": 2}))
    assert decisions().get(OPERATION, "cutover-1").status is DecisionStatus.ENDED


def test_a_decision_that_nobody_waits_for_is_void(decisions: Make) -> None:
    decisions().request(OPERATION, "cutover-1", PROPOSAL)
    decisions().close(OPERATION, "cutover-1", "the migration was turned back")
    ended = decisions().get(OPERATION, "cutover-1")
    assert ended.status is DecisionStatus.ENDED and "the migration was turned back" in ended.line


def test_a_migration_whose_request_is_gone_can_ask_for_nothing(decisions: Make) -> None:
    continuations = Continuations()
    continuations.request = None
    with pytest.raises(Refusal, match="The request of this migration is gone"):
        decisions(continuations).request(OPERATION, "cutover-1", PROPOSAL)

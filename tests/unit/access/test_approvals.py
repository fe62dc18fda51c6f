"""The rules of a decision: by another person, in time, once, and of what was shown. On both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.access.approvals import ApprovalEnded, ApprovalVoid, MayNotDecide, NoApproval
from bot.access.proposal_diff import differences
from bot.common.problems import Refusal
from storage.approvals import (
    APPROVED,
    EXPIRED,
    OPEN,
    REJECTED,
    STARTED,
    VOID,
    WITHDRAWN,
    ApprovalRepository,
    Vote,
)
from storage.database import Database
from storage.inbox import InboxRepository
from tests.unit.access.approval_requests import DELETE, NOW, Clock, ask, desk, proposal

BO = Vote(person="U2", name="bo", approved=True)
DEE = Vote(person="U3", name="dee", approved=True)


def waiting(database: Database) -> list[str]:
    leased = InboxRepository(database).lease(owner="r", now=NOW, seconds=30, limit=10)
    return [entry.operation for entry in leased]


def test_an_approval_makes_the_effect_in_the_same_moment(database: Database) -> None:
    approvals = desk(database)
    approval = approvals.ask(ask())
    assert approval.state == OPEN and waiting(database) == []
    decided = approvals.decide(approval.id, BO, project="shop", typed="dev-eu")
    assert decided.state == APPROVED and [decision.person for decision in decided.approved_by] == ["U2"]
    assert waiting(database) == ["effect-of-op-1"]


def test_a_request_that_asks_again_after_a_crash_gets_the_approval_it_has(database: Database) -> None:
    approvals = desk(database)
    assert approvals.ask(ask()).id == approvals.ask(ask()).id


def test_nobody_decides_over_their_own_request(database: Database) -> None:
    approvals = desk(database)
    approval = approvals.ask(ask())
    for approved in (True, False):
        verdict = Vote(person="U1", name="ana", approved=approved)
        with pytest.raises(MayNotDecide, match="You asked for it"):
            approvals.decide(approval.id, verdict, project="shop", typed="dev-eu")
    assert approvals.get(approval.id, project="shop").state == OPEN


def test_nobody_decides_from_a_terminal(database: Database) -> None:
    approvals = desk(database)
    approval = approvals.ask(ask())
    with pytest.raises(MayNotDecide, match="terminal"):
        approvals.decide(
            approval.id, Vote(person="terminal:bo@host", name="bo", approved=True), project="shop"
        )


def test_a_deletion_needs_the_name_typed_exactly(database: Database) -> None:
    approvals = desk(database)
    approval = approvals.ask(ask())
    for typed in ("", "dev", "DEV-EU", "dev-eu2"):
        with pytest.raises(MayNotDecide, match="not the name"):
            approvals.decide(approval.id, BO, project="shop", typed=typed)
    assert approvals.decide(approval.id, BO, project="shop", typed=" dev-eu ").state == APPROVED


def test_a_rejection_keeps_its_comment_and_has_no_effect(database: Database) -> None:
    approvals = desk(database)
    approval = approvals.ask(ask())
    verdict = Vote(person="U2", name="bo", approved=False, comment="not on a Friday")
    decided = approvals.decide(approval.id, verdict, project="shop")
    assert (decided.state, decided.note) == (REJECTED, "not on a Friday")
    with pytest.raises(ApprovalEnded, match="was rejected by bo at 2026-11-24 12:00 UTC: not on a Friday"):
        approvals.decide(approval.id, DEE, project="shop", typed="dev-eu")
    assert waiting(database) == []


def test_two_approvers_are_two_people(database: Database) -> None:
    approvals = desk(database, approvers=2)
    approval = approvals.ask(ask())
    assert approvals.decide(approval.id, BO, project="shop", typed="dev-eu").state == OPEN
    with pytest.raises(ApprovalEnded, match="You have approved"):
        approvals.decide(approval.id, BO, project="shop", typed="dev-eu")
    assert waiting(database) == []
    assert approvals.decide(approval.id, DEE, project="shop", typed="dev-eu").state == APPROVED
    assert waiting(database) == ["effect-of-op-1"]


def test_it_expires_also_when_nobody_has_looked(database: Database) -> None:
    clock = Clock()
    approvals = desk(database, clock)
    approval = approvals.ask(ask())
    clock.now += timedelta(hours=24)
    with pytest.raises(ApprovalEnded, match="has expired"):
        approvals.decide(approval.id, BO, project="shop", typed="dev-eu")
    assert approvals.get(approval.id, project="shop").state == EXPIRED
    assert waiting(database) == []


def test_only_who_asked_takes_it_back_and_only_while_it_is_open(database: Database) -> None:
    approvals = desk(database)
    approval = approvals.ask(ask())
    with pytest.raises(MayNotDecide, match="Only who asked"):
        approvals.withdraw(approval.id, person="U2", project="shop")
    assert approvals.withdraw(approval.id, person="U1", project="shop").state == WITHDRAWN
    with pytest.raises(ApprovalEnded, match="withdrawn by ana"):
        approvals.decide(approval.id, BO, project="shop", typed="dev-eu")


def test_another_projects_approval_is_not_there_whatever_its_id(database: Database) -> None:
    approvals = desk(database)
    approval = approvals.ask(ask())
    with pytest.raises(NoApproval):
        approvals.get(approval.id, project="bank")
    with pytest.raises(NoApproval):
        approvals.decide(approval.id, BO, project="bank", typed="dev-eu")
    with pytest.raises(NoApproval):
        approvals.withdraw(approval.id, person="U1", project="bank")


def test_the_effect_waits_for_its_window_and_begins_in_it(database: Database) -> None:
    clock = Clock()
    approvals, repository = desk(database, clock), ApprovalRepository(database)
    approval = approvals.ask(ask())
    night = Vote(
        person="U2",
        name="bo",
        approved=True,
        not_before=NOW + timedelta(hours=10),
        not_after=NOW + timedelta(hours=14),
    )
    assert approvals.decide(approval.id, night, project="shop", typed="dev-eu").state == APPROVED
    assert repository.apply_deadlines(now=NOW + timedelta(hours=9)) == 0 and waiting(database) == []
    assert repository.apply_deadlines(now=NOW + timedelta(hours=10)) == 1
    assert repository.apply_deadlines(now=NOW + timedelta(hours=10)) == 0, "it is set off once"
    assert waiting(database) == ["effect-of-op-1"]
    clock.now = NOW + timedelta(hours=11)
    assert approvals.start(approval.id, DELETE, proposal()).state == STARTED


def test_a_window_that_is_over_voids_the_approval(database: Database) -> None:
    approvals, repository = desk(database), ApprovalRepository(database)
    approval = approvals.ask(ask())
    soon = Vote(person="U2", name="bo", approved=True, not_after=NOW + timedelta(hours=1))
    approvals.decide(approval.id, soon, project="shop", typed="dev-eu")
    repository.apply_deadlines(now=NOW + timedelta(hours=2))
    current = approvals.get(approval.id, project="shop")
    assert current.state == VOID and "window was over" in current.note


def test_windows_of_two_approvers_narrow_each_other_and_must_meet(database: Database) -> None:
    approvals = desk(database, approvers=3)
    approval = approvals.ask(ask())

    def at(person: str, begins: int, ends: int) -> Vote:
        return Vote(
            person=person,
            name=person,
            approved=True,
            not_before=NOW + timedelta(hours=begins),
            not_after=NOW + timedelta(hours=ends),
        )

    approvals.decide(approval.id, at("U2", 2, 8), project="shop", typed="dev-eu")
    with pytest.raises(MayNotDecide, match="no moment in common"):
        approvals.decide(approval.id, at("U3", 9, 10), project="shop", typed="dev-eu")
    decided = approvals.decide(approval.id, at("U3", 4, 10), project="shop", typed="dev-eu")
    assert (decided.not_before, decided.not_after) == (NOW + timedelta(hours=4), NOW + timedelta(hours=8))


def test_an_approval_waiting_for_its_window_can_still_be_taken_back(database: Database) -> None:
    approvals = desk(database)
    approval = approvals.ask(ask())
    later = Vote(person="U2", name="bo", approved=True, not_before=NOW + timedelta(hours=10))
    approvals.decide(approval.id, later, project="shop", typed="dev-eu")
    assert approvals.withdraw(approval.id, person="U1", project="shop").state == WITHDRAWN
    assert ApprovalRepository(database).apply_deadlines(now=NOW + timedelta(hours=11)) == 0


def test_what_has_changed_since_voids_it_and_is_named(database: Database) -> None:
    approvals = desk(database)
    approval = approvals.ask(ask())
    approvals.decide(approval.id, BO, project="shop", typed="dev-eu")
    grown = proposal(bound={"nodes": {"default-worker": 5}, "template": "t1"})
    with pytest.raises(ApprovalVoid, match=r"nodes\.default-worker: 3 → 5"):
        approvals.start(approval.id, DELETE, grown)
    assert approvals.get(approval.id, project="shop").state == VOID
    with pytest.raises(ApprovalVoid):
        approvals.start(approval.id, DELETE, proposal())


def test_another_cluster_of_the_same_name_is_not_what_was_approved(database: Database) -> None:
    approvals = desk(database)
    approval = approvals.ask(ask())
    approvals.decide(approval.id, BO, project="shop", typed="dev-eu")
    with pytest.raises(ApprovalVoid, match="target: uuid-1 → uuid-2"):
        approvals.start(approval.id, DELETE, proposal(target_id="uuid-2"))


def test_how_it_is_told_does_not_void_it(database: Database) -> None:
    """A status, a count or a clock is shown, and the decision is not bound to it."""
    approvals = desk(database)
    approval = approvals.ask(ask())
    approvals.decide(approval.id, BO, project="shop", typed="dev-eu")
    reworded = proposal(
        headline="Delete cluster dev-eu (UPDATE_COMPLETE)", consequences=("12 pods run", "since 3 h")
    )
    assert approvals.start(approval.id, DELETE, reworded).state == STARTED


def test_an_effect_begins_once(database: Database) -> None:
    approvals = desk(database)
    approval = approvals.ask(ask())
    with pytest.raises(ApprovalEnded, match="is open"):
        approvals.start(approval.id, DELETE, proposal())
    approvals.decide(approval.id, BO, project="shop", typed="dev-eu")
    approvals.start(approval.id, DELETE, proposal())
    assert approvals.start(approval.id, DELETE, proposal(target_id="gone")).state == STARTED


def test_a_reason_can_be_required(database: Database) -> None:
    approvals = desk(database, reason=True)
    with pytest.raises(Refusal, match="wants to know why"):
        approvals.ask(ask())
    assert approvals.ask(ask(reason="costs too much")).reason == "costs too much"


def test_a_reminder_is_given_once(database: Database) -> None:
    approvals, repository = desk(database), ApprovalRepository(database)
    approval = approvals.ask(ask())
    assert repository.claim_reminders(now=NOW, due=lambda approval_row: approval_row.expires_at < NOW) == []
    assert [
        approval_row.id for approval_row in repository.claim_reminders(now=NOW, due=lambda _each: True)
    ] == [approval.id]
    assert repository.claim_reminders(now=NOW, due=lambda _each: True) == []


def test_each_state_is_shown_by_one_replica_and_again_if_it_could_not(database: Database) -> None:
    approvals, repository = desk(database), ApprovalRepository(database)
    approval = approvals.ask(ask())
    claimed = repository.claim_announcements(now=NOW, seconds=60)
    assert [approval_row.id for approval_row in claimed] == [approval.id]
    assert repository.claim_announcements(now=NOW, seconds=60) == []
    later = NOW + timedelta(seconds=61)
    assert [approval_row.id for approval_row in repository.claim_announcements(now=later, seconds=60)] == [
        approval.id
    ]
    repository.mark_announced(approval.id, version=1)
    assert repository.claim_announcements(now=later, seconds=60) == []
    approvals.decide(approval.id, BO, project="shop", typed="dev-eu")
    assert [
        approval_row.version for approval_row in repository.claim_announcements(now=later, seconds=60)
    ] == [2]


def test_changes_are_named_and_many_are_counted() -> None:
    before = {"bound": {f"key-{n}": n for n in range(20)}}
    after = {"bound": {f"key-{n}": n + 1 for n in range(20)}}
    lines = differences(before, after)
    assert lines[0] == "key-0: 0 → 1" and lines[-1] == "and 12 more"
    assert differences({"connections": ["a", "b"]}, {"connections": ["b", "c", "d"]}) == [
        "connections: 2 more, 1 fewer"
    ]

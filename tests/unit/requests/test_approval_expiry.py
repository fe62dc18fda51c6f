"""What time does to approvals."""

from __future__ import annotations

from datetime import timedelta

from bot.requests.approval_expiry import ApprovalExpiry
from storage.approvals import APPROVED, EXPIRED, VOID, ApprovalRepository, Vote
from storage.database import Database
from storage.inbox import InboxRepository
from tests.unit.access.approval_requests import NOW, Clock, ask, desk

BO = Vote(person="U2", name="bo", approved=True)


def expiry(database: Database, clock: Clock, changes: list[str]) -> ApprovalExpiry:
    return ApprovalExpiry(
        repository=ApprovalRepository(database), changed=lambda: changes.append("changed"), now=clock
    )


def test_what_nobody_has_decided_expires_once(database: Database) -> None:
    clock, changes = Clock(), list[str]()
    approval = desk(database, clock).ask(ask())
    worker = expiry(database, clock, changes)
    worker.apply_deadlines()
    assert changes == []
    clock.now += timedelta(hours=24)
    worker.apply_deadlines()
    worker.apply_deadlines()
    assert changes == ["changed"]
    assert desk(database, clock).get(approval.id, project="shop").state == EXPIRED


def test_an_effect_is_set_off_when_its_window_opens(database: Database) -> None:
    clock, changes = Clock(), list[str]()
    approvals = desk(database, clock)
    approval = approvals.ask(ask())
    night = Vote(person="U2", name="bo", approved=True, not_before=NOW + timedelta(hours=10))
    assert approvals.decide(approval.id, night, project="shop", typed="dev-eu").state == APPROVED
    clock.now += timedelta(hours=10)
    expiry(database, clock, changes).apply_deadlines()
    leased = InboxRepository(database).lease(owner="r", now=clock.now, seconds=30, limit=5)
    assert changes == ["changed"] and [entry.operation for entry in leased] == ["effect-of-op-1"]


def test_a_window_that_was_missed_voids_the_approval(database: Database) -> None:
    clock, changes = Clock(), list[str]()
    approvals = desk(database, clock)
    approval = approvals.ask(ask())
    soon = Vote(person="U2", name="bo", approved=True, not_after=NOW + timedelta(hours=1))
    approvals.decide(approval.id, soon, project="shop", typed="dev-eu")
    clock.now += timedelta(hours=2)
    expiry(database, clock, changes).apply_deadlines()
    assert changes == ["changed"] and approvals.get(approval.id, project="shop").state == VOID

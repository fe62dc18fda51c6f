"""A long-running operation keeps its inbox entry open until its outcome is there, and is concluded once."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta

from storage.database import Database
from storage.inbox import Backlog, InboxEntry, InboxRepository
from storage.long_running_operations import LongRunningOperation, LongRunningOperationRepository

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OUTCOME = {"kind": "created", "result": {"name": "dev-eu"}}


def operation(name: str = "op", age: int = 0) -> LongRunningOperation:
    return LongRunningOperation(
        operation=name,
        project="shop",
        action={"action": "cluster.create"},
        request={"text": "cluster create dev-eu"},
        work="cluster.create",
        input={"name": "dev-eu"},
        begun_at=NOW - timedelta(minutes=age),
    )


def entry(name: str = "op") -> InboxEntry:
    return InboxEntry(key=f"key-{name}", operation=name, payload={"text": "create"}, received_at=NOW)


def test_an_operation_is_stored_once(database: Database) -> None:
    operations = LongRunningOperationRepository(database)
    assert operations.create(operation(), entry=entry()) == operation()
    again = dataclasses.replace(operation(), project="bank")
    assert operations.create(again, entry=entry()) == operation(), "what is stored counts"
    assert operations.get("op") == operation() and operations.get("other") is None
    assert InboxRepository(database).backlog() == Backlog(waiting=0, leased=0, continued=1), (
        "a request of a terminal gets an entry, because another replica may have to conclude it"
    )


def test_the_entry_of_a_running_operation_stays_open_until_the_outcome_gives_it_back(
    database: Database,
) -> None:
    inbox, operations = InboxRepository(database), LongRunningOperationRepository(database)
    inbox.accept(entry())
    [leased] = inbox.lease(owner="r1", now=NOW, seconds=30, limit=1)
    operations.create(operation(), entry=entry())
    assert inbox.finish(leased.id, owner="r1", now=NOW) is True
    assert inbox.backlog() == Backlog(waiting=0, leased=0, continued=1)
    assert operations.store_outcome("op", outcome=OUTCOME, now=NOW) is True
    assert operations.store_outcome("op", outcome={"problem": {}}, now=NOW) is False, (
        "the first outcome stays"
    )
    assert inbox.backlog() == Backlog(waiting=1, leased=0)
    stored = operations.get("op")
    assert stored is not None and (stored.end, stored.ended_at) == (OUTCOME, NOW)


def test_an_entry_whose_operation_has_ended_in_the_meantime_waits_for_its_answer(database: Database) -> None:
    inbox, operations = InboxRepository(database), LongRunningOperationRepository(database)
    inbox.accept(entry())
    [leased] = inbox.lease(owner="r1", now=NOW, seconds=30, limit=1)
    operations.create(operation(), entry=entry())
    operations.store_outcome("op", outcome=OUTCOME, now=NOW)
    inbox.finish(leased.id, owner="r1", now=NOW)
    assert inbox.backlog() == Backlog(waiting=1, leased=0)


def test_a_concluded_operation_leaves_nothing_to_do_and_is_pruned_with_its_entry(database: Database) -> None:
    inbox, operations = InboxRepository(database), LongRunningOperationRepository(database)
    operations.create(operation(), entry=entry())
    operations.store_outcome("op", outcome=OUTCOME, now=NOW)
    operations.conclude("op", now=NOW)
    assert not inbox.is_open("op") and inbox.backlog() == Backlog(waiting=0, leased=0)
    assert inbox.prune(before=NOW + timedelta(days=1)) == 1
    assert operations.get("op") is None


def test_running_operations_are_listed_oldest_first(database: Database) -> None:
    operations = LongRunningOperationRepository(database)
    for name, age in (("young", 1), ("old", 9), ("over", 20)):
        operations.create(operation(name, age), entry=entry(name))
    operations.store_outcome("over", outcome=OUTCOME, now=NOW)
    assert [running.operation for running in operations.running()] == ["old", "young"]
    assert (
        operations.has_outcome("over")
        and not operations.has_outcome("old")
        and not operations.has_outcome("nobody")
    )

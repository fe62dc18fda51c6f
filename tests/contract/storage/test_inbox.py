"""The inbox stores each request once, and gives its lease to one replica at a time."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
from datetime import UTC, datetime, timedelta

from storage.database import Database
from storage.inbox import InboxEntry, InboxRepository

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def entry(key: str) -> InboxEntry:
    return InboxEntry(
        key=key, operation=f"op-{key}", payload={"text": "verify calico", "ü": [1]}, received_at=NOW
    )


def test_what_is_said_twice_is_kept_once(database: Database) -> None:
    inbox = InboxRepository(database)
    assert inbox.accept(entry("a")) is True
    assert inbox.accept(entry("a")) is False
    assert inbox.backlog().waiting == 1


def test_the_oldest_is_leased_first_and_nobody_else_gets_it(database: Database) -> None:
    inbox = InboxRepository(database)
    for key in "abc":
        inbox.accept(entry(key))
    first = inbox.lease(owner="r1", now=NOW, seconds=30, limit=2)
    second = inbox.lease(owner="r2", now=NOW, seconds=30, limit=2)
    assert [leased.operation for leased in first] == ["op-a", "op-b"]
    assert [leased.operation for leased in second] == ["op-c"]
    assert first[0].payload == {"text": "verify calico", "ü": [1]}


def test_an_entry_whose_lease_has_ended_is_taken_over_and_the_first_owner_cannot_finish_it(
    database: Database,
) -> None:
    inbox = InboxRepository(database)
    inbox.accept(entry("a"))
    [leased] = inbox.lease(owner="r1", now=NOW, seconds=30, limit=1)
    later = NOW + timedelta(seconds=31)
    [retaken] = inbox.lease(owner="r2", now=later, seconds=30, limit=1)
    assert (retaken.operation, retaken.attempt) == ("op-a", 2)
    assert inbox.renew([leased.id], owner="r1", until=later + timedelta(seconds=60)) == []
    assert inbox.finish(leased.id, owner="r1", now=later) is False
    assert inbox.finish(retaken.id, owner="r2", now=later) is True


def test_a_renewed_lease_is_not_taken_over(database: Database) -> None:
    inbox = InboxRepository(database)
    inbox.accept(entry("a"))
    [leased] = inbox.lease(owner="r1", now=NOW, seconds=30, limit=1)
    assert inbox.renew([leased.id], owner="r1", until=NOW + timedelta(seconds=90)) == [leased.id]
    assert inbox.lease(owner="r2", now=NOW + timedelta(seconds=60), seconds=30, limit=1) == []


def test_after_a_restart_a_replica_takes_back_at_once_what_it_held(database: Database) -> None:
    inbox = InboxRepository(database)
    inbox.accept(entry("a"))
    inbox.lease(owner="r1", now=NOW, seconds=300, limit=1)
    assert inbox.release(owner="r1") == 1
    [again] = inbox.lease(owner="r1", now=NOW, seconds=300, limit=1)
    assert again.attempt == 2


def test_an_answered_entry_is_remembered_for_redeliveries_until_it_is_pruned(database: Database) -> None:
    inbox = InboxRepository(database)
    inbox.accept(entry("a"))
    [leased] = inbox.lease(owner="r1", now=NOW, seconds=30, limit=1)
    assert inbox.is_open("op-a")
    inbox.finish(leased.id, owner="r1", now=NOW)
    assert not inbox.is_open("op-a")
    assert inbox.accept(entry("a")) is False
    assert inbox.prune(before=NOW) == 0
    assert inbox.prune(before=NOW + timedelta(days=2)) == 1


def _accept_and_lease(url: str, keys: list[str], owner: str) -> tuple[int, list[str]]:
    opened = Database.open(url)
    inbox = InboxRepository(opened)
    accepted = sum(inbox.accept(entry(key)) for key in keys)
    mine: list[str] = []
    while leased := inbox.lease(owner=owner, now=NOW, seconds=300, limit=3):
        mine += [lease.operation for lease in leased]
    opened.dispose()
    return accepted, mine


def test_several_processes_accept_and_lease_each_thing_exactly_once(
    database: Database, database_url: str
) -> None:
    keys = [f"k{number}" for number in range(40)]
    with concurrent.futures.ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        outcomes = list(pool.map(_accept_and_lease, [database_url] * 4, [keys] * 4, ["a", "b", "c", "d"]))
    remaining = InboxRepository(database).lease(owner="rest", now=NOW, seconds=300, limit=100)
    assert sum(accepted for accepted, _ in outcomes) == len(keys)
    operations = [operation for _, mine in outcomes for operation in mine]
    operations += [lease.operation for lease in remaining]
    assert sorted(operations) == sorted(f"op-{key}" for key in keys)


def test_only_some_leases_are_given_back_if_only_those_are_named(database: Database) -> None:
    inbox = InboxRepository(database)
    for key in "ab":
        inbox.accept(entry(key))
    first, second = inbox.lease(owner="r1", now=NOW, seconds=300, limit=2)
    assert inbox.release(owner="r1", only=[second.id]) == 1
    assert (inbox.backlog().waiting, inbox.backlog().leased) == (1, 1)
    assert inbox.renew([first.id, second.id], owner="r1", until=NOW) == [first.id]
    assert inbox.renew([], owner="r1", until=NOW) == []


def test_an_entry_is_read_back_from_its_json() -> None:
    assert InboxEntry.decode(entry("a").encode()) == entry("a")

"""The pool: every entry is worked on once, also across replicas, restarts and a dead database."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.requests.worker_pool import WorkerPool
from storage.database import Database
from storage.inbox import InboxEntry, InboxRepository, LeasedEntry


def now() -> datetime:
    return datetime.now(UTC)


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def put(repository: InboxRepository, number: int) -> None:
    entry = InboxEntry(key=f"k{number}", operation=f"op{number}", payload={"n": number}, received_at=now())
    assert repository.accept(entry)


def test_two_replicas_share_the_work_and_do_nothing_twice(database: Database) -> None:
    repository = InboxRepository(database)
    finished: Counter[int] = Counter()
    lock = threading.Lock()

    def work(entry: LeasedEntry) -> None:
        with lock:
            finished[entry.payload["n"]] += 1

    pools = [WorkerPool(repository, work, owner=f"replica-{n}", workers=3, now=now) for n in range(2)]
    for pool in pools:
        pool.start()
    for number in range(40):
        put(repository, number)
        pools[number % 2].wake()
    until(lambda: repository.backlog().waiting + repository.backlog().leased == 0)
    for pool in pools:
        pool.stop(seconds=5)
    assert finished == Counter(range(40))


def test_what_a_replica_held_before_its_restart_is_taken_back_at_once(database: Database) -> None:
    repository = InboxRepository(database)
    put(repository, 1)
    assert repository.lease(owner="replica", now=now(), seconds=300, limit=5)
    worked = threading.Event()
    attempts: list[int] = []

    def work(entry: LeasedEntry) -> None:
        attempts.append(entry.attempt)
        worked.set()

    pool = WorkerPool(repository, work, owner="replica", workers=1, now=now)
    pool.start()
    assert worked.wait(5)
    pool.stop(seconds=5)
    assert attempts == [2]


def test_what_a_dead_replica_held_is_taken_over_when_its_lease_ends(database: Database) -> None:
    repository = InboxRepository(database)
    put(repository, 1)
    assert repository.lease(owner="dead", now=now() - timedelta(seconds=60), seconds=30, limit=5)
    worked = threading.Event()
    pool = WorkerPool(repository, lambda _entry: worked.set(), owner="alive", workers=1, now=now)
    pool.start()
    assert worked.wait(5)
    pool.stop(seconds=5)


def test_a_pool_that_stops_gives_back_what_it_could_not_end(database: Database) -> None:
    repository = InboxRepository(database)
    put(repository, 1)
    begun_work, end = threading.Event(), threading.Event()

    def work(_entry: LeasedEntry) -> None:
        begun_work.set()
        end.wait(10)

    pool = WorkerPool(repository, work, owner="replica", workers=1, now=now)
    pool.start()
    pool.wake()
    assert begun_work.wait(5)
    pool.stop(seconds=0.1)
    assert repository.backlog().waiting == 1
    end.set()

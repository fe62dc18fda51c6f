"""The pool that works off the inbox: each request by one worker of one replica at a time, by lease.

A lease is renewed while the work goes on. One that ends (its replica died) is taken over by whichever
replica sees it first; this replica's own leases from before a restart are taken back at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog

from bot.common.problems import Problem
from storage.database import DatabaseError
from storage.inbox import InboxRepository, LeasedEntry

log = structlog.get_logger(__name__)

LEASE_SECONDS = 30.0
RENEW_SECONDS = 5.0
POLL_SECONDS = 1.0  # how soon another replica's abandoned work is seen
KEEP_ANSWERED = timedelta(hours=48)  # Slack redelivers for minutes; a day and more is safe
PRUNE_SECONDS = 3_600.0

Work = Callable[[LeasedEntry], None]


class WorkerPool:
    """Leases entries and works on them with a bounded number of threads."""

    def __init__(
        self,
        repository: InboxRepository,
        work: Work,
        *,
        owner: str,
        workers: int,
        now: Callable[[], datetime],
        tidy: Callable[[], None] = lambda: None,
    ) -> None:
        self._tidy = tidy  # done every few seconds beside the work
        self._repository = repository
        self._work = work
        self._owner = owner
        self._now = now
        self._workers = workers
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="request")
        self._busy: dict[int, Future[None]] = {}
        self._state = threading.Condition()
        self._woken = False
        self._stopping = False
        self._failing = False
        self._threads = [
            threading.Thread(target=self._lease_forever, name="inbox", daemon=True),
            threading.Thread(target=self._renew_forever, name="leases", daemon=True),
        ]

    def start(self) -> None:
        """Take back what this replica held before a restart, and begin. Raises `DatabaseError`."""
        released = self._repository.release(owner=self._owner)
        if released:
            log.info("requests from before the restart taken back", number=released)
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look at the inbox now: something was stored."""
        with self._state:
            self._woken = True
            self._state.notify_all()

    def stop(self, *, seconds: float) -> None:
        """Take nothing more, let work end for so long, and give back the rest."""
        with self._state:
            self._stopping = True
            self._state.notify_all()
            self._state.wait_for(lambda: not self._busy, timeout=seconds)
            left = list(self._busy)
        self._executor.shutdown(wait=False, cancel_futures=True)
        if left:
            self._repository.release(owner=self._owner, only=left)
        for thread in self._threads:
            thread.join(timeout=2)

    def check(self) -> str | None:
        """What is wrong, in words: the inbox cannot be read, or its thread has ended."""
        if self._failing:
            return "the inbox cannot be read"
        if not self._threads[0].is_alive():
            return "not taking requests"
        return None

    def _lease_forever(self) -> None:
        pruned = self._now()
        while True:
            with self._state:
                self._state.wait_for(lambda: self._woken or self._stopping, timeout=POLL_SECONDS)
                if self._stopping:
                    return
                self._woken = False
                free = self._workers - len(self._busy)
            try:
                if free > 0:
                    self._begin(self._lease(free))
                if (self._now() - pruned).total_seconds() > PRUNE_SECONDS:
                    pruned = self._now()
                    self._repository.prune(before=pruned - KEEP_ANSWERED)
                self._failing = False
            except DatabaseError as error:
                self._failing = True
                log.error("the inbox cannot be read", why=str(error))

    def _lease(self, limit: int) -> list[LeasedEntry]:
        return self._repository.lease(owner=self._owner, now=self._now(), seconds=LEASE_SECONDS, limit=limit)

    def _begin(self, entries: list[LeasedEntry]) -> None:
        for entry in entries:
            with self._state:
                self._busy[entry.id] = self._executor.submit(self._run, entry)

    def _run(self, entry: LeasedEntry) -> None:
        try:
            self._work(entry)
            if not self._repository.finish(entry.id, owner=self._owner, now=self._now()):
                log.warning("answered after its lease had ended", operation=entry.operation)
        except (DatabaseError, Problem) as error:
            log.error("request not finished, it is tried again", operation=entry.operation, why=str(error))
        except Exception:  # a mistake of ours outside of any service: told here, or nobody hears of it
            log.exception("request not finished, it is tried again", operation=entry.operation)
        finally:
            with self._state:
                self._busy.pop(entry.id, None)
                self._woken = True  # a worker is free: more may be waiting
                self._state.notify_all()

    def _renew_forever(self) -> None:
        while True:
            with self._state:
                if self._state.wait_for(lambda: self._stopping and not self._busy, timeout=RENEW_SECONDS):
                    return
                held = list(self._busy)
            try:
                until = self._now() + timedelta(seconds=LEASE_SECONDS)
                self._repository.renew(held, owner=self._owner, until=until)
                self._tidy()
            except DatabaseError as error:
                log.error("leases not renewed", why=str(error))

"""The pool that works off the inbox: each request by one worker of one replica at a time, by lease.

A lease is renewed while the work goes on. A lease that runs out (its replica died) is taken over by whichever
replica sees it first; this replica's own leases from before a restart are taken back at once.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog

from bot.common.problems import Problem
from bot.common.worker import CountFailure, Worker
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
    """Leases inbox entries and works on them with a bounded number of threads."""

    def __init__(
        self,
        repository: InboxRepository,
        work: Work,
        *,
        owner: str,
        workers: int,
        now: Callable[[], datetime],
        tidy: Callable[[], None] = lambda: None,
        count_failure: CountFailure = lambda _name: None,
    ) -> None:
        """`owner` is the replica's id; `tidy` is called every few seconds beside the work."""
        self._repository = repository
        self._work = work
        self._owner = owner
        self._workers = workers
        self._now = now
        self._tidy = tidy
        self._pruned = now()
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="request")
        self._busy: dict[int, Future[None]] = {}
        self._idle = threading.Condition()
        self._lease = Worker(
            "inbox",
            self._lease_and_work,
            interval=POLL_SECONDS,
            expected=(DatabaseError,),
            count_failure=count_failure,
        )
        self._renew = Worker(
            "leases",
            self._renew_leases,
            interval=RENEW_SECONDS,
            delay=RENEW_SECONDS,
            expected=(DatabaseError,),
            count_failure=count_failure,
        )

    def start(self) -> None:
        """Take back what this replica held before a restart, and begin. Raises `DatabaseError`."""
        released = self._repository.release(owner=self._owner)
        if released:
            log.info("requests from before the restart taken back", number=released)
        self._lease.start()
        self._renew.start()

    def wake(self) -> None:
        """Look at the inbox now: something was stored, or a worker is free."""
        self._lease.wake()

    def stop(self, *, seconds: float) -> None:
        """Take nothing more, let work end for so many seconds, and give back the rest."""
        self._lease.stop(timeout=2)
        with self._idle:
            self._idle.wait_for(lambda: not self._busy, timeout=seconds)
            unfinished = list(self._busy)
        self._executor.shutdown(wait=False, cancel_futures=True)
        if unfinished:
            self._repository.release(owner=self._owner, only=unfinished)
        self._renew.stop(timeout=2)

    def check(self) -> str | None:
        """Return what is wrong, in words: the inbox cannot be read, or nothing is taken from it."""
        if self._lease.failing:
            return "the inbox cannot be read"
        return None if self._lease.alive else "not taking requests"

    def _lease_and_work(self) -> None:
        with self._idle:
            free = self._workers - len(self._busy)
        if free > 0:
            for entry in self._repository.lease(
                owner=self._owner, now=self._now(), seconds=LEASE_SECONDS, limit=free
            ):
                with self._idle:
                    self._busy[entry.id] = self._executor.submit(self._run, entry)
        if (self._now() - self._pruned).total_seconds() > PRUNE_SECONDS:
            self._pruned = self._now()
            self._repository.prune(before=self._pruned - KEEP_ANSWERED)

    def _run(self, entry: LeasedEntry) -> None:
        try:
            self._work(entry)
            if not self._repository.finish(entry.id, owner=self._owner, now=self._now()):
                log.warning("answered after its lease had ended", operation=entry.operation)
        except (DatabaseError, Problem) as error:
            log.error("request not finished, it is tried again", operation=entry.operation, why=str(error))
        except Exception:  # a defect outside of any service: without this line nobody would hear of it
            log.exception("request not finished, it is tried again", operation=entry.operation)
        finally:
            with self._idle:
                self._busy.pop(entry.id, None)
                self._idle.notify_all()
            self.wake()

    def _renew_leases(self) -> None:
        with self._idle:
            busy = list(self._busy)
        until = self._now() + timedelta(seconds=LEASE_SECONDS)
        self._repository.renew(busy, owner=self._owner, until=until)
        self._tidy()

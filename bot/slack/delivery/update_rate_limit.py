"""One budget of `chat.update` for the workspace, shared by all replicas: ends and questions first, progress
after.

Slack takes about fifty of these calls a minute. In any minute at most `updates_per_minute` are made: a steady
rate, and a burst beside it that only ends and questions may use. The lines of roots and progress take the
steady rate, and wait while those are ahead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from bot.actions.request import OperationId
from bot.common.problems import Problem
from bot.slack.delivery.web_client import GONE, SlackRefused, SlackWebClient
from storage.database import DatabaseError
from storage.updates import UpdateRepository

log = structlog.get_logger(__name__)

BURST_PART = 0.075  # of a minute's calls: fifty messages are then each updated within ninety seconds
IDLE_INTERVALS = (
    2  # for so long nobody must have wanted a call before one is spent on a root's line, unless it is calm
)
CALM = timedelta(
    seconds=30
)  # if all messages that follow work can be updated in this time, root lines go before them
LOOK_SECONDS = 1.0  # between two looks whether updates wait that another replica kept
HOLD = timedelta(seconds=30)  # how long one that is being sent is left alone by others


class UpdateQueue(Protocol):
    """What the outbox asks before it updates a message that tells an end or asks a question."""

    def urgent(self, operation: OperationId, slot: str) -> bool:
        """Whether it may be sent now."""
        ...

    def later(
        self, operation: OperationId, slot: str, *, channel: str, ts: str, text: str, blocks: list[Any]
    ) -> None:
        """Keep it: it is sent as soon as there is room."""
        ...


class UpdateRateLimit:
    """The shared budget, and a thread that sends what had to wait for it."""

    def __init__(
        self,
        repository: UpdateRepository,
        web: SlackWebClient,
        *,
        replica: str,
        per_minute: Callable[[], int],
        now: Callable[[], datetime],
    ) -> None:
        self._repository = repository
        self._web = web
        self._replica = replica
        self._per_minute = per_minute
        self._now = now
        self._wanted, self._ending = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="updates", daemon=True)

    def start(self) -> None:
        """Begin to send what waits."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more: what waits is sent by another replica, or after the next start."""
        self._ending.set()
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        try:
            self._repository.leave(self._replica)
        except DatabaseError as error:
            log.warning("share of updates not given up", why=str(error))

    def urgent(self, operation: OperationId, slot: str) -> bool:
        """Take one call for an end or a question, if there is room. Raises `DatabaseError`."""
        interval, burst = self._rate()
        return not self._repository.take(
            interval=interval, ahead=interval * (burst - 1), now=self._now(), overtakes=(operation, slot)
        )

    def later(
        self, operation: OperationId, slot: str, *, channel: str, ts: str, text: str, blocks: list[Any]
    ) -> None:
        """Keep an update until there is room. Raises `DatabaseError`."""
        self._repository.keep(
            operation=operation, slot=slot, channel=channel, ts=ts, text=text, blocks=blocks, now=self._now()
        )
        self._wanted.set()

    def turn(self, lines: int) -> float:
        """Take one call for one of so many messages that follow work; zero if taken, else seconds to wait."""
        interval, _ = self._rate()
        wait = self._repository.take_turn(self._replica, lines=lines, interval=interval, now=self._now())
        return wait.total_seconds()

    def state(self) -> float:
        """Take one call for the line of a root; zero if taken, else seconds to wait. Raises `DatabaseError`.

        The state is told in the thread at once. So a root's line goes before progress only while that costs
        no message its freshness; with much work at once it takes what nobody wants.
        """
        interval, _ = self._rate()
        now = self._now()
        calm = self._repository.lines(now=now) * interval <= CALM
        ahead = interval if calm else -IDLE_INTERVALS * interval
        return self._repository.take(interval=interval, ahead=ahead, now=now).total_seconds()

    def send_waiting(self) -> None:
        """Send everything that waits, as the budget allows. Raises `Problem` and `DatabaseError`."""
        interval, burst = self._rate()
        while not self._ending.is_set() and self._repository.waiting():
            wait = self._repository.take(interval=interval, ahead=interval * (burst - 1), now=self._now())
            if wait:
                self._ending.wait(min(wait.total_seconds(), LOOK_SECONDS))
                continue
            found = self._repository.next(now=self._now(), hold=HOLD)
            if found is None or not self._repository.still_waits(found.id):
                return
            try:
                self._web.update(channel=found.channel, ts=found.ts, text=found.text, blocks=found.blocks)
            except SlackRefused as refused:
                if refused.error not in GONE:
                    raise
            self._repository.sent(found.id)

    def _rate(self) -> tuple[timedelta, int]:
        calls = self._per_minute()
        burst = max(1, int(calls * BURST_PART))
        return timedelta(seconds=60 / max(1, calls - burst)), burst

    def _run(self) -> None:
        while not self._ending.is_set():
            self._wanted.wait(LOOK_SECONDS)
            self._wanted.clear()
            try:
                self.send_waiting()
            except (Problem, DatabaseError) as error:
                log.warning("updates that wait are not sent just now", why=str(error))
                self._ending.wait(LOOK_SECONDS)

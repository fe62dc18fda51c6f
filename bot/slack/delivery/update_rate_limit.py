"""Slack's rate limit of `chat.update`, shared by all replicas: ends and questions first, progress after.

Slack takes about fifty of these calls a minute from a workspace ('tier 3'). In any minute at most
`updates_per_minute` are made: a steady rate, kept in the database by the generic cell rate algorithm, and a
burst beside it that only urgent updates may use. Three kinds of updates draw on it:

- *urgent*: the end of something, or a question. Without room it is stored, and sent as soon as there is some;
- *root line*: the one line of a root message while work is running;
- *progress*: the message that follows running work. Replicas take turns, by how many such messages each has.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.actions.request import OperationId
from bot.common.worker import Worker
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.delivery.web_errors import MESSAGE_GONE, SlackRefused
from storage.database import DatabaseError
from storage.updates import UpdateRepository

log = structlog.get_logger(__name__)

BURST_SHARE = 0.075  # of a minute's calls: fifty messages are then each updated within ninety seconds
IDLE_INTERVALS = 2  # with much running work, a root line is sent only when no call was wanted for so long
LITTLE_WORK = timedelta(seconds=30)  # if all progress is updated in this time, root lines go before it
LOOK_SECONDS = 1.0  # between two looks for updates that another replica has stored
HOLD = timedelta(seconds=30)  # how long an update that is being sent is left alone by other replicas


class UpdateRateLimit:
    """The shared rate limit, and a thread that sends what had to wait for it."""

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
        self._worker = Worker(
            "updates",
            self.send_deferred,
            interval=LOOK_SECONDS,
            delay=LOOK_SECONDS,
            expected=(DatabaseError,),
        )

    def start(self) -> None:
        """Start to send deferred updates."""
        self._worker.start()

    def stop(self) -> None:
        """Send no more: another replica sends what is left, or this one after its next start."""
        self._worker.stop()
        try:
            self._repository.release_share(self._replica)
        except DatabaseError as error:
            log.warning("share of updates not given up", why=str(error))

    def acquire_urgent(self, operation: OperationId, slot: str) -> bool:
        """Take one call for an end or a question, if there is room. Raises `DatabaseError`.

        An older update of the same slot that is deferred is dropped: this one supersedes it.
        """
        return not self._acquire_from_burst((operation, slot))

    def defer(
        self, operation: OperationId, slot: str, *, channel: str, ts: str, text: str, blocks: list[Any]
    ) -> None:
        """Store an update until there is room. Raises `DatabaseError`."""
        self._repository.enqueue(
            operation=operation, slot=slot, channel=channel, ts=ts, text=text, blocks=blocks, now=self._now()
        )
        self._worker.wake()

    def acquire_progress(self, messages: int) -> float:
        """Take one call for one of this replica's progress messages, of which there are so many.

        Returns zero if it was taken, else the seconds to wait. Raises `DatabaseError`.
        """
        interval, _ = self._rate()
        wait = self._repository.take_turn(
            self._replica, messages=messages, interval=interval, now=self._now()
        )
        return wait.total_seconds()

    def acquire_root_line(self) -> float:
        """Take one call for the line of a root. Returns zero if it was taken, else the seconds to wait.

        The thread shows every state at once. So a root's line goes before progress only while that costs no
        progress message its freshness; with much running work it takes what nobody else wants. Raises
        `DatabaseError`.
        """
        interval, _ = self._rate()
        now = self._now()
        little_work = self._repository.progress_messages(now=now) * interval <= LITTLE_WORK
        ahead = interval if little_work else -IDLE_INTERVALS * interval
        return self._repository.take(interval=interval, ahead=ahead, now=now).total_seconds()

    def send_deferred(self) -> None:
        """Send all deferred updates, as the rate allows. Raises `Problem` and `DatabaseError`."""
        while not self._worker.stopping and self._repository.waiting():
            wait = self._acquire_from_burst()
            if wait:
                self._worker.sleep(min(wait.total_seconds(), LOOK_SECONDS))
                continue
            update = self._repository.lease_next(now=self._now(), lease=HOLD)
            if update is None or not self._repository.still_waits(update.id):
                return
            try:
                self._web.update(channel=update.channel, ts=update.ts, text=update.text, blocks=update.blocks)
            except SlackRefused as refusal:
                if refusal.error not in MESSAGE_GONE:
                    raise
            self._repository.mark_sent(update.id)

    def _acquire_from_burst(self, supersedes: tuple[str, str] | None = None) -> timedelta:
        """Take one call at the steady rate or from the burst; return zero if it was taken, else how long to
        wait.
        """
        interval, burst = self._rate()
        return self._repository.take(
            interval=interval, ahead=interval * (burst - 1), now=self._now(), overtakes=supersedes
        )

    def _rate(self) -> tuple[timedelta, int]:
        """The steady interval between two calls, and how many calls may be made at once."""
        calls = self._per_minute()
        burst = max(1, int(calls * BURST_SHARE))
        return timedelta(seconds=60 / max(1, calls - burst)), burst

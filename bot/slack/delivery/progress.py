"""Shows the newest state of running work in place: when its message is due, and never after the end.

Each operation has two messages that follow it: the root's line, which changes seldom and is sent first, and
the progress message in the thread. A state that a newer one replaces before it was sent is dropped. A
progress message changes at most every `UPDATE_SECONDS`; all of them together change as often as the rate
limit of updates allows, the oldest first. Work that ends within `FIRST_STATE_SECONDS` shows no progress at
all, so that its answer is one message and costs no update.
"""

import dataclasses
import threading
from collections.abc import Callable
from typing import Protocol

import structlog

from bot.actions.request import OperationId
from bot.common.problems import Problem
from bot.common.worker import Worker
from storage.database import DatabaseError

log = structlog.get_logger(__name__)

FIRST_STATE_SECONDS = 1.0  # until the first state is shown
UPDATE_SECONDS = 2.0  # between two updates of one message
UNCHANGED_SECONDS = 40.0  # more, between updates in which nothing but the time has changed
POST_SECONDS = 1.2  # between the first messages of two operations: Slack takes one a second in a channel
RETRY_SECONDS = 1.0  # at most until the rate limit is asked again after it had no room
TICK_SECONDS = 0.25  # between two looks at what is due
IDLE_SECONDS = 60.0  # between two looks while nothing is running; a new state wakes the thread


class ProgressRateLimit(Protocol):
    """The rate limit of updates, as far as progress needs it."""

    def acquire_root_line(self) -> float:
        """Take one update for a root's line; returns zero if it was taken, else the seconds to wait."""
        ...

    def acquire_progress(self, messages: int) -> float:
        """Take one update for one of so many messages; returns zero if it was taken, else the seconds to
        wait.
        """
        ...


@dataclasses.dataclass(slots=True, eq=False)
class _Progress:
    """What is to be shown of one operation. `sending` is held while one of its messages is sent."""

    due: float
    sending: threading.Lock = dataclasses.field(default_factory=threading.Lock)
    show_state: Callable[[], None] | None = None  # None: the newest state is shown
    unchanged: bool = False  # since the state that was shown last, nothing but the time has changed
    posted: bool | None = None  # whether the progress message exists; None: not looked up yet
    root_line: str = ""
    show_root_line: Callable[[], None] | None = None  # None: the newest line is shown


Entry = tuple[OperationId, _Progress]


class ProgressBoard:
    """Sends the newest state and root line of each operation when they are due, on one thread."""

    def __init__(
        self,
        rate_limit: ProgressRateLimit,
        *,
        is_shown: Callable[[OperationId], bool],
        monotonic: Callable[[], float],
        is_over: Callable[[OperationId], bool] = lambda _operation: False,
    ) -> None:
        """Prepare the board; `start` begins to send.

        `is_shown` tells whether the progress message of an operation exists, so that showing a state updates
        it; `is_over` whether the operation has ended, perhaps in another replica while this one slept.
        """
        self._rate_limit = rate_limit
        self._is_shown = is_shown
        self._is_over = is_over
        self._now = monotonic
        self._operations: dict[OperationId, _Progress] = {}
        self._lock = threading.Lock()
        self._next_post = 0.0  # when the next progress message may be posted
        self._next_update = 0.0  # when the rate limit is asked again for a progress message
        self._next_root_line = 0.0  # when it is asked again for a root's line
        self._worker = Worker("progress", self._send_next, interval=TICK_SECONDS)

    def start(self) -> None:
        """Start to send what is due."""
        self._worker.start()

    def stop(self) -> None:
        """Send no more. The end of each request replaces what was not sent."""
        self._worker.stop()

    def put_state(self, operation: OperationId, show: Callable[[], None], *, unchanged: bool = False) -> None:
        """Replace the state that is to be shown; `show` sends it.

        `unchanged` says that nothing but the time has changed, so that other messages go first.
        """
        with self._lock:
            progress = self._progress(operation)
            progress.unchanged = unchanged and (progress.unchanged or progress.show_state is None)
            progress.show_state = show
        self._worker.wake()

    def put_root_line(self, operation: OperationId, line: str, show: Callable[[], None]) -> None:
        """Replace the line that the root is to show; `show` sends it.

        The same line again is not sent again.
        """
        with self._lock:
            progress = self._progress(operation)
            if progress.root_line == line:
                return
            progress.root_line, progress.show_root_line = line, show
        self._worker.wake()

    def _progress(self, operation: OperationId) -> _Progress:
        progress = self._operations.get(operation)
        if progress is None:
            progress = self._operations[operation] = _Progress(due=self._now() + FIRST_STATE_SECONDS)
        return progress

    def close(self, operation: OperationId) -> None:
        """Drop an operation, and wait for a message of it that is being sent: none follows."""
        with self._lock:
            progress = self._operations.pop(operation, None)
            if progress is not None:
                progress.show_state = progress.show_root_line = None
        if progress is not None:
            with progress.sending:
                return

    def _send_next(self) -> float:
        """Send the message that is due first; return the seconds until the next look."""
        with self._lock:
            root_line, state = self._due_root_line(), self._due_state()
            running = len(self._operations)
        entry = root_line or state
        if entry is None:
            return TICK_SECONDS if running else IDLE_SECONDS
        operation, progress = entry
        try:
            if self._is_closed(operation):
                return 0.0
            if root_line:
                self._send_root_line(operation, progress)
            else:
                self._send_state(operation, progress, running)
        except (Problem, DatabaseError) as error:  # the end of the request is shown all the same
            log.warning("progress not shown", operation=operation, why=str(error))
        return 0.0

    def _due_root_line(self) -> Entry | None:
        if self._now() < self._next_root_line:
            return None
        return next((entry for entry in self._operations.items() if entry[1].show_root_line), None)

    def _due_state(self) -> Entry | None:
        now = self._now()
        due = [
            (operation, progress)
            for operation, progress in self._operations.items()
            if progress.show_state is not None
            and progress.due + progress.unchanged * UNCHANGED_SECONDS <= now
            and self._not_before(progress) <= now
        ]
        return min(due, key=lambda entry: entry[1].due, default=None)

    def _not_before(self, progress: _Progress) -> float:
        if progress.posted is None:
            return 0.0
        return self._next_update if progress.posted else self._next_post

    def _send_root_line(self, operation: OperationId, progress: _Progress) -> None:
        with progress.sending:
            wait = self._rate_limit.acquire_root_line()
            self._next_root_line = self._now() + min(wait, RETRY_SECONDS)
            if wait > 0:
                return
            with self._lock:
                show, progress.show_root_line = progress.show_root_line, None
            if show is not None and not self._is_closed(operation):
                show()

    def _send_state(self, operation: OperationId, progress: _Progress, running: int) -> None:
        with progress.sending:
            progress.posted = progress.posted or self._is_shown(operation)
            now = self._now()
            if progress.posted:
                wait = self._rate_limit.acquire_progress(running)
                self._next_update = now + min(wait, RETRY_SECONDS)
            else:
                wait = self._next_post - now
            if wait > 0:
                return
            with self._lock:
                show, progress.show_state = progress.show_state, None
                progress.due = now + UPDATE_SECONDS
            if show is not None and not self._is_closed(operation):
                if not progress.posted:
                    progress.posted, self._next_post = True, now + POST_SECONDS
                show()

    def _is_closed(self, operation: OperationId) -> bool:
        """Whether the operation was closed while the rate limit was asked, or has ended in another replica.

        It is asked again just before a message is sent: a process that was paused while it waited for the
        database must not replace the end, which another replica has shown meanwhile.
        """
        if self._is_over(operation):
            with self._lock:
                self._operations.pop(operation, None)
        return operation not in self._operations

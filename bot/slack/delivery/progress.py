"""Shows intermediate states in place: the newest only, when it is their turn, never after the end.

The root's line tells the channel where long work stands; it changes seldom, and goes before what changes all
the time. A state that is overtaken by a newer one is not sent. One message changes at most every
`PER_MESSAGE` seconds, and all of them together, in all replicas, as often as the workspace's budget allows:
the one that is oldest is next. Work that ends within `FIRST_AFTER` shows no progress at all, so its answer is
one message and costs no update.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Protocol

import structlog

from bot.actions.request import OperationId
from bot.common.problems import Problem
from storage.database import DatabaseError

log = structlog.get_logger(__name__)

CALM = 40.0  # seconds between two updates of a message in which nothing but the time has changed
FIRST_AFTER = 1.0  # seconds until the first state is shown
PER_MESSAGE = 2.0  # seconds between two updates of one message
FIRST_APART = (
    1.2  # seconds between the first messages of two operations: Slack takes one a second in a channel
)
LOOK_AGAIN = 1.0  # seconds at most until the budget is asked again after it was not our turn
TICK = 0.25  # seconds between two looks at what is due
SECONDS_TO_STOP = 5.0


class UpdateTurns(Protocol):
    """The budget as progress sees it."""

    def state(self) -> float:
        """Take one update for a root's line; zero if taken, else seconds to wait."""
        ...

    def turn(self, lines: int) -> float:
        """Take one update for one of so many messages; zero if taken, else seconds to wait."""
        ...


@dataclasses.dataclass(slots=True, eq=False)
class _Line:
    send: Callable[[], None] | None
    due: float
    lock: threading.Lock
    shown: bool | None = None  # whether its message is there; None: not looked yet
    calm: bool = False  # nothing but the time has changed
    root: str = ""  # the newest line of its root
    tell: Callable[[], None] | None = None  # shows that line; None: it was shown


class ProgressBoard:
    """Sends the newest state of each operation when it is due, on one thread of its own."""

    def __init__(
        self,
        turns: UpdateTurns,
        *,
        is_shown: Callable[[OperationId], bool],
        monotonic: Callable[[], float],
        is_over: Callable[[OperationId], bool] = lambda _operation: False,
    ) -> None:
        self._turns = turns
        self._is_over = (
            is_over  # whether an operation has ended, perhaps in another replica while this one slept
        )
        self._is_shown = (
            is_shown  # whether an operation's message is there, so that showing a state updates it
        )
        self._now = monotonic
        self._lines: dict[OperationId, _Line] = {}
        self._changed = threading.Condition()
        self._first_at = 0.0  # when the next first message may be posted
        self._update_at = 0.0  # when it is asked again whether it is our turn
        self._root_at = 0.0  # when it is asked again whether a root's line has room
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)

    def start(self) -> None:
        """Start sending."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more; what is not sent yet is overtaken by the end of its request."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join(timeout=SECONDS_TO_STOP)

    def put(self, operation: OperationId, send: Callable[[], None], *, calm: bool = False) -> None:
        """Note a newer state; `send` shows it. `calm`: nothing but the time has changed, so that others
        go first.
        """
        with self._changed:
            line = self._line(operation)
            line.calm = calm and (line.calm or line.send is None)
            line.send = send
            self._changed.notify()

    def tell(self, operation: OperationId, root: str, send: Callable[[], None]) -> None:
        """Note what the root of an operation says now; `send` shows it. The same line again is not sent
        again.
        """
        with self._changed:
            line = self._line(operation)
            if line.root != root:
                line.root, line.tell = root, send
                self._changed.notify()

    def _line(self, operation: OperationId) -> _Line:
        line = self._lines.get(operation)
        if line is None:
            line = self._lines[operation] = _Line(None, self._now() + FIRST_AFTER, threading.Lock())
        return line

    def close(self, operation: OperationId) -> None:
        """Forget an operation, and wait for an update of it that is under way: nothing follows."""
        with self._changed:
            line = self._lines.pop(operation, None)
            if line is not None:
                line.send = line.tell = None
        if line is not None:
            with line.lock:
                return

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopped:
                    return
                telling = self._telling()
                due = self._oldest() if telling is None else None
                if telling is None and due is None:
                    self._changed.wait(TICK if self._lines else None)
                    continue
                lines = len(self._lines)
            operation, line = telling or due  # type: ignore[misc]  # one of them is there
            try:
                if self._is_over(operation):
                    self._forget(operation, line)
                elif telling is not None:
                    self._tell(line)
                else:
                    self._show(operation, line, lines)
            except (Problem, DatabaseError) as error:  # the end of the request is shown all the same
                log.warning("progress not shown", operation=operation, why=str(error))

    def _forget(self, operation: OperationId, line: _Line) -> None:
        with self._changed:
            line.send = line.tell = None
            if self._lines.get(operation) is line:
                del self._lines[operation]

    def _telling(self) -> tuple[OperationId, _Line] | None:
        if self._now() < self._root_at:
            return None
        return next(((key, line) for key, line in self._lines.items() if line.tell is not None), None)

    def _tell(self, line: _Line) -> None:
        with line.lock:
            wait = self._turns.state()
            self._root_at = self._now() + min(wait, LOOK_AGAIN)
            if wait > 0:
                return
            with self._changed:
                tell, line.tell = line.tell, None
            if tell is not None:  # else it was closed meanwhile
                tell()

    def _oldest(self) -> tuple[OperationId, _Line] | None:
        now = self._now()
        waiting = [
            (key, line)
            for key, line in self._lines.items()
            if line.send is not None and line.due + line.calm * CALM <= now and now >= self._not_before(line)
        ]
        return min(waiting, key=lambda found: found[1].due, default=None)

    def _not_before(self, line: _Line) -> float:
        if line.shown is None:
            return 0.0
        return self._update_at if line.shown else self._first_at

    def _show(self, operation: OperationId, line: _Line, lines: int) -> None:
        with line.lock:
            line.shown = line.shown or self._is_shown(operation)
            now = self._now()
            if line.shown:
                wait = self._turns.turn(lines)
                self._update_at = now + min(wait, LOOK_AGAIN)
            else:
                wait = self._first_at - now
            if wait > 0:
                return
            with self._changed:
                send, line.send = line.send, None
                line.due = now + PER_MESSAGE
            if send is not None:  # else it was closed meanwhile
                if not line.shown:
                    line.shown, self._first_at = True, now + FIRST_APART
                send()

"""Shows intermediate states in place: the newest only, at a bounded rate, never after the end.

Slack takes about 50 `chat.update` a minute. A state that is overtaken by a newer one is not sent; one
message changes at most every `PER_MESSAGE` seconds; all of them together stay within the minute's budget,
of which the ends of requests (sent elsewhere, at once) are not a part.
"""

from __future__ import annotations

import collections
import dataclasses
import threading
from collections.abc import Callable

import structlog

from bot.problems import Problem
from bot.requests.incoming import OperationId

log = structlog.get_logger(__name__)

PER_MESSAGE = 2.0  # seconds between two updates of one message
TICK = 0.25  # seconds between two looks at what is due
MINUTE = 60.0
SECONDS_TO_STOP = 5.0


@dataclasses.dataclass(slots=True, eq=False)
class _Line:
    send: Callable[[], None] | None
    due: float
    lock: threading.Lock


class ProgressBoard:
    """Sends the newest state of each operation when it is due, on one thread of its own."""

    def __init__(self, *, updates_per_minute: int, monotonic: Callable[[], float]) -> None:
        self._budget = updates_per_minute
        self._now = monotonic
        self._lines: dict[OperationId, _Line] = {}
        self._sent: collections.deque[float] = collections.deque()
        self._changed = threading.Condition()
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

    def put(self, operation: OperationId, send: Callable[[], None]) -> None:
        """Note a newer state; `send` shows it. The first one is due at once."""
        with self._changed:
            line = self._lines.get(operation)
            if line is None:
                line = self._lines[operation] = _Line(None, self._now(), threading.Lock())
            line.send = send
            self._changed.notify()

    def close(self, operation: OperationId) -> None:
        """Forget an operation, and wait for an update of it that is under way: nothing follows."""
        with self._changed:
            line = self._lines.pop(operation, None)
            if line is not None:
                line.send = None
        if line is not None:
            with line.lock:
                return

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopped:
                    return
                due = self._take()
                if due is None:
                    self._changed.wait(TICK if self._lines else None)
                    continue
            line, send = due
            with line.lock:
                self._send(line, send)

    def _take(self) -> tuple[_Line, Callable[[], None]] | None:
        now = self._now()
        while self._sent and now - self._sent[0] > MINUTE:
            self._sent.popleft()
        if len(self._sent) >= self._budget:
            return None
        waiting = [line for line in self._lines.values() if line.send is not None and line.due <= now]
        if not waiting:
            return None
        line = min(waiting, key=lambda candidate: candidate.due)
        send, line.send = line.send, None
        line.due = now + PER_MESSAGE
        self._sent.append(now)
        return (line, send) if send is not None else None

    def _send(self, line: _Line, send: Callable[[], None]) -> None:
        with self._changed:
            closed = line not in self._lines.values()
        if closed:
            return
        try:
            send()
        except Problem as problem:  # the end of the request is shown all the same
            log.warning("progress not shown", what=problem.what, why=problem.why)

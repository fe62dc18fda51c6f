"""Posts into a channel no faster than Slack takes them, once it has said that they are too many.

Slack takes about one message a second in a channel, and bursts of which it promises nothing: so nothing waits
until it refuses one. From then on, for a while, the messages of that channel go one after the other, and
those that can wait let answers and questions go first. What is refused is not lost: it keeps its place.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

APART = 1.0  # seconds between two messages of a channel that is narrow
NARROW = 60.0  # seconds after a refusal for which it is
PATIENCE = 180.0  # seconds for one message

FIRST, LATER = 0, 1  # ranks: answers and questions; what has come to a new state


class TooMany(Exception):
    """Slack takes no message into this channel for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclasses.dataclass(slots=True)
class _Lane:
    waiting: list[tuple[int, int]] = dataclasses.field(default_factory=list)  # a heap of rank and number
    open_at: float = 0.0
    narrow_until: float = 0.0
    busy: bool = False


class ChannelRateLimit:
    """The channels of a workspace, as this process has heard of them."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._now = monotonic
        self._lanes: dict[str, _Lane] = {}
        self._numbers = itertools.count()
        self._changed = threading.Condition()

    def send(self, channel: str, call: Callable[[], T], *, rank: int = FIRST) -> T:
        """Make a call when the channel takes it; `call` raises `TooMany` if it does not. Raises that in
        the end.
        """
        with self._changed:
            lane, ticket = self._lanes.setdefault(channel, _Lane()), (rank, next(self._numbers))
        end = self._now() + PATIENCE
        while True:
            alone = self._enter(lane, ticket, end)
            try:
                found = call()
            except TooMany as refused:
                self._narrow(lane, refused.seconds)
                if self._now() + refused.seconds >= end:
                    raise
            else:
                return found
            finally:
                if alone:
                    self._leave(lane)

    def _enter(self, lane: _Lane, ticket: tuple[int, int], end: float) -> bool:
        """Wait for the turn in a narrow lane; False at once in any other. Raises `TooMany`."""
        with self._changed:
            if not lane.waiting and not lane.busy and self._now() >= lane.narrow_until:
                return False
            heapq.heappush(lane.waiting, ticket)
            while lane.busy or lane.waiting[0] != ticket or self._now() < lane.open_at:
                if self._now() >= end:
                    lane.waiting.remove(ticket)
                    heapq.heapify(lane.waiting)
                    self._changed.notify_all()
                    raise TooMany(max(0.0, lane.open_at - self._now()))
                mine = not lane.busy and lane.waiting[0] == ticket
                self._changed.wait(min(end, lane.open_at if mine else end) - self._now())
            heapq.heappop(lane.waiting)
            lane.busy = True
            return True

    def _leave(self, lane: _Lane) -> None:
        with self._changed:
            lane.busy = False
            lane.open_at = max(lane.open_at, self._now() + APART)
            self._changed.notify_all()

    def _narrow(self, lane: _Lane, seconds: float) -> None:
        with self._changed:
            lane.open_at = max(lane.open_at, self._now() + seconds)
            lane.narrow_until = max(lane.narrow_until, lane.open_at + NARROW)

"""Slack's rate limit of posts into one channel: nothing waits until Slack refuses a post, then they queue.

Slack takes about one message a second in a channel (`chat.postMessage`, 'special tier'), and short bursts of
which it promises nothing. So a channel is *unlimited* until Slack refuses a post with 429. From then on, and
for `LIMITED_SECONDS`, it is *limited*: its posts go one after the other, those of higher priority first. A
refused post is not lost and keeps its place. The queue is of this process only; what other replicas post into
the channel shows as further refusals.
"""

import dataclasses
import enum
import heapq
import itertools
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POST_INTERVAL = 1.0  # seconds between two posts into a limited channel
LIMITED_SECONDS = 60.0  # after a refusal, and after the time that it asked to wait
DEADLINE_SECONDS = 180.0  # for one post


class Priority(enum.IntEnum):
    """Which post goes first in a limited channel; of one priority, the one that came first."""

    ANSWER = 0  # answers and questions
    STATE = 1  # long-running work has come to a new state


class RateLimited(Exception):
    """Slack takes no message into a channel for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


Ticket = tuple[Priority, int]


@dataclasses.dataclass(slots=True)
class _Channel:
    queue: list[Ticket] = dataclasses.field(default_factory=list)  # a heap
    next_post_at: float = 0.0
    limited_until: float = 0.0
    posting: bool = False


class ChannelRateLimit:
    """The channels of a workspace, each with its queue."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._now = monotonic
        self._channels: dict[str, _Channel] = {}
        self._numbers = itertools.count()
        self._changed = threading.Condition()

    def send(self, channel_id: str, post: Callable[[], T], *, priority: Priority = Priority.ANSWER) -> T:
        """Call `post`, which raises `RateLimited` where Slack refuses, until it succeeds; return its result.

        Raises `RateLimited` if the channel takes no post before the deadline.
        """
        with self._changed:
            channel = self._channels.setdefault(channel_id, _Channel())
            ticket = (priority, next(self._numbers))
        deadline = self._now() + DEADLINE_SECONDS
        while True:
            queued = self._enter(channel, ticket, deadline)
            try:
                return post()
            except RateLimited as refusal:
                self._limit(channel, refusal.seconds)
                if self._now() + refusal.seconds >= deadline:
                    raise
            finally:
                if queued:
                    self._leave(channel)

    def _enter(self, channel: _Channel, ticket: Ticket, deadline: float) -> bool:
        """Wait in the queue of a limited channel; return False at once for any other.

        Raises `RateLimited`.
        """
        with self._changed:
            if not channel.queue and not channel.posting and self._now() >= channel.limited_until:
                return False
            heapq.heappush(channel.queue, ticket)
            while channel.posting or channel.queue[0] != ticket or self._now() < channel.next_post_at:
                if self._now() >= deadline:
                    channel.queue.remove(ticket)
                    heapq.heapify(channel.queue)
                    self._changed.notify_all()
                    raise RateLimited(max(0.0, channel.next_post_at - self._now()))
                is_next = not channel.posting and channel.queue[0] == ticket
                until = min(deadline, channel.next_post_at) if is_next else deadline
                self._changed.wait(until - self._now())
            heapq.heappop(channel.queue)
            channel.posting = True
            return True

    def _leave(self, channel: _Channel) -> None:
        with self._changed:
            channel.posting = False
            channel.next_post_at = max(channel.next_post_at, self._now() + POST_INTERVAL)
            self._changed.notify_all()

    def _limit(self, channel: _Channel, seconds: float) -> None:
        with self._changed:
            channel.next_post_at = max(channel.next_post_at, self._now() + seconds)
            channel.limited_until = max(channel.limited_until, channel.next_post_at + LIMITED_SECONDS)

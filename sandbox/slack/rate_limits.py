"""The rate limits of the Web API, by tier and by channel.

https://docs.slack.dev/apis/web-api/rate-limits/
"""

from __future__ import annotations

import collections
import math
import time

from sandbox.slack.errors import SlackError

LIMITED = "ratelimited"
MINUTE = 60.0
PER_MINUTE = {1: 20, 2: 24, 3: 60, 4: 120}  # by tier, a little above the published ones: Slack allows bursts
TIERS = {
    "apps.connections.open": 1,
    "usergroups.users.list": 2,
    "usergroups.list": 2,
    "users.list": 2,
    "conversations.list": 2,
    "chat.update": 3,
    "chat.delete": 3,
    "conversations.info": 3,
    "conversations.history": 3,
    "conversations.replies": 3,
    "conversations.open": 3,
    "conversations.join": 3,
    "users.conversations": 3,
    "files.delete": 3,
    "users.info": 4,
    "chat.postEphemeral": 4,
    "views.open": 4,
    "views.push": 4,
    "views.update": 4,
    "views.publish": 4,
    "conversations.members": 4,
    "files.getUploadURLExternal": 4,
    "files.completeUploadExternal": 4,
    "files.info": 4,
}
CHANNEL_BURST, CHANNEL_SECONDS = 40, 1.0  # posts into one channel: one a second, after a burst
WORKSPACE_POSTS = 300  # a minute, over all channels


class RateLimits:
    """Counts the calls of one app."""

    def __init__(self) -> None:
        self._calls: dict[str, collections.deque[float]] = collections.defaultdict(collections.deque)

    def count(self, method: str, channel: str) -> None:
        """Count a call. Raises `SlackError` with the whole seconds to wait if there were too many."""
        if method == "chat.postMessage":
            self._count("post", WORKSPACE_POSTS, MINUTE)
            self._count(f"post {channel}", CHANNEL_BURST, CHANNEL_BURST * CHANNEL_SECONDS)
        elif method in TIERS:
            self._count(method, PER_MINUTE[TIERS[method]], MINUTE)

    def _count(self, key: str, most: int, seconds: float) -> None:
        calls, now = self._calls[key], time.monotonic()
        while calls and now - calls[0] > seconds:
            calls.popleft()
        if len(calls) >= most:
            raise SlackError(LIMITED, retry_after=max(1, math.ceil(calls[0] + seconds - now)))
        calls.append(now)

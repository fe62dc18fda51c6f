"""What access needs to know about people, as a Protocol; and the members of groups, cached with a limit.

If the directory does not answer, the last known members count for the grace period, and then nobody is a
member: an outage must not grant rights for longer than the configuration says.
"""

import dataclasses
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bot.common.problems import Problem

ASK_AGAIN = timedelta(seconds=15)  # after the directory did not answer


@dataclasses.dataclass(frozen=True, kw_only=True)
class PersonFacts:
    """What the directory says of one person."""

    id: str
    name: str
    outsider: bool  # a guest, a bot, deleted, or of another team: never part of `everyone`


class Directory(Protocol):
    """People, groups and channels. Every method raises `Problem` if there is no answer."""

    def person(self, person: str) -> PersonFacts: ...

    def group(self, group: str) -> frozenset[str]: ...

    def is_member(self, person: str, channel: str) -> bool: ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Membership:
    members: frozenset[str]
    at: datetime


class CachedGroups:
    """The members of groups, read again after `refresh`, and believed for `grace` when that fails.

    A directory that does not answer is asked again only after `ASK_AGAIN`: each attempt costs whoever waits
    for it the time until it fails.
    """

    def __init__(
        self,
        read: Callable[[str], frozenset[str]],
        *,
        refresh: Callable[[], timedelta],
        grace: Callable[[], timedelta],
        now: Callable[[], datetime],
    ) -> None:
        self._read = read
        self._refresh = refresh
        self._grace = grace
        self._now = now
        self._memberships: dict[str, _Membership] = {}
        self._failed: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def has(self, group: str, person: str) -> bool:
        """Return whether a person is in a group, as far as that is known recently enough."""
        return person in self.members(group)

    def members(self, group: str) -> frozenset[str]:
        """Return the members of a group that are known recently enough."""
        now = self._now()
        with self._lock:
            membership, failed = self._memberships.get(group), self._failed.get(group)
        if membership is None or now - membership.at >= self._refresh():
            if failed is None or now - failed >= ASK_AGAIN:
                membership = self._read_again(group, membership, now)
            if membership is not None and now - membership.at >= self._grace():
                membership = None
        return membership.members if membership is not None else frozenset()

    def _read_again(self, group: str, membership: _Membership | None, now: datetime) -> _Membership | None:
        try:
            fresh = _Membership(members=self._read(group), at=now)
        except Problem:
            with self._lock:
                self._failed[group] = now
            return membership
        with self._lock:
            self._memberships[group] = fresh
            self._failed.pop(group, None)
        return fresh

"""People, user groups and channel members as Slack knows them, for the access rules; answers are cached."""

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from bot.access.directory import PersonFacts
from bot.slack.delivery.web_client import SlackWebClient

Fact = TypeVar("Fact")

CACHE_SECONDS = 300.0  # people rarely become guests
OUTSIDER_FLAGS = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")


class _Cache(Generic[Fact]):
    """What Slack has said of an id, for `CACHE_SECONDS`."""

    def __init__(self, read: Callable[[str], Fact], monotonic: Callable[[], float]) -> None:
        self._read = read
        self._now = monotonic
        self._entries: dict[str, tuple[float, Fact]] = {}
        self._lock = threading.Lock()

    def get(self, id_: str) -> Fact:
        with self._lock:
            entry = self._entries.get(id_)
        if entry is not None and self._now() - entry[0] < CACHE_SECONDS:
            return entry[1]
        fact = self._read(id_)
        with self._lock:
            self._entries[id_] = (self._now(), fact)
        return fact


class SlackDirectory:
    """The `Directory` of `bot.access` in a Slack workspace."""

    def __init__(
        self, web: SlackWebClient, *, team: Callable[[], str], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """`team` returns the id of the bot's own workspace."""
        self._web = web
        self._team = team
        self._people = _Cache(self._read_person, monotonic)
        self._members = _Cache(self._read_members, monotonic)

    def person(self, person: str) -> PersonFacts:
        """Return what Slack says of a person. Raises `Problem`."""
        return self._people.get(person)

    def group(self, group: str) -> frozenset[str]:
        """Return the members of a user group; `bot.access` caches them. Raises `Problem`."""
        return frozenset(self._web.read("usergroups.users.list", usergroup=group).get("users", []))

    def is_member(self, person: str, channel: str) -> bool:
        """Return whether a person is in a channel. Raises `Problem`."""
        return person in self._members.get(channel)

    def _read_person(self, person: str) -> PersonFacts:
        user: dict[str, Any] = self._web.read("users.info", user=person)["user"]
        team, own_team = user.get("team_id", ""), self._team()
        outsider = any(user.get(flag) for flag in OUTSIDER_FLAGS) or bool(
            team and own_team and team != own_team
        )
        return PersonFacts(id=person, name=user.get("name", ""), outsider=outsider)

    def _read_members(self, channel: str) -> frozenset[str]:
        members: set[str] = set()
        cursor = ""
        while True:
            page = self._web.read("conversations.members", channel=channel, limit=1000, cursor=cursor)
            members |= set(page.get("members", []))
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return frozenset(members)

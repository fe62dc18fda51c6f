"""People, groups and channels as Slack knows them, for the rules of access; answers are kept for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from bot.access.directory import PersonFacts
from bot.slack.delivery.web_client import SlackWebClient

KEEP_SECONDS = 300.0  # people rarely become guests


class SlackDirectory:
    """The `Directory` of `bot.access` in a Slack workspace."""

    def __init__(
        self, web: SlackWebClient, *, team: Callable[[], str], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._web = web
        self._team = team
        self._now = monotonic
        self._people: dict[str, tuple[float, PersonFacts]] = {}
        self._members: dict[str, tuple[float, frozenset[str]]] = {}
        self._lock = threading.Lock()

    def person(self, person: str) -> PersonFacts:
        """What Slack says of a person. Raises `Problem`."""
        with self._lock:
            kept = self._people.get(person)
        if kept is not None and self._now() - kept[0] < KEEP_SECONDS:
            return kept[1]
        user = self._web.read("users.info", user=person)["user"]
        team = user.get("team_id", "")
        outsider = any(
            user.get(mark)
            for mark in ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")
        ) or bool(team and self._team() and team != self._team())
        facts = PersonFacts(id=person, name=user.get("name", ""), outsider=outsider)
        with self._lock:
            self._people[person] = (self._now(), facts)
        return facts

    def group(self, group: str) -> frozenset[str]:
        """The members of a user group. Raises `Problem`."""
        return frozenset(self._web.read("usergroups.users.list", usergroup=group).get("users", []))

    def is_member(self, person: str, channel: str) -> bool:
        """Whether a person is in a channel. Raises `Problem`."""
        with self._lock:
            kept = self._members.get(channel)
        if kept is None or self._now() - kept[0] >= KEEP_SECONDS:
            kept = (self._now(), self._read_members(channel))
            with self._lock:
                self._members[channel] = kept
        return person in kept[1]

    def _read_members(self, channel: str) -> frozenset[str]:
        found: set[str] = set()
        cursor = ""
        while True:
            page = self._web.read("conversations.members", channel=channel, limit=1000, cursor=cursor)
            found |= set(page.get("members", []))
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return frozenset(found)

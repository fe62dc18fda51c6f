"""The changes of a store: a bounded history that watches resume from, and subscriptions to what comes."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
from collections.abc import Iterable

from sandbox.kube.api import errors
from sandbox.kube.api.kinds import Kind
from sandbox.kube.objects import Object

HISTORY = 5_000  # changes that a watch may resume over; older ones are 410 Gone
ADDED, MODIFIED, DELETED = "ADDED", "MODIFIED", "DELETED"


@dataclasses.dataclass(frozen=True)
class Event:
    """One change; `before` is the object as it was, for selectors that it no longer matches."""

    version: int
    type: str
    kind: Kind
    obj: Object
    before: Object | None


class Subscription:
    """A queue of changes for one reader; `kinds` None stands for all kinds."""

    def __init__(self, log: ChangeLog, kinds: frozenset[Kind] | None) -> None:
        self._log = log
        self.kinds = kinds
        self.queue: asyncio.Queue[Event] = asyncio.Queue()

    def close(self) -> None:
        """Receive no more changes."""
        self._log.subscriptions.discard(self)


class ChangeLog:
    """The history and the subscriptions of one store."""

    def __init__(self, version: int) -> None:
        self._history: collections.deque[Event] = collections.deque(maxlen=HISTORY)
        self._oldest = version  # the last version that is no longer in the history
        self.subscriptions: set[Subscription] = set()

    def subscribe(self, kinds: Iterable[Kind] | None = None) -> Subscription:
        """Receive every change from now on."""
        subscription = Subscription(self, frozenset(kinds) if kinds is not None else None)
        self.subscriptions.add(subscription)
        return subscription

    def since(self, version: int) -> list[Event]:
        """Return the changes after a version. Raises `ApiError` 410 if they are no longer known."""
        if version < self._oldest:
            raise errors.expired(f"too old resource version: {version} ({self._oldest})")
        return [event for event in self._history if event.version > version]

    def append(self, event: Event) -> None:
        """Keep a change, and hand it to every subscription that wants its kind."""
        if len(self._history) == HISTORY:
            self._oldest = self._history[0].version
        self._history.append(event)
        for subscription in list(self.subscriptions):
            if subscription.kinds is None or event.kind in subscription.kinds:
                subscription.queue.put_nowait(event)

"""The inbox as the Slack end sees it: a request is stored, durably, and the pool is woken."""

from __future__ import annotations

from collections.abc import Callable

from bot.actions.request import IncomingRequest
from bot.common.problems import Problem
from storage.database import DatabaseError
from storage.inbox import InboxEntry, InboxRepository


class NotStored(Problem):
    """A request could not be stored, so it will not be answered."""


class Inbox:
    """Stores what was said before it is acknowledged."""

    def __init__(
        self,
        repository: InboxRepository,
        *,
        wake: Callable[[], None],
        repeated: Callable[[], None] = lambda: None,
    ) -> None:
        self._repository = repository
        self._repeated = repeated  # something was delivered again, by Slack or by who recorded it
        self._wake = wake

    def accept(self, request: IncomingRequest) -> bool:
        """Store a request; False if it was said before. Raises `NotStored`."""
        entry = InboxEntry(
            key=request.key,
            operation=request.operation,
            payload=request.model_dump(mode="json"),
            received_at=request.received,
        )
        try:
            fresh = self._repository.accept(entry)
        except DatabaseError as error:
            raise NotStored(
                "I cannot take requests just now: the database does not answer",
                why=str(error),
                fix="Try again in a minute.",
            ) from error
        (self._wake if fresh else self._repeated)()
        return fresh

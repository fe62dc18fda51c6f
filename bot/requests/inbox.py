"""The inbox as the listeners see it: a request is stored, durably, before Slack is acknowledged.

Slack does not send a command or a click again, so what is acknowledged and not stored would be lost.
"""

from collections.abc import Callable

from bot.actions.request import IncomingRequest
from bot.common.problems import Problem
from storage.database import DatabaseError
from storage.inbox import InboxEntry, InboxRepository


class NotStored(Problem):
    """A request could not be stored, so it will not be answered."""


class Inbox:
    """Stores requests and wakes the pool that works them off."""

    def __init__(
        self,
        repository: InboxRepository,
        *,
        wake: Callable[[], None],
        repeated: Callable[[], None] = lambda: None,
    ) -> None:
        """`repeated` is called for a request that is in the inbox already: Slack, or whoever recorded it,
        has delivered it again.
        """
        self._repository = repository
        self._repeated = repeated
        self._wake = wake

    def accept(self, request: IncomingRequest) -> bool:
        """Store a request; False if its key is in the inbox already. Raises `NotStored`."""
        try:
            fresh = self._repository.accept(inbox_entry(request))
        except DatabaseError as error:
            raise NotStored(
                "I cannot take requests just now: the database does not answer",
                why=str(error),
                fix="Try again in a minute.",
            ) from error
        (self._wake if fresh else self._repeated)()
        return fresh


def inbox_entry(request: IncomingRequest) -> InboxEntry:
    """Return the row that holds a request."""
    return InboxEntry(
        key=request.key,
        operation=request.operation,
        payload=request.model_dump(mode="json"),
        received_at=request.received,
    )

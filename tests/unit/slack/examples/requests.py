"""A request, its conclusion, and the texts that every example is made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.actions.audit import AuditList
from bot.actions.request import EntryPoint, IncomingRequest, OperationId, Person, Place
from bot.actions.service import Outcome
from bot.requests.answer import Conclusion

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NASTY = "<!channel> & `x` *y* ```z``` <script>" * 3  # would notify a channel, and break out of markup
OPERATION = OperationId("7f3a" * 8)


def request(
    entry: EntryPoint = EntryPoint.COMMAND, place: Place | None = None, **changes: Any
) -> IncomingRequest:
    """A request of ana; without a place, in the channel C1."""
    values: dict[str, Any] = {
        "key": "k",
        "operation": OPERATION,
        "entry": entry,
        "person": Person(id="U1", name="ana"),
        "place": place or Place(channel="C1"),
        "received": NOW,
    }
    return IncomingRequest(**(values | changes))


def conclusion(**changes: Any) -> Conclusion:
    """The end of that request; `result` or `problem` says which."""
    values: dict[str, Any] = {
        "request": request(),
        "action": AuditList(),
        "project": "shop",
        "outcome": Outcome.SUCCEEDED,
        "seconds": 0.8,
    }
    return Conclusion(**(values | changes))

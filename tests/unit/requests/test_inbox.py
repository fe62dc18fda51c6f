"""A request is stored before it is acknowledged."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.request import IncomingRequest
from bot.requests.inbox import Inbox, NotStored, inbox_entry
from storage.database import Database, DatabaseError
from storage.inbox import InboxRepository
from tests.unit.requests.exchanges import NOW, request


def test_a_request_is_stored_once_and_the_pool_is_woken(database: Database) -> None:
    calls: list[str] = []
    inbox = Inbox(
        InboxRepository(database),
        wake=lambda: calls.append("woken"),
        repeated=lambda: calls.append("repeated"),
    )
    assert inbox.accept(request()) and not inbox.accept(request())
    assert calls == ["woken", "repeated"]


def test_the_row_has_all_that_the_request_says(database: Database) -> None:
    incoming = request("cluster list")
    entry = inbox_entry(incoming)
    assert (entry.key, entry.operation, entry.received_at) == ("k", incoming.operation, NOW)
    assert IncomingRequest.model_validate(entry.payload) == incoming


def test_a_request_that_cannot_be_stored_is_not_acknowledged() -> None:
    class Unreachable:
        def accept(self, entry: object) -> bool:
            raise DatabaseError("connection refused")

    repository: Any = Unreachable()
    with pytest.raises(NotStored, match="the database does not answer") as problem:
        Inbox(repository, wake=lambda: pytest.fail("woken")).accept(request())
    assert problem.value.why == "connection refused"

"""A name belongs to one operation at a time, and to none that has ended."""

from __future__ import annotations

from datetime import UTC, datetime

from storage.database import Database
from storage.inbox import InboxEntry
from storage.long_running_operations import LongRunningOperation, LongRunningOperationRepository
from storage.reservations import ReservationRepository

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_the_first_operation_has_the_name_until_it_releases_it(database: Database) -> None:
    names = ReservationRepository(database)
    assert names.reserve("shop", "dev-eu", operation="op-1", now=NOW) == "op-1"
    assert names.reserve("shop", "dev-eu", operation="op-1", now=NOW) == "op-1"
    assert names.reserve("shop", "dev-eu", operation="op-2", now=NOW) == "op-1"
    assert names.reserve("bank", "dev-eu", operation="op-2", now=NOW) == "op-2", "another scope"
    names.release("shop", "dev-eu", operation="op-2")
    assert names.reserve("shop", "dev-eu", operation="op-2", now=NOW) == "op-1", "only the holder releases it"
    names.release("shop", "dev-eu", operation="op-1")
    assert names.reserve("shop", "dev-eu", operation="op-2", now=NOW) == "op-2"


def test_an_operation_that_has_ended_holds_no_name(database: Database) -> None:
    names, operations = ReservationRepository(database), LongRunningOperationRepository(database)
    operations.create(
        LongRunningOperation(
            operation="op-1", project="shop", action={}, request={}, work="create", input={}, begun_at=NOW
        ),
        entry=InboxEntry(key="k", operation="op-1", payload={}, received_at=NOW),
    )
    names.reserve("shop", "dev-eu", operation="op-1", now=NOW)
    assert names.reserve("shop", "dev-eu", operation="op-2", now=NOW) == "op-1"
    operations.store_outcome("op-1", outcome={"problem": {}}, now=NOW)
    assert names.reserve("shop", "dev-eu", operation="op-2", now=NOW) == "op-2"

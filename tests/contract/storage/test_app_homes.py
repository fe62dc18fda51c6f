"""One replica publishes each view of an App Home, and the marker changes with what Homes show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage.app_homes import AppHomeRepository
from storage.audit_events import AuditEventRepository
from storage.database import Database
from storage.inbox import InboxEntry
from storage.long_running_operations import LongRunningOperation, LongRunningOperationRepository
from tests.support.audit_events import audit_event

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_a_view_is_claimed_once(database: Database) -> None:
    homes = AppHomeRepository(database)
    homes.record_opening("U1", now=NOW)
    assert homes.claim("U1", digest="d1", now=NOW) is True
    assert homes.claim("U1", digest="d1", now=NOW) is False
    assert homes.claim("U1", digest="d2", now=NOW) is True
    homes.release_claim("U1", digest="d1")
    assert homes.claim("U1", digest="d2", now=NOW) is False, "d1 is no longer shown, so nothing is undone"
    homes.release_claim("U1", digest="d2")
    assert homes.claim("U1", digest="d2", now=NOW) is True
    assert homes.claim("stranger", digest="d1", now=NOW) is False


def test_an_opened_home_is_published_anew(database: Database) -> None:
    homes = AppHomeRepository(database)
    homes.record_opening("U1", now=NOW)
    homes.claim("U1", digest="d1", now=NOW)
    homes.record_opening("U2", now=NOW - timedelta(days=9))
    assert homes.open_since(NOW - timedelta(days=1)) == {"U1": "d1"}
    homes.record_opening("U1", now=NOW + timedelta(hours=1))
    assert homes.open_since(NOW) == {"U1": ""}


def test_the_marker_changes_with_events_open_homes_and_running_operations(database: Database) -> None:
    homes, marks = AppHomeRepository(database), []
    marks.append(homes.change_marker())
    homes.record_opening("U1", now=NOW)
    marks.append(homes.change_marker())
    AuditEventRepository(database).append(
        audit_event(operation="op", at=NOW, action="verify", arguments={}, target="dev-eu")
    )
    marks.append(homes.change_marker())
    LongRunningOperationRepository(database).create(
        LongRunningOperation(
            operation="op", project="shop", action={}, request={}, work="create", input={}, begun_at=NOW
        ),
        entry=InboxEntry(key="k", operation="op", payload={}, received_at=NOW),
    )
    marks.append(homes.change_marker())
    assert len(set(marks)) == 4 and homes.change_marker() == marks[-1]

"""A slot is written before its message is posted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from storage.database import Database
from storage.deliveries import DeliveryRepository

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_a_slot_is_noted_before_it_is_posted_and_known_afterwards(database: Database) -> None:
    deliveries = DeliveryRepository(database)
    slot = deliveries.begin(operation="op", slot="root", channel="C1", thread="", now=NOW)
    assert slot.fresh and slot.ts is None
    cut_off = deliveries.begin(
        operation="op", slot="root", channel="C1", thread="", now=NOW + timedelta(hours=1)
    )
    assert not cut_off.fresh and cut_off.ts is None and cut_off.begun == NOW
    deliveries.mark_posted(operation="op", slot="root", ts="17.5")
    posted = deliveries.get(operation="op", slot="root")
    assert posted is not None and posted.ts == "17.5"
    assert deliveries.get(operation="op", slot="answer") is None

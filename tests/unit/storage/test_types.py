"""Times are stored in UTC and come back aware, and a naive one is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.engine import make_url

from storage.models import UtcTime, stamp
from storage.models.base import CanonicalJson, UtcStamp

SQLITE, POSTGRESQL = make_url("sqlite://").get_dialect()(), make_url("postgresql+psycopg://").get_dialect()()
NOON = datetime(2026, 11, 24, 12, 0, 0, 5, tzinfo=UTC)
NOON_IN_TEHRAN = NOON.astimezone(timezone(timedelta(hours=3, minutes=30)))
NAIVE = NOON.replace(tzinfo=None)


def test_a_time_is_stored_in_utc() -> None:
    assert UtcTime().process_bind_param(NOON_IN_TEHRAN, SQLITE) == NOON.replace(tzinfo=None)
    assert UtcTime().process_bind_param(NOON_IN_TEHRAN, POSTGRESQL) == NOON
    for stored in (NOON.replace(tzinfo=None), NOON_IN_TEHRAN):
        restored = UtcTime().process_result_value(stored, SQLITE)
        assert restored == NOON and restored.tzinfo is UTC


def test_stamps_sort_like_their_times() -> None:
    assert stamp(NOON_IN_TEHRAN) == "2026-11-24T12:00:00.000005Z"
    later = [NOON + timedelta(microseconds=10**power) for power in range(9)]
    assert sorted(map(stamp, later)) == [stamp(time) for time in later]
    assert UtcStamp().process_result_value(stamp(NOON), SQLITE) == NOON


def test_a_naive_time_is_refused() -> None:
    for bind in (UtcTime().process_bind_param, UtcStamp().process_bind_param):
        with pytest.raises(ValueError, match="a naive datetime cannot be stored"):
            bind(NAIVE, SQLITE)


def test_nothing_stays_nothing() -> None:
    for column_type in (UtcTime(), UtcStamp(), CanonicalJson()):
        assert column_type.process_bind_param(None, SQLITE) is None
        assert column_type.process_result_value(None, SQLITE) is None


def test_json_is_stored_in_its_canonical_form() -> None:
    stored = CanonicalJson().process_bind_param({"b": 1, "a": "ü"}, SQLITE)
    assert stored == '{"a":"ü","b":1}'
    assert CanonicalJson().process_result_value(stored, SQLITE) == {"a": "ü", "b": 1}

"""Clusters and templates by what a person calls them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from bot.clusters.references import created_at, matches, parse_time, suggestion


@dataclasses.dataclass(frozen=True)
class Thing:
    id: str
    name: str


A, B, C = Thing("1", "dev"), Thing("2", "dev"), Thing("dev", "prod")


def test_an_id_comes_before_names_and_a_name_may_mean_several() -> None:
    assert matches("2", [A, B]) == [B]
    assert matches("dev", [A, B]) == [A, B]
    assert matches("dev", [A, B, C]) == [C], "whoever gives an id means that one"
    assert matches("DEV", [A, B, C]) == []


def test_the_nearest_name_is_suggested_and_nothing_where_none_is_near() -> None:
    assert suggestion("prd-eu", ["prod-eu", "dev"]) == "Did you mean `prod-eu`? "
    assert suggestion("xyz", ["prod-eu", "dev"]) == ""


def test_times_are_read_as_magnum_writes_them() -> None:
    moment = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    assert parse_time("2026-11-01T08:30:00+00:00") == moment
    assert parse_time(None) is None and parse_time("") is None and parse_time("yesterday") is None
    assert created_at(moment) == ", created 2026-11-01 08:30 UTC" and created_at(None) == ""

"""The declarative base of all tables, and the column types that behave alike on SQLite and PostgreSQL.

Times are UTC. SQLite keeps no time zone, so `UtcTime` adds it when it reads. JSON is text on SQLite and JSONB
on PostgreSQL. The audit log stores times and JSON as text instead (`UtcStamp`, `CanonicalJson`), because the
bytes that are hashed must be the bytes that are stored, on both databases.
"""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Integer, String, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase

from bot.common.canonical_json import canonical


class Base(DeclarativeBase):
    """The declarative base, whose metadata holds every table."""


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime, stored and returned in UTC. Refuses naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = _aware(value).astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class UtcStamp(TypeDecorator[datetime]):
    """An aware datetime as ISO 8601 text of fixed width in UTC, so that texts sort like the times."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else stamp(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class CanonicalJson(TypeDecorator[dict[str, Any]]):
    """A JSON object as canonical text: what is hashed is what is stored."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        return None if value is None else dict(json.loads(value))


Json = JSON().with_variant(JSONB(), "postgresql")
NullableJson = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")  # None is NULL
Number = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows only in an INTEGER key


def stamp(value: datetime) -> str:
    """Return a time as `2026-11-24T09:00:00.000000Z`. Raises `ValueError` for a naive datetime."""
    return _aware(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a naive datetime cannot be stored")
    return value

"""DBOS's tables are beside the bot's: a file of their own on SQLite, a schema of their own on PostgreSQL."""

from __future__ import annotations

import pathlib
import sqlite3

import pytest

from bot.adapters.durable.system_database import SCHEMA, beside, grants, use_write_ahead_log


@pytest.mark.parametrize(
    ("database", "url"),
    [
        ("sqlite:////data/xk8s.sqlite3", "sqlite:////data/xk8s-operations.sqlite3"),
        ("sqlite:////data.d/xk8s", "sqlite:////data.d/xk8s-operations"),
        ("sqlite:///xk8s.db", "sqlite:///xk8s-operations.db"),
        ("postgresql://u:p%40ss@db/xk8s", "postgresql+psycopg://u:p%40ss@db/xk8s"),
    ],
)
def test_the_tables_are_beside_the_bots(database: str, url: str) -> None:
    assert beside(database) == url


def test_a_sqlite_file_is_switched_to_a_write_ahead_log(tmp_path: pathlib.Path) -> None:
    use_write_ahead_log(f"sqlite:///{tmp_path}/operations.sqlite3")
    connection = sqlite3.connect(tmp_path / "operations.sqlite3")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
    use_write_ahead_log("postgresql+psycopg://nowhere/xk8s")  # nothing to do, and nobody is asked


def test_the_application_gets_rights_on_the_tables_and_none_to_create_any() -> None:
    statements = grants("serving")
    assert all(f"SCHEMA {SCHEMA}" in statement and "serving" in statement for statement in statements)
    assert not any("CREATE" in statement or "OWNER" in statement for statement in statements)

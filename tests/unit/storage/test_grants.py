"""The roles of PostgreSQL get what they need: the audit log can only be appended to."""

from __future__ import annotations

import pathlib

import pytest

from storage.database import Database, DatabaseError
from storage.grants import AUDIT_TABLES, INSERT_ONLY_TABLES, grant, statements
from storage.models import Base


def test_the_application_may_change_every_table_but_those_of_the_audit_log() -> None:
    grants = statements(application="bot")
    [changing] = [text for text in grants if text.startswith("GRANT SELECT, INSERT, UPDATE, DELETE ON ")]
    tables = changing.removeprefix("GRANT SELECT, INSERT, UPDATE, DELETE ON ").split(" TO ")[0].split(", ")
    assert set(tables) == set(Base.metadata.tables) - {*AUDIT_TABLES, *INSERT_ONLY_TABLES}
    assert "GRANT INSERT ON audit_signatures, audit_anchors TO bot" in grants
    assert not any("audit_seal(" in text for text in grants), "events are sealed under another role"


def test_the_retention_reads_and_seals_and_changes_no_table() -> None:
    grants = statements(application="bot", retention="retention", schema="xk8s")
    for_retention = [text for text in grants if text.endswith("retention")]
    assert any(text.startswith("GRANT EXECUTE ON FUNCTION audit_seal(") for text in for_retention)
    assert any(text == "GRANT USAGE ON SCHEMA xk8s TO bot, retention" for text in for_retention)
    assert not any("UPDATE" in text or "GRANT INSERT" in text for text in for_retention)


@pytest.mark.parametrize("name", ["", "Bot", "bot; DROP TABLE inbox", "1bot", "x" * 64, 'bot"'])
def test_what_is_no_name_of_a_role_is_refused(name: str) -> None:
    for names in ({"application": name}, {"application": "bot", "retention": name or "R"}):
        with pytest.raises(ValueError, match="is no name of a role or schema"):
            statements(**names)


def test_sqlite_has_no_roles(tmp_path: pathlib.Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/xk8s.sqlite3")
    with pytest.raises(DatabaseError, match="SQLite has no roles"):
        grant(database, application="bot")
    database.dispose()

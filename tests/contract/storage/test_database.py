"""The database is upgraded once, to exactly what the models say, on SQLite and on PostgreSQL."""

from __future__ import annotations

import concurrent.futures

import pytest
from sqlalchemy import text

from storage.database import HEAD, Database, DatabaseError
from storage.models import Base


def test_an_upgraded_database_is_exactly_what_the_models_say(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    assert differences == []


def test_the_head_that_start_up_looks_for_is_the_newest_migration() -> None:
    from alembic.script import ScriptDirectory

    from storage.migrations import run

    assert ScriptDirectory.from_config(run.config()).get_current_head() == HEAD


def test_a_second_upgrade_has_nothing_to_do(database: Database) -> None:
    assert database.upgrade() is False


def test_replicas_that_start_together_upgrade_once(database_url: str) -> None:
    databases = [Database.open(database_url) for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda opened: opened.upgrade(), databases))
    assert databases[0].version() == HEAD
    for opened in databases:
        opened.dispose()


@pytest.mark.postgresql
def test_a_transaction_of_a_paused_process_does_not_keep_its_locks(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.IDLE_IN_TRANSACTION_SECONDS", 1)
    paused, running = Database.open(postgresql_url), Database.open(postgresql_url)
    with paused.writing() as connection:
        connection.execute(text("CREATE TABLE counter AS SELECT 0 AS n"))

    def count(database: Database) -> None:
        with database.writing() as connection:
            connection.execute(text("UPDATE counter SET n = n + 1"))
            if database is paused:
                count(running)  # the process stands still here, until PostgreSQL has ended its session

    with pytest.raises(DatabaseError, match="idle-in-transaction"):
        count(paused)
    with paused.reading() as connection:
        assert connection.execute(text("SELECT n FROM counter")).scalar_one() == 1
    for database in (paused, running):
        database.dispose()


def test_a_database_out_of_reach_is_told_without_its_password() -> None:
    opened = Database.open("postgresql://xk8s:hunter2@127.0.0.1:9/nowhere")
    with pytest.raises(DatabaseError) as failure:
        opened.check()
    assert "hunter2" not in str(failure.value)

"""Transactions of SQLite: committed at the end, rolled back after an error, one writer at a time."""

from __future__ import annotations

import concurrent.futures
import pathlib
import stat
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from storage.database import Database, DatabaseError


@pytest.fixture
def counter(tmp_path: pathlib.Path) -> Iterator[Database]:
    """A database with one number in it."""
    database = Database.open(f"sqlite:///{tmp_path}/data/counter.sqlite3")
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    yield database
    database.dispose()


def number(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(text("SELECT n FROM counter")).scalar_one())


def test_the_folder_is_created_for_its_owner_alone(counter: Database, tmp_path: pathlib.Path) -> None:
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_an_error_rolls_the_transaction_back(counter: Database) -> None:
    def write() -> None:
        with counter.writing() as connection:
            connection.execute(text("UPDATE counter SET n = 7"))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        write()
    assert number(counter) == 0


def test_writers_do_not_overwrite_each_other(counter: Database) -> None:
    def increment(_number: int) -> None:
        with counter.writing() as connection:
            current = connection.execute(text("SELECT n FROM counter")).scalar_one()
            connection.execute(text("UPDATE counter SET n = :n"), {"n": current + 1})

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(increment, range(80)))
    assert number(counter) == 80


def test_each_statement_of_autocommit_counts_by_itself(counter: Database) -> None:
    with counter.autocommit() as connection:
        connection.execute(text("UPDATE counter SET n = 3"))
        assert number(counter) == 3, "before the connection is given back"
    assert number(counter) == 3


def test_the_error_of_a_statement_is_the_drivers_sentence(counter: Database) -> None:
    with pytest.raises(DatabaseError, match=r"^no such table: nowhere$"), counter.reading() as connection:
        connection.execute(text("SELECT * FROM nowhere"))


def test_a_database_before_its_first_upgrade_has_no_version(counter: Database) -> None:
    counter.check()
    assert counter.version() is None and counter.dialect == "sqlite"


def test_a_checkpoint_moves_the_log_into_the_database(counter: Database, tmp_path: pathlib.Path) -> None:
    before = (tmp_path / "data" / "counter.sqlite3").stat().st_size
    counter.checkpoint()
    assert (tmp_path / "data" / "counter.sqlite3").stat().st_size > before

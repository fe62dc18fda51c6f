"""One database, SQLite or PostgreSQL: how it is opened, brought to this version's schema, and written to.

SQLite runs in WAL mode with full synchronisation: what `Inbox.accept` returned from has reached the disk
before Slack is acknowledged. A writing transaction begins as one (`BEGIN IMMEDIATE`), so that two writers
wait for each other instead of failing half-way.
"""

from __future__ import annotations

import collections
import contextlib
import pathlib
import threading
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

BUSY_SECONDS = 15  # how long a SQLite writer waits for another
CONNECTIONS = 12
CONNECT_SECONDS = 5
HEAD = "0008"  # the newest migration; a test compares it with the folder
UPGRADE_LOCK = 0x786B3873  # advisory lock on PostgreSQL: replicas that start together upgrade in turn


class DatabaseError(Exception):
    """The database cannot be reached or written to; the text says why, without the password."""


class Database:
    """An engine and its transactions."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite has one writer, and one that finds it busy sleeps for up to 100 ms before it looks again:
        # within this process writers wait for each other here instead, and go on at once
        self._turn: contextlib.AbstractContextManager[object] = (
            _Queue() if engine.dialect.name == "sqlite" else contextlib.nullcontext()
        )

    @classmethod
    def open(cls, url: str) -> Database:
        """Open a database by SQLAlchemy URL; `postgresql://` means psycopg 3. Connects lazily."""
        parsed = make_url(url)
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            if parsed.database and parsed.database != ":memory:":
                pathlib.Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            engine = create_engine(
                parsed,
                pool_size=CONNECTIONS,
                max_overflow=0,
                connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
            )
            _prepare_sqlite(engine)
        else:
            engine = create_engine(
                parsed,
                pool_size=CONNECTIONS,
                max_overflow=4,
                pool_pre_ping=True,
                pool_timeout=30,
                connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "xk8s"},
            )
        return cls(engine)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes; committed at the end. Raises `DatabaseError`."""
        with self._translated(), self._turn, self.engine.connect() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            with _ended(connection):
                yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that reads. Raises `DatabaseError`."""
        with self._translated(), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def at_once(self) -> Iterator[Connection]:
        """A connection on which each statement commits by itself. Raises `DatabaseError`."""
        with self._translated(), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise DatabaseError(str(getattr(error, "orig", None) or error)) from error

    def check(self) -> None:
        """Ask the database for one row. Raises `DatabaseError`."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def version(self) -> str | None:
        """The migration the database is at; None before the first."""
        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(found) if found is not None else None

    def upgrade(self) -> bool:
        """Bring the schema to this version; False if it was there already. Raises `DatabaseError`."""
        if self.version() == HEAD:
            return False
        from storage.migrations import run  # alembic takes its time to import

        with self._translated():
            run.upgrade(self.engine, lock=UPGRADE_LOCK)
        return True

    def checkpoint(self) -> None:
        """Move SQLite's write-ahead log into the database, without making writers wait for it.

        By default whichever commit fills the log does this, and with it whoever waits for that commit: an
        acknowledgement that takes 40 ms instead of 2. Nothing to do on PostgreSQL. Raises `DatabaseError`.
        """
        if self.dialect == "sqlite":
            with self.reading() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


class _Queue:
    """A lock that is handed over in the order of asking: with `threading.Lock` one of ten waits twice
    its turn.
    """

    def __init__(self) -> None:
        self._state = threading.Lock()
        self._held = False
        self._waiting: collections.deque[threading.Lock] = collections.deque()

    def __enter__(self) -> None:
        with self._state:
            if not self._held:
                self._held = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def __exit__(self, *_raised: object) -> None:
        with self._state:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


@contextlib.contextmanager
def _ended(connection: Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "wal_autocheckpoint=0",
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

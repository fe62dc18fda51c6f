"""One database, SQLite or PostgreSQL: its engine, its transactions, and the upgrade to this version's schema.

SQLite runs in WAL mode with full synchronisation: whatever `InboxRepository.accept` returned from is on the
disk before Slack is acknowledged. A writing transaction begins as one (`BEGIN IMMEDIATE`), so that two
writers wait for each other instead of failing half-way.
"""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from storage.fifo_lock import FifoLock

BUSY_SECONDS = 15  # how long a SQLite writer waits for one in another process
CONNECTIONS = 12
CONNECT_SECONDS = 5
# A process that is paused in the middle of a transaction keeps its row locks. PostgreSQL ends its session
# after so many seconds, so that another replica is not kept waiting by one that it takes for gone.
IDLE_IN_TRANSACTION_SECONDS = 10
HEAD = "0008"  # the newest migration; a test compares it with the folder
UPGRADE_LOCK = 0x786B3873  # advisory lock on PostgreSQL: replicas that start together upgrade in turn
SQLITE_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "wal_autocheckpoint=0",  # `checkpoint` does it, and no commit waits for it
    f"busy_timeout={BUSY_SECONDS * 1000}",
    "foreign_keys=ON",
)


class DatabaseError(Exception):
    """The database cannot be reached or written to; the text says why, without the password."""


class Database:
    """An engine and its transactions. Thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite has one writer, and one that finds the file busy sleeps for up to 100 ms before it looks
        # again. Within this process writers wait here instead, and go on as soon as it is their turn.
        self._writer: contextlib.AbstractContextManager[object] = (
            FifoLock() if engine.dialect.name == "sqlite" else contextlib.nullcontext()
        )

    @classmethod
    def open(cls, url: str) -> Database:
        """Open a database by its SQLAlchemy URL; `postgresql://` means psycopg 3. Connects lazily."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            if parsed.database and parsed.database != ":memory:":
                pathlib.Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            arguments: dict[str, Any] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
            engine = create_engine(parsed, pool_size=CONNECTIONS, max_overflow=0, connect_args=arguments)
            event.listen(engine, "connect", _prepare_sqlite)
            return cls(engine)
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(
            parsed,
            pool_size=CONNECTIONS,
            max_overflow=4,
            pool_pre_ping=True,
            pool_timeout=30,
            connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "xk8s"},
        )
        event.listen(engine, "connect", _prepare_postgresql)
        return cls(engine)

    @property
    def dialect(self) -> str:
        """The name of the SQL dialect: `sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that writes; it is committed at the end. Raises `DatabaseError`."""
        with self._translated(), self._writer, self.engine.connect() as connection:
            if self.dialect == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that reads. Raises `DatabaseError`."""
        with self._translated(), self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """Open a connection on which each statement commits by itself. Raises `DatabaseError`."""
        with self._translated(), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise DatabaseError(str(getattr(error, "orig", None) or error)) from error

    def check(self) -> None:
        """Check that the database answers. Raises `DatabaseError`."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def version(self) -> str | None:
        """Return the migration that the database is at, None before the first. Raises `DatabaseError`."""
        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(version) if version is not None else None

    def upgrade(self) -> bool:
        """Bring the schema to this version; return False if it was there already. Raises `DatabaseError`."""
        if self.version() == HEAD:
            return False
        from storage.migrations import run  # alembic takes its time to import

        with self._translated():
            run.upgrade(self.engine, lock=UPGRADE_LOCK)
        return True

    def checkpoint(self) -> None:
        """Move SQLite's write-ahead log into the database, without making writers wait for it.

        By default the commit that fills the log does this, and whoever waits for that commit waits for it as
        well: an acknowledgement then takes 40 ms instead of 2. PostgreSQL needs nothing of the kind.
        Raises `DatabaseError`.
        """
        if self.dialect == "sqlite":
            with self.reading() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    def dispose(self) -> None:
        """Close every connection of the pool."""
        self.engine.dispose()


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_SECONDS}s'")
    connection.commit()  # the pool rolls back what is returned to it, and with it a bare SET


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transaction: `writing` says BEGIN IMMEDIATE
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()

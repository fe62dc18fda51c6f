"""The system database of DBOS: where its tables are, how they are upgraded, and who may use them.

On PostgreSQL the tables are in a schema of their own. On SQLite they are in a file of their own, because
SQLite has one writer, and whoever waits for an acknowledgement must not wait for a workflow.
"""

import contextlib
import sqlite3

from sqlalchemy.engine import make_url

from bot.common.problems import Problem
from bot.common.wording import reason

SCHEMA = "xk8s_operations"


class NoDurableWork(Problem):
    """Durable work cannot be started."""


def beside(database: str) -> str:
    """Return the SQLAlchemy URL of DBOS's tables beside the database of the bot."""
    url = make_url(database)
    if url.get_backend_name() == "sqlite":
        path = url.database or ""
        stem, dot, suffix = path.rpartition(".")
        file = f"{stem}-operations.{suffix}" if dot and "/" not in suffix else f"{path}-operations"
        return url.set(database=file).render_as_string(hide_password=False)
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def upgrade(database: str, *, application: str | None = None) -> None:
    """Bring DBOS's tables to its version; on PostgreSQL also grant the rights of the `application` role.

    The role of the URL must be allowed to create tables. Raises `NoDurableWork`.
    """
    from dbos import DBOS

    url = beside(database)
    use_write_ahead_log(url)
    role = application if url.startswith("postgresql") else None
    try:
        DBOS.migrate(url, schema=SCHEMA, application_role=role)
    except Exception as error:
        raise NoDurableWork(
            "The tables of durable work cannot be upgraded",
            why=reason(error),
            fix="Say it with the URL of a role that may create a schema in XK8S_DATABASE_URL.",
        ) from error


def grants(application: str) -> list[str]:
    """Return the GRANTs that give a role its rights on DBOS's tables."""
    return [
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {application}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SCHEMA} TO {application}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO {application}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {SCHEMA} TO {application}",
    ]


def use_write_ahead_log(url: str) -> None:
    """Switch a SQLite file to WAL, so that its readers and its writer do not wait for each other."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with contextlib.closing(sqlite3.connect(parsed.database or "")) as connection:
            connection.execute("PRAGMA journal_mode=WAL")

"""PostgreSQL roles: the application writes the audit log through one function and can change nothing in it.

Three roles: the owner of the tables, under whom the schema is upgraded; the application, under whom the bot
serves; and the retention, under whom events are sealed and dropped. Said again after every upgrade, because
a new version may have new tables.
"""

from __future__ import annotations

import re

from sqlalchemy import text

from storage.database import Database, DatabaseError
from storage.migrations.functions import PARAMETER_TYPES, SEAL_TYPES
from storage.models import Base

AUDIT_TABLES = ("audit_events", "audit_head", "audit_seals")
WRITTEN_BY_APP = ("audit_signatures", "audit_anchors")  # inserted, never changed
_OWNER = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'audit_events'::regclass"
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def statements(*, application: str, retention: str | None = None, schema: str = "public") -> list[str]:
    """What the owner of the tables says to give the roles what they need, and nothing more. Raises
    `ValueError`.
    """
    for name in (application, retention or application, schema):
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a role or schema: small letters, digits and _")
    readers = ", ".join(name for name in (application, retention) if name)
    plain = sorted(set(Base.metadata.tables) - {*AUDIT_TABLES, *WRITTEN_BY_APP})
    appenders = f"GRANT EXECUTE ON FUNCTION audit_append({PARAMETER_TYPES}) TO {readers}"
    given = [
        f"GRANT USAGE ON SCHEMA {schema} TO {readers}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {readers}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(plain)} TO {application}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {application}",
        f"GRANT SELECT ON {', '.join((*AUDIT_TABLES, *WRITTEN_BY_APP))}, alembic_version TO {readers}",
        f"GRANT INSERT ON {', '.join(WRITTEN_BY_APP)} TO {application}",
        appenders,
    ]
    if retention:
        given.append(f"GRANT EXECUTE ON FUNCTION audit_seal({SEAL_TYPES}) TO {retention}")
    return given


def grant(database: Database, *, application: str, retention: str | None = None) -> None:
    """Grant them. Raises `DatabaseError`; `ValueError` for what is no role's name."""
    if database.dialect != "postgresql":
        raise DatabaseError("SQLite has no roles: whoever may write the file may change it")
    with database.writing() as connection:
        if not connection.execute(text(_OWNER)).scalar_one():  # else PostgreSQL would only warn
            raise DatabaseError("this role does not own the tables")
        schema = str(connection.execute(text("SELECT current_schema()")).scalar_one())
        for statement in statements(application=application, retention=retention, schema=schema):
            connection.execute(text(statement))

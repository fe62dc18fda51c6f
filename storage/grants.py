"""PostgreSQL roles: the application writes the audit log through one function and can change nothing in it."""

from __future__ import annotations

import re

from sqlalchemy import text

from storage.database import Database, DatabaseError
from storage.migrations.functions import PARAMETER_TYPES, SEAL_TYPES
from storage.models import Base

AUDIT_TABLES = ("audit_events", "audit_head", "audit_seals")
WRITTEN_BY_APP = ("audit_signatures", "audit_anchors")  # inserted, never changed
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def statements(*, application: str, retention: str) -> list[str]:
    """What the owner of the tables says to give two roles what they need, and nothing more. Raises `ValueError`."""
    for name in (application, retention):
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a role's name: small letters, digits and _")
    plain = sorted(set(Base.metadata.tables) - {*AUDIT_TABLES, *WRITTEN_BY_APP})
    return [
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(plain)} TO {application}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {application}",
        f"GRANT SELECT ON {', '.join((*AUDIT_TABLES, *WRITTEN_BY_APP))}, alembic_version TO {application}, {retention}",
        f"GRANT INSERT ON {', '.join(WRITTEN_BY_APP)} TO {application}",
        f"GRANT EXECUTE ON FUNCTION audit_append({PARAMETER_TYPES}) TO {application}",
        f"GRANT EXECUTE ON FUNCTION audit_seal({SEAL_TYPES}) TO {retention}",
    ]


def grant(database: Database, *, application: str, retention: str) -> None:
    """Grant them. Raises `DatabaseError`; `ValueError` for what is no role's name."""
    if database.dialect != "postgresql":
        raise DatabaseError("SQLite has no roles: whoever may write the file may change it")
    with database.writing() as connection:
        for statement in statements(application=application, retention=retention):
            connection.execute(text(statement))

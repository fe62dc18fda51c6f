"""PostgreSQL roles: the application appends to the audit log through one function, and cannot change it.

There are three roles: the owner of the tables, under whom the schema is upgraded; the application, under whom
the bot serves; and the retention, under whom events are sealed and dropped. The rights are granted again
after every upgrade, because a new version may have new tables.
"""

import re

from sqlalchemy import text

from storage.database import Database, DatabaseError
from storage.migrations.functions import PARAMETER_TYPES, SEAL_TYPES
from storage.models import Base

AUDIT_TABLES = ("audit_events", "audit_head", "audit_seals")
INSERT_ONLY_TABLES = ("audit_signatures", "audit_anchors")  # written by the application, never changed
_OWNER = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'audit_events'::regclass"
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def statements(*, application: str, retention: str | None = None, schema: str = "public") -> list[str]:
    """Return the GRANTs that give the roles what they need and nothing more. Raises `ValueError`.

    The owner of the tables has to execute them.
    """
    for name in (application, retention or application, schema):
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a role or schema: small letters, digits and _")
    roles = ", ".join(name for name in (application, retention) if name)
    tables = sorted(set(Base.metadata.tables) - {*AUDIT_TABLES, *INSERT_ONLY_TABLES})
    grants = [
        f"GRANT USAGE ON SCHEMA {schema} TO {roles}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {roles}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {', '.join(tables)} TO {application}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {application}",
        f"GRANT SELECT ON {', '.join((*AUDIT_TABLES, *INSERT_ONLY_TABLES))}, alembic_version TO {roles}",
        f"GRANT INSERT ON {', '.join(INSERT_ONLY_TABLES)} TO {application}",
        f"GRANT EXECUTE ON FUNCTION audit_append({PARAMETER_TYPES}) TO {roles}",
    ]
    if retention:
        grants.append(f"GRANT EXECUTE ON FUNCTION audit_seal({SEAL_TYPES}) TO {retention}")
    return grants


def grant(database: Database, *, application: str, retention: str | None = None) -> None:
    """Grant the rights. Raises `DatabaseError`, and `ValueError` for a text that is no role's name."""
    if database.dialect != "postgresql":
        raise DatabaseError("SQLite has no roles: whoever may write the file may change it")
    with database.writing() as connection:
        if not connection.execute(text(_OWNER)).scalar_one():  # else PostgreSQL would only warn
            raise DatabaseError("this role does not own the tables")
        schema = str(connection.execute(text("SELECT current_schema()")).scalar_one())
        for statement in statements(application=application, retention=retention, schema=schema):
            connection.execute(text(statement))

"""The first schema: inbox, audit events, deliveries, offers, replicas, verifications.

Audit events are append-only: triggers refuse updates and deletions on both databases, and TRUNCATE on
PostgreSQL.
"""

import sqlalchemy as sa
from alembic import op

from storage.models import Json, Number, UtcTime

revision = "0001"
down_revision = None

SQLITE_TRIGGER = """
CREATE TRIGGER audit_events_no_{verb} BEFORE {verb} ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit_events is append-only'); END
"""
POSTGRESQL_FUNCTION = """
CREATE FUNCTION audit_events_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit_events is append-only'; END $$
"""
POSTGRESQL_ROW_TRIGGER = """
CREATE TRIGGER audit_events_no_change BEFORE UPDATE OR DELETE ON audit_events
FOR EACH ROW EXECUTE FUNCTION audit_events_append_only()
"""
POSTGRESQL_TRUNCATE_TRIGGER = """
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events
FOR EACH STATEMENT EXECUTE FUNCTION audit_events_append_only()
"""


def upgrade() -> None:
    _create_inbox()
    _create_audit()
    _create_deliveries()
    op.create_table(
        "replicas",
        sa.Column("id", sa.String(255), primary_key=True),
        sa.Column("instance", sa.String(64), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("started_at", UtcTime, nullable=False),
        sa.Column("heartbeat_at", UtcTime, nullable=False),
    )
    op.create_table(
        "verifications",
        sa.Column("project", sa.String(255), primary_key=True),
        sa.Column("cluster", sa.String(255), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("verdict", sa.String(32), nullable=False),
        sa.Column("report", Json, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
    )


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", Number, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(255), nullable=False, unique=True),
        sa.Column("operation", sa.String(64), nullable=False, unique=True),
        sa.Column("payload", Json, nullable=False),
        sa.Column("received_at", UtcTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("owner", sa.String(255)),
        sa.Column("lease_until", UtcTime),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("finished_at", UtcTime),
    )
    op.create_index("inbox_open", "inbox", ["state", "id"])


def _create_audit() -> None:
    op.create_table(
        "audit_events",
        sa.Column("position", Number, primary_key=True, autoincrement=True),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("reference", sa.String(16), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("actor_name", sa.String(255), nullable=False),
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("entry", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("project", sa.String(255), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("arguments", Json, nullable=False),
        sa.Column("target", sa.String(255), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("duration_ms", sa.Integer),
        sa.UniqueConstraint("operation", "phase", name="audit_once"),
    )
    op.create_index("audit_project_at", "audit_events", ["project", "at"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(SQLITE_TRIGGER.format(verb=verb))
    else:
        for statement in (POSTGRESQL_FUNCTION, POSTGRESQL_ROW_TRIGGER, POSTGRESQL_TRUNCATE_TRIGGER):
            op.execute(statement)


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("operation", sa.String(64), primary_key=True),
        sa.Column("slot", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("ts", sa.String(64)),
        sa.Column("begun_at", UtcTime, nullable=False),
    )
    op.create_table(
        "offers",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("action", Json, nullable=False),
        sa.Column("project", sa.String(255)),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.UniqueConstraint("operation", "digest", name="offer_once"),
    )

"""The audit log becomes a chain: each event carries a hash over its content and over the event before it.

Existing events are hashed in the order of their positions, and numbered again without the gaps that a sequence
leaves. Times and arguments become text, so that both databases hold the bytes that are hashed. On PostgreSQL
events are appended and sealed through functions, which are all that other roles may call.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.common.canonical_json import canonical
from storage import audit_encoding
from storage.migrations import functions
from storage.models import Json, Number, UtcTime, stamp

revision = "0002"
down_revision = "0001"

OLD = "audit_events_0001"
BATCH = 2_000
APPEND_ONLY = ("audit_events", "audit_signatures", "audit_anchors", "audit_seals")
SQLITE_TRIGGER = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
POSTGRESQL_FUNCTION = """
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""
POSTGRESQL_ROW_TRIGGER = """
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW WHEN (current_setting('xk8s.sealing', true) IS DISTINCT FROM 'yes') EXECUTE FUNCTION audit_append_only()
"""
POSTGRESQL_TRUNCATE_TRIGGER = """
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()
"""


def upgrade() -> None:
    _put_old_aside()
    _create_events()
    head = _create_heads()
    position, previous, last = _chain_old()
    op.bulk_insert(head, [{"id": 1, "position": position, "previous": previous, "hash": last}])
    op.drop_table(OLD)
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(SQLITE_TRIGGER.format(table=table, verb=verb))
        return
    op.execute("DROP FUNCTION audit_events_append_only()")
    op.execute(POSTGRESQL_FUNCTION)
    for table in APPEND_ONLY:
        op.execute(POSTGRESQL_ROW_TRIGGER.format(table=table))
        op.execute(POSTGRESQL_TRUNCATE_TRIGGER.format(table=table))
    schema = str(op.get_bind().execute(sa.text("SELECT current_schema()")).scalar_one())
    for statement in functions.create(schema):
        op.execute(statement)


def _put_old_aside() -> None:
    op.drop_index("audit_project_at", "audit_events")
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER audit_events_no_{verb}")
        op.rename_table("audit_events", OLD)
        return
    for trigger in ("audit_events_no_change", "audit_events_no_truncate"):
        op.execute(f"DROP TRIGGER {trigger} ON audit_events")
    op.rename_table("audit_events", OLD)
    for name in ("audit_once", "audit_events_pkey"):  # the new table takes these names
        op.execute(f"ALTER TABLE {OLD} RENAME CONSTRAINT {name} TO {name}_0001")


def _create_events() -> None:
    op.create_table(
        "audit_events",
        sa.Column("position", Number, primary_key=True, autoincrement=False),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("reference", sa.String(16), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("actor_name", sa.String(255), nullable=False),
        sa.Column("team", sa.String(64), nullable=False),
        sa.Column("entry", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("project", sa.String(255), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("arguments", sa.Text, nullable=False),
        sa.Column("target", sa.String(255), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("duration_ms", sa.Integer),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.UniqueConstraint("operation", "phase", name="audit_once"),
    )
    op.create_index("audit_project_position", "audit_events", ["project", "position"])


def _create_heads() -> sa.Table:
    """The end of the chain, and the tables of what is known about points of it."""
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", Number, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    signed = (("key", sa.String(16)), ("signature", sa.String(64)))
    for table, columns in (
        ("audit_signatures", signed),
        ("audit_anchors", (("channel", sa.String(64)), ("ts", sa.String(64)))),
        ("audit_seals", (("file_digest", sa.String(64)), *signed)),
    ):
        op.create_table(
            table,
            sa.Column("position", Number, primary_key=True, autoincrement=False),
            sa.Column("hash", sa.String(64), nullable=False),
            sa.Column("at", sa.String(27), nullable=False),
            *(sa.Column(name, kind, nullable=False) for name, kind in columns),
        )
    return head


def _chain_old() -> tuple[int, str, str]:
    """Copy the old events into the chain, in parts; return the last position, its previous hash, its hash."""
    names = ("position", *audit_encoding.COLUMNS)
    old = sa.table(OLD, *(sa.column(name, _OLD_TYPES.get(name, sa.String())) for name in names))
    new = sa.table("audit_events", *(sa.column(name) for name in (*names, "previous", "hash")))
    connection = op.get_bind()
    copied, position, previous, last = 0, 0, audit_encoding.GENESIS, audit_encoding.GENESIS
    while True:
        part = sa.select(old).where(old.c.position > copied).order_by(old.c.position).limit(BATCH)
        rows = connection.execute(part).mappings().all()
        events = [_stored(row) for row in rows]
        for values in events:
            digest = audit_encoding.digest(
                audit_encoding.content(values[name] for name in audit_encoding.COLUMNS)
            )
            position, previous = position + 1, last
            last = audit_encoding.link(previous, position, digest)
            values |= {"position": position, "previous": previous, "hash": last}
        if events:
            connection.execute(sa.insert(new), events)
        if len(rows) < BATCH:
            return position, previous, last
        copied = rows[-1]["position"]


_OLD_TYPES: dict[str, Any] = {
    "position": Number,
    "at": UtcTime,
    "arguments": Json,
    "duration_ms": sa.Integer(),
}


def _stored(row: Any) -> dict[str, Any]:
    values = dict(row) | {"at": stamp(row["at"]), "arguments": canonical(row["arguments"])}
    return {
        name: audit_encoding.storable(value) if isinstance(value := values[name], str) else value
        for name in audit_encoding.COLUMNS
    }

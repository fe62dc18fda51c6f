"""Turns of migrations. What an older version had at work keeps working."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

AT_WORK = ("deploy", "verify", "copy", "compare", "quiesce", "volumes", "start", "traffic", "prove", "delete")
NOT_BEGUN = "waits for its turn"  # as version 0007 noted one that had not begun


def upgrade() -> None:
    turns = op.create_table(
        "migration_turns",
        sa.Column("migration", sa.String(16), primary_key=True),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("project", sa.String(255), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("working", sa.Boolean, nullable=False),
    )
    op.create_index("migration_turns_of_project", "migration_turns", ["project", "place"])
    names = ("id", "operation", "project", "state", "step", "waits", "begun_at")
    known = sa.table("migrations", *(sa.column(name) for name in names))
    working = sa.or_(
        known.c.state == "going back", sa.and_(known.c.state == "running", known.c.step.in_(AT_WORK))
    )
    place = sa.func.row_number().over(partition_by=known.c.project, order_by=(known.c.begun_at, known.c.id))
    at_work = sa.select(known.c.id, known.c.operation, known.c.project, place, sa.true())
    at_work = at_work.where(working, known.c.waits != NOT_BEGUN)
    op.execute(
        sa.insert(turns).from_select(["migration", "operation", "project", "place", "working"], at_work)
    )

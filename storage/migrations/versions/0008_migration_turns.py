"""Concurrency permits of migrations. What an older version had at work keeps working."""

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
    migrations = sa.table("migrations", *(sa.column(name) for name in names))
    working = sa.or_(
        migrations.c.state == "going back",
        sa.and_(migrations.c.state == "running", migrations.c.step.in_(AT_WORK)),
    )
    place = sa.func.row_number().over(
        partition_by=migrations.c.project, order_by=(migrations.c.begun_at, migrations.c.id)
    )
    at_work = sa.select(migrations.c.id, migrations.c.operation, migrations.c.project, place, sa.true())
    at_work = at_work.where(working, migrations.c.waits != NOT_BEGUN)
    op.execute(
        sa.insert(turns).from_select(["migration", "operation", "project", "place", "working"], at_work)
    )

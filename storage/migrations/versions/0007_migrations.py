"""Migrations of clusters: the plan and the state of each, and the newest signal to it."""

import sqlalchemy as sa
from alembic import op

from storage.models import Json, UtcTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "migrations",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("operation", sa.String(64), nullable=False, unique=True),
        sa.Column("project", sa.String(255), nullable=False),
        sa.Column("source", sa.String(255), nullable=False),
        sa.Column("source_name", sa.String(255), nullable=False),
        sa.Column("target", sa.String(255), nullable=False),
        sa.Column("target_name", sa.String(255), nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("actor_name", sa.String(255), nullable=False),
        sa.Column("begun_at", UtcTime, nullable=False),
        sa.Column("order", Json, nullable=False),
        sa.Column("plan", Json, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("step", sa.String(32), nullable=False),
        sa.Column("since", UtcTime, nullable=False),
        sa.Column("waits", sa.Text, nullable=False),
        sa.Column("history", Json, nullable=False),
        sa.Column("control", sa.String(16), nullable=False),
        sa.Column("control_number", sa.Integer, nullable=False),
        sa.Column("control_by", sa.String(255), nullable=False),
        sa.Column("ended_at", UtcTime),
    )
    op.create_index("migrations_of_project", "migrations", ["project", "begun_at"])

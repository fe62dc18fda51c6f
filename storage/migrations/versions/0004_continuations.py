"""Long-running operations, and the names that they reserve."""

import sqlalchemy as sa
from alembic import op

from storage.models import Json, NullableJson, UtcTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "continuations",
        sa.Column("operation", sa.String(64), primary_key=True),
        sa.Column("project", sa.String(255), nullable=False),
        sa.Column("action", Json, nullable=False),
        sa.Column("request", Json, nullable=False),
        sa.Column("work", sa.String(64), nullable=False),
        sa.Column("input", Json, nullable=False),
        sa.Column("begun_at", UtcTime, nullable=False),
        sa.Column("end", NullableJson),
        sa.Column("ended_at", UtcTime),
        sa.Column("concluded_at", UtcTime),
    )
    op.create_table(
        "reservations",
        sa.Column("scope", sa.String(255), primary_key=True),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
    )

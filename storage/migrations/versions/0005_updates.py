"""The budget of `chat.update` that replicas share, and the updates that wait for it."""

import sqlalchemy as sa
from alembic import op

from storage.models import Json, Number, UtcTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "update_budgets",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("free_at", UtcTime, nullable=False),
    )
    op.create_table(
        "update_shares",
        sa.Column("replica", sa.String(255), primary_key=True),
        sa.Column("lines", sa.Integer, nullable=False),
        sa.Column("next_at", UtcTime, nullable=False),
        sa.Column("seen_at", UtcTime, nullable=False),
    )
    op.create_table(
        "waiting_updates",
        sa.Column("id", Number, primary_key=True, autoincrement=True),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("slot", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("ts", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("blocks", Json, nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.Column("taken_until", UtcTime),
        sa.UniqueConstraint("operation", "slot", name="waiting_update_once"),
    )

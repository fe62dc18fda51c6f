"""Approvals and their decisions, the App Homes that are open, and the claims of buttons."""

import sqlalchemy as sa
from alembic import op

from storage.models import Json, NullableJson, UtcTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("offers", sa.Column("taken_by", sa.String(64)))
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("operation", sa.String(64), nullable=False, unique=True),
        sa.Column("project", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("action", Json, nullable=False),
        sa.Column("requester", sa.String(255), nullable=False),
        sa.Column("requester_name", sa.String(255), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("thread", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("bound", Json, nullable=False),
        sa.Column("shown", Json, nullable=False),
        sa.Column("typed", sa.String(255), nullable=False),
        sa.Column("needed", sa.Integer, nullable=False),
        sa.Column("effect", NullableJson),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
        sa.Column("expires_at", UtcTime, nullable=False),
        sa.Column("not_before", UtcTime),
        sa.Column("not_after", UtcTime),
        sa.Column("reminded_at", UtcTime),
        sa.Column("ended_at", UtcTime),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("announced", sa.Integer, nullable=False),
        sa.Column("announcing_until", UtcTime),
    )
    op.create_index("approvals_of_project", "approvals", ["project", "state"])
    op.create_index("approvals_by_state", "approvals", ["state", "expires_at"])
    op.create_table(
        "approval_decisions",
        sa.Column("approval", sa.String(16), primary_key=True),
        sa.Column("person", sa.String(255), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("approved", sa.Boolean, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("at", UtcTime, nullable=False),
    )
    op.create_table(
        "homes",
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("opened_at", UtcTime, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("shown_at", UtcTime, nullable=False),
    )

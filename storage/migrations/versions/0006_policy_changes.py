"""Changes of NetworkPolicies, with what a roll-back needs."""

import sqlalchemy as sa
from alembic import op

from storage.models import Json, UtcTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "policy_changes",
        sa.Column("operation", sa.String(64), primary_key=True),
        sa.Column("project", sa.String(255), nullable=False),
        sa.Column("cluster", sa.String(255), nullable=False),
        sa.Column("cluster_name", sa.String(255), nullable=False),
        sa.Column("namespace", sa.String(63), nullable=False),
        sa.Column("policy", sa.String(253), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("actor", sa.String(255), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("before", Json),
        sa.Column("before_uid", sa.String(64), nullable=False),
        sa.Column("before_version", sa.String(64), nullable=False),
        sa.Column("wanted", Json),
        sa.Column("after", Json),
        sa.Column("after_uid", sa.String(64), nullable=False),
        sa.Column("after_version", sa.String(64), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("undoes", sa.String(64)),
        sa.Column("undone_by", sa.String(64)),
    )
    op.create_index(
        "policy_changes_of", "policy_changes", ["project", "cluster", "namespace", "policy", "at"]
    )

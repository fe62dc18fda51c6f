"""A migration as the register has it, for tests that say only what matters in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from storage.cluster_migrations import ClusterMigration


def cluster_migration(number: int = 1, **changes: Any) -> ClusterMigration:
    """Return a migration that has just begun, to a cluster that is not there yet.

    Its id, its operation and its source have the number, so that migrations of different numbers do not
    meet; a test names the fields that are to be others.
    """
    begun_at = changes.get("begun_at", datetime(2026, 11, 24, 9, tzinfo=UTC))
    values: dict[str, Any] = {
        "id": f"m{number}",
        "operation": f"operation-{number}",
        "project": "shop",
        "source": f"s{number}",
        "source_name": "dev",
        "target": "",
        "target_name": "new",
        "actor": "U1",
        "actor_name": "ana",
        "begun_at": begun_at,
        "order": {},
        "plan": {},
        "digest": "d",
        "step": "deploy",
        "since": begun_at,
    }
    return ClusterMigration(**(values | changes))

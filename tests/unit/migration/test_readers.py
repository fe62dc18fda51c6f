"""What became of a `migrate` request that was cut off stands in the register."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bot.actions.service import Outcome
from bot.migration.readers import MigrationReaders
from bot.migration.service import migration_id
from storage.cluster_migrations import DONE, ROLLED_BACK, RUNNING, ClusterMigration
from tests.support.cluster_migrations import cluster_migration


def readers(stored: ClusterMigration | None) -> MigrationReaders:
    register: Any = SimpleNamespace(
        get=lambda migration, project: stored if (migration, project) in KNOWN else None
    )
    return MigrationReaders(register)


KNOWN = {(migration_id("op"), "shop"), ("m1", "shop")}
INTENT: Any = SimpleNamespace(operation="op", project="shop", arguments={"migration": "m1"})


def test_every_word_that_changes_something_has_a_reader() -> None:
    assert set(readers(None).all()) == {
        "migrate.start",
        "migrate.pause",
        "migrate.resume",
        "migrate.cancel",
        "migrate.rollback",
    }


@pytest.mark.parametrize(
    ("state", "outcome", "detail"),
    [
        (RUNNING, Outcome.UNKNOWN, "the migration m1 is running: see `/xk8s migrate show m1`"),
        (DONE, Outcome.SUCCEEDED, "the migration m1 is done"),
        (ROLLED_BACK, Outcome.FAILED, "the migration m1 is rolled back"),
    ],
)
def test_a_migration_that_was_begun_has_ended_or_goes_on(state: str, outcome: Outcome, detail: str) -> None:
    readback = readers(cluster_migration(state=state)).read_start(INTENT)
    assert (readback.outcome, readback.detail) == (outcome, f"cut off; {detail}")


def test_what_was_not_stored_was_not_begun() -> None:
    assert readers(None).read_start(INTENT).outcome is Outcome.FAILED


def test_a_signal_that_was_stored_is_heard() -> None:
    stored = cluster_migration(history=[{"what": "pause", "once": "wanted:op"}])
    assert readers(stored).read_signal(INTENT).outcome is Outcome.SUCCEEDED
    for record in (cluster_migration(history=[{"once": "wanted:another"}]), None):
        readback = readers(record).read_signal(INTENT)
        assert readback.outcome is Outcome.FAILED and "say it again" in readback.detail

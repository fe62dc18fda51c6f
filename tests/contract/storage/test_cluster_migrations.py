"""Where migrations are noted: one open one names a cluster, a wish counts once, history is told once."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from storage.cluster_migrations import DONE, ClusterMigration, ClusterMigrationRepository, PendingSignal
from storage.database import Database
from tests.support.cluster_migrations import cluster_migration

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def migration(number: int = 1, source: str = "s", target: str = "t") -> ClusterMigration:
    return cluster_migration(number, source=source, target=target, plan={"items": []})


def test_one_open_migration_at_most_names_a_cluster(database: Database) -> None:
    migrations = ClusterMigrationRepository(database)
    assert migrations.create(migration()).id == "m1"
    assert migrations.create(migration()).id == "m1", "a second attempt gets what it has"
    assert migrations.create(migration(2, source="t", target="")).id == "m1", "a target is taken as well"
    assert migrations.create(migration(3, source="other", target="")).id == "m3"
    assert (
        migrations.open_migration_of("s") == "m1"
        and migrations.open_migration_of("t") == "m1"
        and migrations.open_migration_of("nobody") is None
    )
    assert (
        migrations.open_migration_of("being-built", ordered_by="operation-1") == "m1"
        and migrations.open_migration_of("x", ordered_by="") is None
    )
    migrations.update_state("m1", state=DONE, ended_at=NOW)
    assert (
        migrations.open_migration_of("s") is None
        and migrations.open_migration_of("being-built", ordered_by="operation-1") is None
    )
    assert migrations.create(migration(4)).id == "m4"


def test_of_many_that_begin_at_one_moment_one_is_begun(database: Database) -> None:
    migrations = ClusterMigrationRepository(database)
    with ThreadPoolExecutor(6) as pool:
        ids = list(pool.map(lambda number: migrations.create(migration(number)).id, range(1, 7)))
    assert len(set(ids)) == 1
    assert len(migrations.of_project("shop")) == 1


def test_a_wish_counts_once_and_only_while_it_is_open(database: Database) -> None:
    migrations = ClusterMigrationRepository(database)
    migrations.create(migration())
    for _ in range(2):
        current = migrations.send_signal("m1", "pause", by="ana", operation="click-1")
    assert current is not None and current.control_number == 1
    again = migrations.send_signal("m1", "resume", by="bo", operation="click-2")
    assert (
        migrations.pending_signal("m1") == PendingSignal(word="resume", number=2, by="bo")
        and migrations.pending_signal("m9") is None
    )
    assert again is not None and (again.control, again.control_number, again.control_by) == (
        "resume",
        2,
        "bo",
    )
    migrations.update_state("m1", state=DONE)
    late = migrations.send_signal("m1", "rollback", by="bo", operation="click-3")
    assert late is not None and late.control_number == 2
    assert migrations.send_signal("m9", "pause", by="ana", operation="click-4") is None


def test_what_was_told_once_is_not_told_again(database: Database) -> None:
    migrations = ClusterMigrationRepository(database)
    migrations.create(migration())
    for _ in range(3):
        migrations.append_event("m1", {"what": "done", "said": "copied"}, once="done:1")
    current = migrations.get("m1", project="shop")
    assert current is not None and [event["said"] for event in current.history] == ["copied"]
    assert migrations.get("m1", project="bank") is None
    assert dataclasses.replace(current, history=[]) == migration()


def test_the_migrations_of_operations_are_found(database: Database) -> None:
    migrations = ClusterMigrationRepository(database)
    for number in (1, 2):
        migrations.create(migration(number, source=f"s{number}", target=""))
    assert [started.id for started in migrations.of_operations(["operation-2", "nobody"])] == ["m2"]
    assert migrations.of_operations([]) == []

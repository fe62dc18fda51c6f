"""Turns of migrations: so many of a project are at work, first come first served, also when many ask at
one moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from storage.cluster_migrations import DONE, PAUSED, ClusterMigrationRepository
from storage.database import Database
from storage.inbox import InboxEntry
from storage.long_running_operations import LongRunningOperation, LongRunningOperationRepository
from storage.migration_permits import ConcurrencyPermit, MigrationPermitRepository
from tests.support.cluster_migrations import cluster_migration

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def acquire(
    permits: MigrationPermitRepository, migration: str, *, limit: int | None, project: str = "shop"
) -> ConcurrencyPermit:
    operation = f"operation-{migration.removeprefix('m')}"
    return permits.acquire(migration, operation=operation, project=project, limit=limit)


def noted(database: Database, *numbers: int, project: str = "shop") -> None:
    migrations = ClusterMigrationRepository(database)
    for number in numbers:
        migrations.create(cluster_migration(number, project=project))


@pytest.fixture
def permits(database: Database) -> MigrationPermitRepository:
    return MigrationPermitRepository(database)


@pytest.fixture
def replicas(database_url: str) -> Iterator[tuple[Database, Database]]:
    """Two replicas on one database."""
    pair = Database.open(database_url), Database.open(database_url)
    pair[0].upgrade()
    yield pair
    for replica in pair:
        replica.dispose()


def test_so_many_are_at_work_and_the_first_that_waits_is_the_next(
    database: Database, permits: MigrationPermitRepository
) -> None:
    noted(database, 1, 2, 3, 4)
    assert acquire(permits, "m1", limit=2) == ConcurrencyPermit(held=True, at_work=1)
    assert acquire(permits, "m2", limit=2) == ConcurrencyPermit(held=True, at_work=2)
    assert acquire(permits, "m3", limit=2) == ConcurrencyPermit(held=False, at_work=2)
    assert not acquire(permits, "m4", limit=2).held
    permits.release("m1")
    assert not acquire(permits, "m4", limit=2).held, "m3 came first"
    assert acquire(permits, "m3", limit=2).held
    permits.release("m2")
    assert acquire(permits, "m4", limit=2).held


def test_the_second_that_waits_takes_the_second_of_two_that_are_free(
    database: Database, permits: MigrationPermitRepository
) -> None:
    noted(database, 1, 2, 3)
    assert acquire(permits, "m1", limit=1).held
    assert not acquire(permits, "m2", limit=1).held
    assert not acquire(permits, "m3", limit=1).held
    assert acquire(permits, "m3", limit=3).held, "the configuration was read again: there is room for both"
    assert acquire(permits, "m2", limit=3).held


def test_a_turn_is_the_migrations_whoever_works_on_it(replicas: tuple[Database, Database]) -> None:
    noted(replicas[0], 1, 2, 3)
    first, second = (MigrationPermitRepository(replica) for replica in replicas)
    assert acquire(first, "m1", limit=1).held
    assert not acquire(first, "m2", limit=1).held
    assert acquire(second, "m1", limit=1).held, "taken over, it has its turn"
    assert not acquire(second, "m3", limit=1).held
    assert not acquire(second, "m2", limit=1).held
    second.release("m1")
    assert not acquire(first, "m3", limit=1).held
    assert acquire(second, "m2", limit=1).held, "and its place in the line"


def test_who_pauses_goes_to_the_end_of_the_line(
    database: Database, permits: MigrationPermitRepository
) -> None:
    noted(database, 1, 2, 3)
    acquire(permits, "m1", limit=1)
    acquire(permits, "m2", limit=1)
    acquire(permits, "m3", limit=1)
    permits.release("m2")
    permits.release("m1")
    assert not acquire(permits, "m2", limit=1).held
    assert acquire(permits, "m3", limit=1).held


def test_who_wants_out_waits_for_nobody_and_counts_all_the_same(
    database: Database, permits: MigrationPermitRepository
) -> None:
    noted(database, 1, 2, 3)
    acquire(permits, "m1", limit=1)
    acquire(permits, "m2", limit=1)
    assert acquire(permits, "m3", limit=None) == ConcurrencyPermit(held=True, at_work=2)
    permits.release("m1")
    assert not acquire(permits, "m2", limit=1).held
    assert acquire(permits, "m2", limit=None).held, "also one that waited"


def test_projects_do_not_wait_for_each_other(database: Database, permits: MigrationPermitRepository) -> None:
    noted(database, 1)
    noted(database, 2, project="bank")
    assert acquire(permits, "m1", limit=1).held
    assert acquire(permits, "m2", limit=1, project="bank").held


def test_a_migration_that_has_ended_holds_no_turn(
    database: Database, permits: MigrationPermitRepository
) -> None:
    noted(database, 1, 2, 3, 4)
    register, continuations = ClusterMigrationRepository(database), LongRunningOperationRepository(database)
    acquire(permits, "m1", limit=2)
    acquire(permits, "m2", limit=2)
    register.update_state("m1", state=DONE, ended_at=NOW)
    assert acquire(permits, "m3", limit=2).held
    operation = LongRunningOperation(
        operation="operation-2", project="shop", action={}, request={}, work="migrate", input={}, begun_at=NOW
    )
    continuations.create(
        operation, entry=InboxEntry(key="k", operation="operation-2", payload={}, received_at=NOW)
    )
    assert not acquire(permits, "m4", limit=2).held
    continuations.store_outcome("operation-2", outcome={"problem": {}}, now=NOW)
    assert acquire(permits, "m4", limit=2).held, (
        "its work was given up, whatever the migration says of itself"
    )


def test_of_many_that_ask_at_one_moment_in_two_replicas_no_more_than_the_limit_work(
    replicas: tuple[Database, Database],
) -> None:
    noted(replicas[0], *range(12))
    sides = [MigrationPermitRepository(replica) for replica in replicas]
    with ThreadPoolExecutor(12) as pool:
        permits = list(pool.map(lambda number: acquire(sides[number % 2], f"m{number}", limit=3), range(12)))
    assert sum(permit.held for permit in permits) == 3
    with ThreadPoolExecutor(12) as pool:
        again = list(
            pool.map(lambda number: acquire(sides[(number + 1) % 2], f"m{number}", limit=3).held, range(12))
        )
    assert again == [permit.held for permit in permits], "asked again elsewhere, nothing has changed"


def test_everybody_has_had_a_turn_in_the_order_of_asking(replicas: tuple[Database, Database]) -> None:
    noted(replicas[0], *range(6))
    sides = [MigrationPermitRepository(replica) for replica in replicas]
    order: list[str] = []
    for number in range(6):
        acquire(sides[number % 2], f"m{number}", limit=2)
    waiting = [f"m{number}" for number in range(6)]
    while waiting:
        order += [migration for migration in reversed(waiting) if acquire(sides[0], migration, limit=2).held]
        waiting = [migration for migration in waiting if migration not in order]
        for migration in order[-2:]:
            sides[1].release(migration)
    assert [sorted(order[at : at + 2]) for at in (0, 2, 4)] == [["m0", "m1"], ["m2", "m3"], ["m4", "m5"]]


def test_a_pause_and_a_turn_do_not_touch_each_others_rows(
    database: Database, permits: MigrationPermitRepository
) -> None:
    noted(database, 1)
    register = ClusterMigrationRepository(database)
    acquire(permits, "m1", limit=1)
    register.update_state("m1", state=PAUSED, waits="somebody paused it")
    permits.release("m1")
    permits.release("m1")
    stored = register.get("m1")
    assert stored is not None and (stored.state, stored.waits) == (PAUSED, "somebody paused it")

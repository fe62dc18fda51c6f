"""kill -9 in the middle of a migration, again and again: it ends as if nothing had happened."""

from __future__ import annotations

import contextlib
import pathlib
import random
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine, text

from bot.adapters.durable.system_database import SCHEMA, beside
from sandbox.kube import workloads
from sandbox.kube.cluster import SandboxCluster
from storage.approvals import ApprovalRepository, Vote
from storage.cluster_migrations import ClusterMigrationRepository
from storage.database import Database
from tests.e2e.conftest import Bot, _text
from tests.e2e.migration_journey import SMALL, Movers, moving_house
from tests.reliability.test_operations import Journal, _outcomes

pytestmark = [pytest.mark.reliability, pytest.mark.timeout(900)]
THERE = ("dev-eu", "dev-eu-calico", "migrate dev-eu --to calico --volumes reattach --soak 1s")
BACK = ("dev-eu-calico", "dev-eu-flannel", "migrate dev-eu-calico --to flannel --volumes reattach --soak 1s")


@contextlib.contextmanager
def deciding(url: str) -> Iterator[Database]:
    """Somebody approves whatever is asked for, while the bot lives and while it does not."""
    database, ending = Database.open(url), threading.Event()
    approvals = ApprovalRepository(database)

    def decide() -> None:
        while not ending.wait(0.3):
            with contextlib.suppress(Exception):  # the bot may be making its tables
                for approval in approvals.unfinished(["shop"]):
                    approvals.decide(
                        approval.id,
                        Vote(person="U0DEE", name="dee", approved=True),
                        now=datetime.now(UTC),
                    )

    thread = threading.Thread(target=decide, daemon=True)
    thread.start()
    try:
        yield database
    finally:
        ending.set()
        thread.join(timeout=5)
        database.dispose()


def killed_again_and_again(
    folder: pathlib.Path,
    url: str,
    *,
    kills: int,
    within: float = 0.0,
    ways: int = 1,
    sets: tuple[str, ...] = workloads.MIGRATION,
    apart: Sequence[int] = (1,),
) -> int:
    """Migrations there and back, killed at most so often in each; returns how many kills hit a migration that
    ran.

    `apart`: how many steps are recorded between two kills, by chance.
    """
    chance, hit = random.Random(7), 0
    with moving_house(folder, sets=sets, environment={"XK8S_DATABASE_URL": url}) as (office, [bot]):
        movers, journal = Movers(office), Journal(url)
        before, disks = movers.pods("dev-eu"), set(office.sandbox.infrastructure.storage.volumes)
        with deciding(url) as database:
            for source, target, words in (THERE, BACK)[:ways]:
                movers.orders(words)
                row = _begun(database, source)
                hit += _killed(bot, journal, database, row, kills, chance, within, apart)
                _ended(database, row)
                _as_if_nothing(movers, source, target)
                assert (
                    movers.pods(target) == before
                    and set(office.sandbox.infrastructure.storage.volumes) == disks
                )
                assert _outcomes(url, "migrate.start", source).count("succeeded") == 1
    return hit


def _begun(database: Database, source: str) -> str:
    register, end = ClusterMigrationRepository(database), time.monotonic() + 60
    while time.monotonic() < end:
        ids = [row.id for row in register.of_project("shop") if row.source_name == source]
        if ids:
            return ids[0]
        time.sleep(0.05)
    raise AssertionError("nothing was begun")


def _killed(
    bot: Bot,
    journal: Journal,
    database: Database,
    migration: str,
    kills: int,
    chance: random.Random,
    within: float,
    apart: Sequence[int],
) -> int:
    """Kill the bot when a step was just recorded, or up to `within` seconds later; how often it ran when
    it was killed.
    """
    register, hit = ClusterMigrationRepository(database), 0
    while hit < kills:
        steps, end = journal.steps("migrate") + chance.choice(apart), time.monotonic() + 20
        while journal.steps("migrate") < steps and time.monotonic() < end:
            time.sleep(0.002)
        time.sleep(chance.uniform(0.0, within))
        row = register.get(migration)
        if row is None or not row.open:
            break
        bot.kill()
        hit += 1
        bot.start()
    return hit


def _ended(database: Database, migration: str) -> None:
    register, end = ClusterMigrationRepository(database), time.monotonic() + 120
    while time.monotonic() < end:
        row = register.get(migration)
        assert row is not None and row.state != "paused", row
        if row.state == "done":
            return
        time.sleep(0.2)
    raise AssertionError(f"it stands: {register.get(migration)}")


def _as_if_nothing(movers: Movers, source: str, target: str) -> None:
    movers.says(f"Migration of {source} → {target}")
    movers.office.sandbox.settle()
    assert movers.named(source) == 0 and movers.named(target) == 1
    movers.office.until(lambda: _told(movers, source) == 1)
    assert _told(movers, source) == 1, "its end is told once"


def _told(movers: Movers, source: str) -> int:
    """How many root messages tell the end of a migration."""
    roots = [
        " ".join(_text(message).split())
        for message in list(movers.workspace.messages)
        if not message.thread and not message.only_for
    ]
    return sum(f"Migration of {source} →" in line for line in roots)


@pytest.mark.parametrize("within", [0.0, 0.4], ids=["at-boundaries", "inside-steps"])
def test_a_migration_that_is_killed_again_and_again_ends_as_if_nothing_had_happened(
    tmp_path: pathlib.Path, database_url: str, within: float
) -> None:
    kills = killed_again_and_again(
        tmp_path, database_url, kills=3, within=within, sets=SMALL, apart=range(10, 25)
    )
    assert kills == 3


def _wait_for_requests(cluster: SandboxCluster, agent: str) -> None:
    """Wait until one of the last requests to a cluster came from this version of the bot."""
    end = time.monotonic() + 30
    while not any(name.startswith(agent) for name in list(cluster.api.agents)):
        assert time.monotonic() < end, f"{agent} has had no part in it"
        time.sleep(0.005)


def test_an_upgrade_in_the_middle_of_a_migration_goes_on_with_it(
    tmp_path: pathlib.Path, sqlite_url: str
) -> None:
    with moving_house(tmp_path, sets=SMALL, environment={"XK8S_DATABASE_URL": sqlite_url}) as (office, [bot]):
        movers, journal = Movers(office), Journal(sqlite_url)
        bot.stop()
        bot.version = "0.0.9"
        bot.start()
        with deciding(sqlite_url) as database:
            movers.orders(THERE[2])
            row = _begun(database, "dev-eu")
            for steps, newer in ((15, "0.1.0"), (50, "0.2.0"), (70, "1.0.0")):
                journal.wait("migrate", steps)
                _wait_for_requests(movers.cluster("dev-eu-calico"), f"xk8s/{bot.version} ")
                assert bot.stop() == 0, bot.log()
                bot.version = newer
                bot.start()
            _ended(database, row)
            _as_if_nothing(movers, *THERE[:2])
        assert _outcomes(sqlite_url, "migrate.start", "dev-eu").count("succeeded") == 1


@pytest.mark.postgresql
@pytest.mark.parametrize("keys", [{}, {"XK8S_AUDIT_KEY": ""}], ids=["one-key-in-common", "each-its-own-key"])
def test_another_replica_finishes_the_migration_of_one_that_died(
    tmp_path: pathlib.Path, postgresql_url: str, keys: dict[str, str]
) -> None:
    environment = {"XK8S_DATABASE_URL": postgresql_url, **keys}
    with moving_house(tmp_path, sets=SMALL, environment=environment, replicas=2) as (office, bots):
        movers, journal = Movers(office), Journal(postgresql_url)
        before = movers.pods("dev-eu")
        with deciding(postgresql_url) as database:
            movers.orders(THERE[2])
            row = _begun(database, "dev-eu")
            journal.wait("migrate", 12)
            holder = _holder(postgresql_url, bots)
            assert holder.process is not None
            holder.process.send_signal(signal.SIGKILL)
            _ended(database, row)
            _as_if_nothing(movers, *THERE[:2])
        assert movers.pods("dev-eu-calico") == before
        assert _outcomes(postgresql_url, "migrate.start", "dev-eu").count("succeeded") == 1


def _holder(url: str, bots: list[Bot]) -> Bot:
    statement = (
        f"SELECT executor_id FROM {SCHEMA}.workflow_status WHERE status = 'PENDING' AND name = 'migrate'"
    )
    with create_engine(beside(url)).connect() as connection:
        executor = connection.execute(text(statement)).scalar_one()
    return next(bot for bot in bots if (bot.folder / "replica-id").read_text().strip() == executor)

"""kill -9 in the middle of durable work: it goes on, there is one cluster of the name, and its end is
told once.
"""

from __future__ import annotations

import contextlib
import pathlib
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from bot.adapters.durable.system_database import SCHEMA, beside
from bot.slack import plain_text
from sandbox.kube.controllers.kubelet import Timings
from sandbox.sandbox import Sandbox
from storage.database import Database
from tests.e2e.conftest import CLUSTERS, Bot, Office, unhurried
from tests.e2e.test_clusters import approve

BUILD_SECONDS = 1.5
CREATION = ("reserve", "order", "build", "release", "complete", "verify", "end")
DELETION = ("delete", "gone", "forget", "end")


class Journal:
    """What DBOS has recorded, as a test sees it from outside."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(beside(url))
        self._schema = f"{SCHEMA}." if self._engine.dialect.name == "postgresql" else ""

    def steps(self, workflow: str) -> int:
        """How many steps of the newest workflow of a name are recorded."""
        statement = (
            f"SELECT count(*) FROM {self._schema}operation_outputs WHERE workflow_uuid = (SELECT"
            f" workflow_uuid FROM {self._schema}workflow_status WHERE name = :name ORDER BY created_at DESC"
            " LIMIT 1)"
        )
        with self._engine.connect() as connection:
            try:
                return int(connection.execute(text(statement), {"name": workflow}).scalar() or 0)
            except (OperationalError, ProgrammingError) as missing:
                if "no such table" in str(missing) or "does not exist" in str(missing):
                    return 0  # DBOS has not made its tables yet
                raise

    def wait(self, workflow: str, steps: int) -> None:
        end = time.monotonic() + 30
        while self.steps(workflow) < steps:
            assert time.monotonic() < end, f"{workflow} did not come to step {steps}"
            time.sleep(0.005)


@contextlib.contextmanager
def working(folder: pathlib.Path, url: str, replicas: int = 1) -> Iterator[tuple[Office, list[Bot], Journal]]:
    """The office with some replicas on one database."""
    sandbox = Sandbox(
        timings=Timings(start=0.0, stop=0.0),
        seconds_to_build=BUILD_SECONDS,
        clusters=CLUSTERS,
        rate_limits=False,
    )
    sandbox.start()
    bots = []
    for number in range(replicas):
        home = folder / str(number)
        bots.append(Bot(home, {**unhurried(sandbox.write(home)), "XK8S_DATABASE_URL": url}))
    try:
        for bot in bots:
            bot.start()
        yield Office(sandbox, bots[0]), bots, Journal(url)
    finally:
        for bot in bots:
            if bot.process is not None and bot.process.poll() is None:
                bot.process.send_signal(signal.SIGCONT)
                bot.stop()
        sandbox.stop()


def orders(office: Office, words: str, *, who: str = "U0ANA") -> None:
    """Somebody types a command, and nobody waits for its answer."""
    office.until(lambda: office.sandbox.sockets.connections)
    delivery = office.sandbox.loopback.run(office.workspace.command(who, "C0SHOP", f"/xk8s {words}"))
    assert delivery.acknowledged


def clusters(office: Office, name: str) -> int:
    return sum(cluster["name"] == name for cluster in office.sandbox.cloud.clusters.values())


def ended_once(office: Office, url: str, action: str, name: str, phrase: str) -> None:
    """One outcome in the audit log, one root that says so, nothing left open."""
    office.until(lambda: said_in(office, phrase, below=False))
    outcomes = _outcomes(url, action, name)
    assert outcomes.count("succeeded") == 1 and "unknown" not in outcomes and "failed" not in outcomes
    assert said_in(office, phrase, below=False) == 1 and said_in(office, phrase, below=True) <= 1


def _outcomes(url: str, action: str, target: str) -> list[str]:
    database = Database.open(url)
    try:
        with database.reading() as connection:
            statement = text(
                "SELECT outcome FROM audit_events WHERE action = :a AND target = :t AND phase = 'outcome'"
            )
            return list(connection.execute(statement, {"a": action, "t": target}).scalars())
    finally:
        database.dispose()


def said_in(office: Office, phrase: str, *, below: bool) -> int:
    """How many roots, or replies below them, say something."""
    messages = [
        message
        for message in office.workspace.messages
        if bool(message.thread) is below and not message.only_for
    ]
    return sum(phrase in "\n".join(plain_text.lines(message.blocks)) for message in messages)


def test_a_creation_that_is_killed_at_every_step_boundary_makes_one_cluster(
    tmp_path: pathlib.Path, database_url: str
) -> None:
    with working(tmp_path, database_url) as (office, [bot], journal):
        for number in range(len(CREATION)):
            name = f"step-{number}"
            orders(office, f"cluster create {name} --template base-calico --nodes 1")
            journal.wait("cluster.create", number)
            bot.kill()
            bot.start()
            ended_once(office, database_url, "cluster.create", name, f"Cluster {name} created in shop")
            assert clusters(office, name) == 1
            office.sandbox.cloud.clusters = {
                uuid: cluster
                for uuid, cluster in office.sandbox.cloud.clusters.items()
                if cluster["name"] != name
            }


def test_a_creation_that_is_killed_at_random_moments_again_and_again_makes_one_cluster(
    tmp_path: pathlib.Path, database_url: str
) -> None:
    chance = random.Random(11)
    with working(tmp_path, database_url) as (office, [bot], _journal):
        orders(office, "cluster create dice --template base-flannel")
        for _ in range(5):
            time.sleep(chance.uniform(0.0, 1.2))
            bot.kill()
            bot.start()
        ended_once(office, database_url, "cluster.create", "dice", "Cluster dice created in shop")
        assert clusters(office, "dice") == 1


def test_a_deletion_that_is_killed_at_every_step_boundary_is_finished(
    tmp_path: pathlib.Path, database_url: str
) -> None:
    with working(tmp_path, database_url) as (office, [bot], journal):
        for number in range(len(DELETION)):
            name = f"gone-{number}"
            office.types(f"cluster create {name} --template base-flannel")
            request = office.types(f"cluster delete {name}", who="U0EVA")
            office.until(lambda: office.sandbox.sockets.connections)
            before = sum(call["method"] == "DELETE" for call in office.sandbox.cloud.requests)
            approve(office, request, typed=name)
            if number:
                deletions = office.sandbox.cloud.requests
                office.until(lambda: sum(r["method"] == "DELETE" for r in deletions) > before)  # noqa: B023
                journal.wait("cluster.delete", number)
            bot.kill()
            bot.start()
            ended_once(office, database_url, "cluster.delete", name, f"Cluster {name} deleted from shop")
            assert clusters(office, name) == 0


@pytest.mark.postgresql
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "paused"])
def test_another_replica_finishes_what_a_dead_or_paused_one_was_doing(
    tmp_path: pathlib.Path, postgresql_url: str, how: signal.Signals
) -> None:
    with working(tmp_path, postgresql_url, replicas=2) as (office, bots, journal):
        office.sandbox.cloud.seconds_to_build = 4.0
        office.until(lambda: len(office.sandbox.sockets.connections) == 2)
        orders(office, "cluster create shared --template base-calico --nodes 1")
        journal.wait("cluster.create", 2)
        holder = _holder(postgresql_url, bots)
        assert holder.process is not None
        holder.process.send_signal(how)
        office.until(lambda: clusters(office, "shared") == 1)
        office.until(lambda: said_in(office, "Cluster shared created in shop", below=False), 60)
        if how is signal.SIGSTOP:
            holder.process.send_signal(signal.SIGCONT)
            time.sleep(3.0)  # a second end would come now
        ended_once(office, postgresql_url, "cluster.create", "shared", "Cluster shared created in shop")
        assert clusters(office, "shared") == 1


def _holder(url: str, bots: list[Bot]) -> Bot:
    with create_engine(beside(url)).connect() as connection:
        executor = connection.execute(
            text(
                f"SELECT executor_id FROM {SCHEMA}.workflow_status WHERE status = 'PENDING' ORDER BY"
                " created_at DESC"
            )
        ).scalar_one()
    return next(bot for bot in bots if (bot.folder / "replica-id").read_text().strip() == executor)


def test_a_bot_that_is_told_to_stop_lets_go_of_durable_work_and_goes_on_after_the_start(
    tmp_path: pathlib.Path, sqlite_url: str
) -> None:
    with working(tmp_path, sqlite_url) as (office, [bot], journal):
        office.sandbox.cloud.seconds_to_build = 30.0
        orders(office, "cluster create calm --template base-calico --nodes 1")
        journal.wait("cluster.create", 2)
        assert bot.stop() == 0
        office.sandbox.cloud.seconds_to_build = 0.2
        cluster = next(
            cluster for cluster in office.sandbox.cloud.clusters.values() if cluster["name"] == "calm"
        )
        office.sandbox.loopback.run(office.sandbox.cloud.build_now(cluster))
        bot.start()
        ended_once(office, sqlite_url, "cluster.create", "calm", "Cluster calm created in shop")


pytestmark = [pytest.mark.reliability, pytest.mark.timeout(300)]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "killed"])
def test_what_a_terminal_began_goes_on_in_a_serving_replica(
    tmp_path: pathlib.Path, sqlite_url: str, how: signal.Signals
) -> None:
    with working(tmp_path, sqlite_url) as (office, [bot], journal):
        office.sandbox.cloud.seconds_to_build = 4.0
        words = [
            sys.executable,
            "-m",
            "bot.cli",
            "run",
            "cluster create typed --template base-calico --nodes 1",
        ]
        terminal = subprocess.Popen(words, env=bot.environment, stderr=subprocess.PIPE, text=True)
        journal.wait("cluster.create", 2)
        terminal.send_signal(how)
        _, stderr = terminal.communicate(timeout=30)
        if how is signal.SIGINT:
            assert terminal.returncode == 130 and "This goes on in the replica" in stderr
        office.until(lambda: _outcomes(sqlite_url, "cluster.create", "typed"), 60)
        assert _outcomes(sqlite_url, "cluster.create", "typed") == ["succeeded"]
        assert clusters(office, "typed") == 1

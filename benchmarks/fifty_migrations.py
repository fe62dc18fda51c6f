"""Fifty migrations at once under Slack's limits, decided over by one person: nothing refused, nothing old,
states at once.

Fifty clusters of one node with a team's few objects move from Flannel to Calico. Ages are looked at every
second as anybody sees them; when a step was done stands in the migration's history, when that was said in the
message's ts.
"""

from __future__ import annotations

import dataclasses
import pathlib
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from benchmarks import processes
from benchmarks.figures import Line
from benchmarks.updates import OLDEST_SECONDS, VISIBLE_SECONDS, Watch
from sandbox.kube.controllers.kubelet import Timings
from sandbox.sandbox import InitialCluster, Sandbox
from storage.cluster_migrations import ClusterMigration, ClusterMigrationRepository
from storage.database import Database

MIGRATIONS = 50
CHANNELS = ("C0SHOP", "C0SHOPDEV", "C0PARTNER")  # Slack takes one message a second in each
ORDERED_EVERY = 2.0  # seconds between two commands
DECIDED_EVERY = 10.0  # seconds between two decisions of a person who reads what is decided
QUIET_SECONDS = 180.0  # how long they are watched when all of them soak
MOST_SECONDS = 1_800.0
BUSY, BUSY_SECONDS = 3.0, 5.0  # states a second, and over how long they are counted
SETTINGS = f"""\
migration: {{per_project: {MIGRATIONS}}}
approvals: {{required: [migrate.cutover, migrate.delete, cluster.delete]}}
slack: {{updates_per_minute: 40}}
"""
Object = dict[str, Any]


def measure(folder: pathlib.Path) -> list[Line]:
    """Migrate all of them, and watch until every one has soaked for a while."""
    sandbox = Sandbox(
        timings=Timings(start=0.0, stop=0.0),
        seconds_to_build=2.0,
        rate_limits=True,
        clusters=(
            InitialCluster(name="lab", driver="calico", nodes=1),
            *(InitialCluster(name=name, driver="flannel", nodes=1) for name in _names()),
        ),
    )
    sandbox.start()
    sandbox.cloud.inventory.most_clusters = 4 * MIGRATIONS
    try:
        for name in _names():
            sandbox.loopback.run(_deployed(sandbox, name))
        sandbox.settle(60.0)
        admin = processes.free_port()
        environment = {**sandbox.write(folder), "XK8S_ADMIN_ADDR": f"127.0.0.1:{admin}"}
        with pathlib.Path(environment["XK8S_CONFIG"]).open("a") as file:
            file.write(SETTINGS)
        with processes.running(["bot.cli", "serve"], environment=environment, log=folder / "bot.log"):
            processes.wait_until(lambda: processes.ready(admin), name="xk8s serve")
            sandbox.loopback.run(sandbox.workspace.until(lambda: sandbox.sockets.connections, 30), 35)
            return _watched(sandbox, Database.open(f"sqlite:///{folder}/xk8s.sqlite3"))
    finally:
        sandbox.stop()


def _names() -> Iterator[str]:
    return (f"team-{number}" for number in range(MIGRATIONS))


async def _deployed(sandbox: Sandbox, name: str) -> None:
    sandbox.cluster_faults[name].cluster.deploy(list(_objects()))


def _objects() -> Iterator[Object]:
    labels = {"app": "web"}
    meta = {"name": "web", "namespace": "team", "labels": labels}
    container = {
        "name": "web",
        "image": "registry.example/web:1",
        "envFrom": [{"configMapRef": {"name": "web"}}],
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}
    yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"MODE": "fast"}}
    yield {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": {"token": "aHVudGVyMg=="}}
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {"selector": labels, "ports": [{"port": 80}]},
    }
    yield {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": template},
    }


@dataclasses.dataclass
class _Seen:
    seconds: float
    most: int  # migrations at once


def _watched(sandbox: Sandbox, database: Database) -> list[Line]:
    register, watch, person = ClusterMigrationRepository(database), Watch(sandbox), _Person(sandbox)
    for number, name in enumerate(_names()):
        words = f"/xk8s migrate {name} --to calico --soak 4h"
        sandbox.loopback.run(sandbox.workspace.command("U0ANA", CHANNELS[number % len(CHANNELS)], words))
        time.sleep(ORDERED_EVERY)
        watch.look()
    soak_times = _until_all_soak(register, watch, person)
    quiet = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < quiet:
        time.sleep(1.0)
        watch.look()
    migrations = register.of_project("shop", limit=2 * MIGRATIONS)
    late, slow = _delays(sandbox, migrations)
    refused = watch.refused["chat.update"]
    soak = sum(migration.step == "soak" for migration in migrations)
    return [
        Line(
            title="migrations that serve in the new cluster",
            figure=str(soak),
            bound=str(MIGRATIONS),
            bound_kept=soak == MIGRATIONS,
        ),
        Line(
            title="… at once at most, and until the last one served",
            figure=f"{soak_times.most}, {soak_times.seconds:.0f} s",
            bound=str(MIGRATIONS),
            bound_kept=soak_times.most == MIGRATIONS,
        ),
        Line(title="chat.update refused (429)", figure=str(refused), bound="none", bound_kept=not refused),
        Line(
            title="messages that follow a migration",
            figure=str(watch.shown),
            bound=str(MIGRATIONS),
            bound_kept=watch.shown == MIGRATIONS,
        ),
        Line(
            title="the oldest of them",
            figure=f"{watch.oldest:.0f} s",
            bound=f"{OLDEST_SECONDS:.0f} s",
            bound_kept=watch.oldest <= OLDEST_SECONDS,
        ),
        Line(
            title=(
                f"states that came while there were under {BUSY:.0f} a second ({len(slow)} of"
                f" {len(slow) + len(late)}), the latest visible after"
            ),
            figure=f"{max(slow, default=0.0):.1f} s",
            bound=f"{VISIBLE_SECONDS:.0f} s",
            bound_kept=bool(slow) and max(slow) <= VISIBLE_SECONDS,
        ),
    ]


def _until_all_soak(register: ClusterMigrationRepository, watch: Watch, person: _Person) -> _Seen:
    started, most = time.monotonic(), 0
    while time.monotonic() - started < MOST_SECONDS:
        time.sleep(1.0)
        watch.look()
        person.decides()
        migrations = register.of_project("shop", limit=2 * MIGRATIONS)
        most = max(
            most,
            sum(
                migration.open and not migration.waits.startswith("waits for its turn")
                for migration in migrations
            ),
        )
        if sum(migration.step == "soak" for migration in migrations) == MIGRATIONS:
            break
    return _Seen(time.monotonic() - started, most)


class _Person:
    """Approves one cut-over after the other."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._world = sandbox
        self._done: set[str] = set()
        self._next = 0.0

    def decides(self) -> None:
        """Press the button of the oldest card, if it is time for another one."""
        if time.monotonic() < self._next:
            return
        workspace = self._world.workspace
        for message in list(workspace.messages):
            button = (
                _approve(message.blocks)
                if message.ts not in self._done and message.channel in CHANNELS
                else ""
            )
            if button:
                self._done.add(message.ts)
                self._next = time.monotonic() + DECIDED_EVERY
                self._world.loopback.run(workspace.click("U0BO", message.channel, message.ts, button))
                return


def _approve(blocks: list[Object]) -> str:
    for block in blocks:
        for element in block.get("elements", ()) if block["type"] == "actions" else ():
            if element["text"]["text"] == "Approve":
                return str(element["action_id"])
    return ""


def _delays(sandbox: Sandbox, migrations: list[ClusterMigration]) -> tuple[list[float], list[float]]:
    """How long each end of a step took to be said: while there were many a second, and else."""
    posted = {}
    for message in sandbox.workspace.messages:
        payload = (message.metadata or {}).get("event_payload") or {}
        if str(payload.get("slot", "")).startswith("state-"):
            posted[payload["operation"], payload["slot"]] = float(message.ts)
    delays = sorted(
        (
            datetime.fromisoformat(event["at"]).timestamp(),
            migration.operation,
            f"state-{event['once'].partition(':')[2]}-{event['step']}",
        )
        for migration in migrations
        for event in migration.history
        if event.get("what") == "done"
    )
    late: list[float] = []
    slow: list[float] = []
    for at, operation, slot in delays:
        busy = sum(at - BUSY_SECONDS < other <= at for other, _, _ in delays) >= BUSY * BUSY_SECONDS
        (late if busy else slow).append(posted.get((operation, slot), float("inf")) - at)
    return late, slow

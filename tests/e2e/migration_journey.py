"""A cluster with a team's workloads, moved by people in front of everybody."""

from __future__ import annotations

import contextlib
import pathlib
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.kube import workloads
from sandbox.kube.cluster import SandboxCluster
from sandbox.kube.controllers.kubelet import Timings
from sandbox.sandbox import InitialCluster, Sandbox
from sandbox.slack.model import Message
from tests.e2e.conftest import Bot, Office, _text, unhurried

SMALL = ("platform", "shop", "shop-data")  # enough to move: workloads, disks, an operator with its objects
LONG = 180.0
IMPATIENT = "migration: {retry_for: 2s, answer_timeout: 1s}\nverification: {timeout: 2s}\n"  # pauses at once
KEPT = "mappings: {addresses: keep}"


@contextlib.contextmanager
def moving_house(
    folder: pathlib.Path,
    *,
    sets: tuple[str, ...] = workloads.MIGRATION,
    settings: str = "",
    project: str = "",
    nodes: int = 3,
    environment: Mapping[str, str] | None = None,
    replicas: int = 1,
) -> Iterator[tuple[Office, list[Bot]]]:
    """The office, with `dev-eu` on Flannel and templates of both drivers; and its replicas.

    `settings` are further lines of the configuration, `project` is one more of the project's.
    """
    sandbox = Sandbox(
        timings=Timings(start=0.0, stop=0.0),
        seconds_to_build=0.2,
        rate_limits=False,
        clusters=(
            InitialCluster(name="dev-eu", driver="flannel", nodes=nodes, workloads=sets),
            InitialCluster(name="lab", driver="calico", nodes=1),
        ),
    )
    sandbox.start()
    sandbox.settle(30.0)
    bots = []
    for number in range(replicas):
        home = folder / str(number)
        replica = Bot(home, unhurried(sandbox.write(home)) | dict(environment or {}))
        configuration = (home / "xk8s.yaml").read_text() + settings
        if project:
            configuration = configuration.replace(
                "    cloud: xloud-shop\n", f"    cloud: xloud-shop\n    {project}\n"
            )
        (home / "xk8s.yaml").write_text(configuration)
        bots.append(replica)
    try:
        for bot in bots:
            bot.start()
        yield Office(sandbox, bots[0]), bots
    finally:
        for bot in bots:
            if bot.process is not None and bot.process.poll() is None:
                bot.stop()
        sandbox.stop()


class Movers:
    """What people do and see of a migration."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.workspace = office.workspace

    def orders(self, words: str, *, who: str = "U0ANA") -> None:
        """Somebody types a command, and nobody waits for its answer."""
        self.office.until(lambda: self.office.sandbox.sockets.connections, 30)
        self.office.sandbox.loopback.run(self.workspace.command(who, "C0SHOP", f"/xk8s {words}"))

    def begins(self, words: str) -> None:
        """A migration is planned and approved."""
        before = len(self.workspace.messages)
        self.orders(words)
        self.says("waits for approval", before)
        self.approves("Migrate ", before)

    def says(self, text: str, after: int = 0, *, seconds: float = LONG) -> str:
        """Wait until something is said; returns all of the message."""

        def message() -> str | None:
            texts = [" ".join(_text(message).split()) for message in list(self.workspace.messages)[after:]]
            return next((message for message in reversed(texts) if text in message), None)

        try:
            return str(self.office.until(message, seconds))
        except TimeoutError:
            texts = [" ".join(_text(message).split()) for message in list(self.workspace.messages)[-6:]]
            raise AssertionError(f"nobody said {text!r}, but {texts}") from None

    def button(self, label: str, above: str, after: int = 0) -> tuple[Message, dict[str, Any]]:
        """The newest button of a message that says something; None of it is a private answer."""

        def button() -> tuple[Message, dict[str, Any]] | None:
            for message in reversed(list(self.workspace.messages)[after:]):
                for block in message.blocks if above in " ".join(_text(message).split()) else ():
                    for element in block.get("elements", ()) if block["type"] == "actions" else ():
                        if element["text"]["text"] == label and message.channel == "C0SHOP":
                            return message, element
            return None

        pressed: tuple[Message, dict[str, Any]] = self.office.until(button, LONG)
        return pressed

    def approves(self, subject: str, after: int = 0, *, who: str = "U0BO") -> None:
        """A second person approves what stands in a card of the channel."""
        self.office.clicks(self.button("Approve", _IN_CARD[subject.strip()], after), who=who)

    def approves_by_name(self, name: str, after: int = 0, *, who: str = "U0DEE") -> None:
        """A second person types the name of what is deleted."""
        self.office.clicks(self.button("Approve…", "cannot be undone", after), who=who)
        self.office.submits(who, self.office.form(who), typed=name)

    def cluster(self, name: str) -> SandboxCluster:
        """A cluster of the sandbox."""
        return self.office.sandbox.cluster_faults[name].cluster

    def pods(self, name: str, namespaces: tuple[str, ...] = ("shop", "billing")) -> Counter[str]:
        """Pods that run, by the object that keeps them."""
        kind = self.cluster(name).store.registry.named("Pod")
        return Counter(
            f"{namespace}/{pod['metadata'].get('labels', {}).get('app', pod['metadata']['name'])}"
            for namespace in namespaces
            for pod in self.cluster(name).store.all_of(kind, namespace)
            if not pod["metadata"].get("deletionTimestamp") and pod["status"].get("phase") == "Running"
        )

    def named(self, name: str) -> int:
        """How many clusters of a name the cloud has."""
        return sum(cluster["name"] == name for cluster in self.office.sandbox.cloud.clusters.values())


_IN_CARD = {"Migrate": "objects are copied", "Cut over": "the copy in"}


def wait(seconds: float) -> None:
    """Let a moment pass."""
    time.sleep(seconds)


WORDS = "migrate dev-eu --to calico --volumes reattach"


def migration_of(text: str) -> str:
    match = re.search(r"\bm[a-z2-9]{5}\b", text.partition("rollback ")[2] or text)
    assert match is not None, text
    return match[0]

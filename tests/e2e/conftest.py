"""The whole product: `xk8s serve` as a process of its own, against the sandbox, in both modes.

A test says what a person types and looks at what that person then sees.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any, cast

import pytest

from bot.cli.demo_actors import ends
from bot.slack import plain_text
from sandbox.kube.controllers.kubelet import Timings
from sandbox.sandbox import InitialCluster, Sandbox
from sandbox.slack.http_delivery import HttpDelivery
from sandbox.slack.model import Message, View
from tests.support import bot_logs
from tests.support.fork_server import ForkedProcess, ForkServer

SECONDS = 20.0
CLUSTERS = (
    InitialCluster(name="prod-eu", driver="calico", nodes=2),
    InitialCluster(name="staging-eu", driver="calico", nodes=3),
    InitialCluster(name="dev-eu", driver="flannel", nodes=2),
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@functools.cache
def fork_server() -> ForkServer:
    """The server of this test process."""
    return ForkServer()


class Bot:
    """One `xk8s serve` process."""

    def __init__(self, folder: pathlib.Path, environment: Mapping[str, str], *, http_port: int = 0) -> None:
        self.admin = free_port()
        self.folder = folder
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SLACK_", "XK8S_", "OS_"))
        }
        self.environment = {**inherited, **environment, "XK8S_ADMIN_ADDR": f"127.0.0.1:{self.admin}"}
        self._words = (
            ["serve", "--http", "--host", "127.0.0.1", "--port", str(http_port)] if http_port else ["serve"]
        )
        self.version = ""  # another one than this program's
        self.process: subprocess.Popen[bytes] | ForkedProcess | None = None

    def start(self, *, wait: bool = True, fresh: bool = False) -> None:
        """Start the bot: forked, or by a `fresh` interpreter, as an operator starts it."""
        output = self.folder / "bot.log"
        bot_logs.watch(output)
        if fresh or self.version:
            with output.open("ab") as log:
                self.process = subprocess.Popen(self._command(), env=self.environment, stdout=log, stderr=log)
        else:
            self.process = fork_server().start(self._words, environment=self.environment, output=output)
        if wait:
            self.until_ready()

    def _command(self) -> list[str]:
        if not self.version:
            return [sys.executable, "-m", "bot.cli", *self._words]
        program = f"import bot; bot.__version__ = {self.version!r}; from bot.cli.main import main; main()"
        return [sys.executable, "-c", program, *self._words]

    def until_ready(self) -> None:
        end = time.monotonic() + SECONDS
        while not self.ready():
            assert self.process is not None and self.process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.02)

    def ready(self) -> bool:
        return self.status("/readyz") == 200

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}{path}", timeout=2) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
            return -9

    def log(self) -> str:
        return (self.folder / "bot.log").read_text()[-4000:]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a terminal command with the same settings."""
        return fork_server().run(words, environment=self.environment, timeout=60)


@dataclasses.dataclass
class Seen:
    """What a person sees of one answer."""

    root: Message | None
    messages: list[Message]

    @property
    def text(self) -> str:
        return " ".join(" ".join(_text(message) for message in self.messages).split())

    @property
    def line(self) -> str:
        return _text(self.root) if self.root else ""

    def buttons(self) -> dict[str, tuple[Message, dict[str, Any]]]:
        return {
            element["text"]["text"]: (message, element)
            for message in self.messages
            for block in message.blocks
            if block["type"] == "actions"
            for element in block["elements"]
        }


def _text(message: Message) -> str:
    return "\n".join(plain_text.lines(message.blocks)) if message.blocks else message.text


class Office:
    """The workspace with the bot in it, and what people do there."""

    def __init__(self, sandbox: Sandbox, bot: Bot, *, port: int = 0) -> None:
        self.port = port  # of Slack's endpoint, in HTTP mode
        self.sandbox = sandbox
        self.bot = bot
        self.workspace = sandbox.workspace
        self._pressed: dict[str, float] = {}

    def types(self, words: str, *, who: str = "U0ANA", channel: str = "C0SHOP") -> Seen:
        """Somebody types a command; returns what was answered once it is complete."""
        before = len(self.workspace.messages)
        self.sandbox.loopback.run(self.workspace.command(who, channel, f"/xk8s {words}".strip()))
        return self.sees(before, channel=channel)

    def says(
        self, text: str, *, who: str = "U0ANA", channel: str = "C0SHOP", thread: str = ""
    ) -> tuple[Message, Seen]:
        """Somebody writes a message; returns it and what was answered."""
        before = len(self.workspace.messages)
        message = self.sandbox.loopback.run(self.workspace.say(who, channel, text, thread=thread))
        return message, self.sees(before + 1)

    def presses(self, answer: Seen, label: str, *, who: str = "U0ANA") -> Seen:
        """Somebody presses a button of an answer."""
        message, element = answer.buttons()[label]
        before = len(self.workspace.messages)
        self.sandbox.loopback.run(
            self.workspace.click(who, message.channel, message.ts, element["action_id"])
        )
        return self.sees(before)

    def sees(self, before: int, *, seconds: float = SECONDS, channel: str = "") -> Seen:
        """Wait until the answer that begins after `before` messages is complete.

        With a `channel`: the answer to a command there, whatever else is said meanwhile.
        """

        def complete() -> list[Message] | None:
            new = [
                message
                for message in self.workspace.messages[before:]
                if message.user == self.workspace.bot.id
            ]
            if channel:
                new = _answer_to_a_command(new, channel)
            done = any(ends(message) for message in new)
            return new if done and not any(_text(message).startswith("⏳") for message in new) else None

        new = self.sandbox.loopback.run(self.workspace.until(complete, seconds), seconds + 5)
        root = next((message for message in new if not message.thread and not message.only_for), None)
        return Seen(root, list(new))

    def clicks(self, button: tuple[Message, dict[str, Any]], *, who: str) -> None:
        """Somebody presses a button and does not wait for what comes of it."""
        message, element = button
        time.sleep(
            max(0.0, self._pressed.get(who, 0.0) + 1.1 - time.monotonic())
        )  # else it is a double click
        self._pressed[who] = time.monotonic()
        self.sandbox.loopback.run(
            self.workspace.click(who, message.channel, message.ts, element["action_id"])
        )

    def form(self, who: str) -> View:
        """The form that somebody has open, once it is filled."""
        view = self.until(
            lambda: next(
                (v for v in self.workspace.views.values() if v.user == who and not _loading(v)), None
            )
        )
        return cast("View", view)

    def submits(self, who: str, view: View, **values: Any) -> None:
        """Somebody submits a form."""
        self.sandbox.loopback.run(self.workspace.submit(who, view.id, values))

    def hears(self, text: str, *, who: str = "", channel: str = "") -> Message:
        """Wait until the bot has said something: to everybody, or in a channel, or to one person alone."""

        def newest_match() -> Message | None:
            return next(
                (
                    message
                    for message in reversed(self.workspace.messages)
                    if text in " ".join(_text(message).split())
                    and (not who or message.only_for == who)
                    and (not channel or message.channel == channel)
                ),
                None,
            )

        return cast("Message", self.until(newest_match))

    def until(self, condition: Any, seconds: float = SECONDS) -> Any:
        return self.sandbox.loopback.run(self.workspace.until(condition, seconds), seconds + 5)

    def fault(self, cluster: str, fault: str, on: bool, node: int = -1) -> None:
        switches = self.sandbox.cluster_faults[cluster]
        name = list(switches.cluster.network.machines)[node]
        self.sandbox.loopback.run(switches.switch(fault, on, name))
        self.sandbox.loopback.run(switches.cluster.settled())


def _loading(view: View) -> bool:
    return str(view.body.get("callback_id", "")).endswith(".loading") and "One moment" in str(
        view.body["blocks"]
    )


def _answer_to_a_command(messages: list[Message], channel: str) -> list[Message]:
    """A root of its own with its thread, and what was told to the asker alone."""
    in_channel = [message for message in messages if message.channel == channel]
    root = next((message for message in in_channel if not message.thread and not message.only_for), None)
    return [
        message
        for message in in_channel
        if message.only_for or (root is not None and root.ts in (message.ts, message.thread))
    ]


def unhurried(environment: dict[str, str]) -> dict[str, str]:
    """A workspace that takes as many updates as these tests make: they ask more in a minute than a team
    does.
    """
    with pathlib.Path(environment["XK8S_CONFIG"]).open("a") as file:
        file.write("slack: {updates_per_minute: 1000}\n")
    return environment


@contextlib.contextmanager
def office(
    folder: pathlib.Path,
    mode: str,
    *,
    settings: str = "",
    environment: Mapping[str, str] | None = None,
    **more: Any,
) -> Iterator[Office]:
    """A sandbox and one bot in it; `settings` are further lines of its configuration."""
    sandbox = Sandbox(
        timings=Timings(start=0.0, stop=0.0),
        seconds_to_build=0.2,
        clusters=CLUSTERS,
        rate_limits=False,
        **more,
    )
    sandbox.start()
    port = free_port() if mode == "http" else 0
    bot = Bot(folder, unhurried(sandbox.write(folder)) | dict(environment or {}), http_port=port)
    with (folder / "xk8s.yaml").open("a") as configuration:
        configuration.write(settings)
    if mode == "http":
        sandbox.workspace.deliver = HttpDelivery(f"http://127.0.0.1:{port}/slack/events").deliver
    bot.start()
    try:
        yield Office(sandbox, bot, port=port)
    finally:
        bot.stop()
        sandbox.stop()


@pytest.fixture(scope="module", params=["socket", "http"])
def everywhere(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office in each mode."""
    with office(tmp_path_factory.mktemp("bot"), request.param) as running_office:
        yield running_office


@pytest.fixture(scope="module")
def bot_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office in Socket Mode."""
    with office(tmp_path_factory.mktemp("bot"), "socket") as running_office:
        yield running_office


@pytest.fixture
def movers(tmp_path: pathlib.Path) -> Iterator[Any]:
    """People who move a small cluster."""
    from tests.e2e.migration_journey import SMALL, Movers, moving_house

    with moving_house(tmp_path, sets=SMALL) as (running_office, _bots):
        yield Movers(running_office)

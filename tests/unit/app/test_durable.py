"""The runtime is launched in the background, again and again until it is."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from bot.app import durable
from bot.app.durable import DurableWork
from bot.common.problems import Problem


class Supervisor:
    """Stands where take-overs are supervised."""

    def __init__(self, *_arguments: object, **_options: object) -> None:
        self.started = threading.Event()
        self.stopped = False

    def start(self) -> None:
        self.started.set()

    def stop(self) -> None:
        self.stopped = True


class Runtime:
    """A runtime that does not launch the first times."""

    def __init__(self, *, failures: int) -> None:
        self.failures = failures
        self.launches: list[str] = []
        self.stopped = False

    def launch(self, *, executor: str, reporter: object) -> None:
        self.launches.append(executor)
        if len(self.launches) <= self.failures:
            raise Problem("its tables are not there", why="upgrade first")

    def stop(self) -> None:
        self.stopped = True


class Continuations:
    def running(self) -> list[object]:
        return []


@pytest.fixture
def supervisor(monkeypatch: pytest.MonkeyPatch) -> type[Supervisor]:
    monkeypatch.setattr(durable, "TakeoverSupervisor", Supervisor)
    monkeypatch.setattr(durable, "RELAUNCH_SECONDS", 0.01)
    return Supervisor


def work(runtime: Runtime, failures: list[str]) -> Any:
    core: Any = type("Core", (), {})()
    core.runtime, core.database, core.codec, core.continuations = runtime, None, None, Continuations()
    reporter: Any = None
    return DurableWork(core, replica="replica-1", reporter=reporter, count_failure=failures.append)


def test_take_overs_are_supervised_once_it_is_launched(supervisor: type[Supervisor]) -> None:
    runtime, failures = Runtime(failures=0), list[str]()
    durable_work = work(runtime, failures)
    durable_work.start()
    assert durable_work._takeover.started.wait(5)
    durable_work.stop()
    assert runtime.launches == ["replica-1"] and failures == []
    assert runtime.stopped and durable_work._takeover.stopped


def test_a_launch_that_fails_is_counted_and_tried_again(supervisor: type[Supervisor]) -> None:
    runtime, failures = Runtime(failures=2), list[str]()
    durable_work = work(runtime, failures)
    durable_work.start()
    assert durable_work._takeover.started.wait(5)
    durable_work.stop()
    assert len(runtime.launches) == 3 and failures == ["workflows", "workflows"]

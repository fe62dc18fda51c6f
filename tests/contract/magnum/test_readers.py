"""What became of a change that was cut off is read from Magnum itself."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.actions import grammar
from bot.actions.service import Outcome, Readback
from bot.app.clock import utc_now
from bot.app.configuration import load
from bot.clusters.projects import Projects
from bot.clusters.readers import TargetReaders
from bot.clusters.templates.service import to_request
from sandbox.kube.controllers.kubelet import Timings
from sandbox.sandbox import InitialCluster, Sandbox
from tests.support.audit_events import audit_event

OPERATION = "7f3a" + "0" * 28
ReadBack = Callable[..., Readback]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(
        timings=Timings(start=0.0, stop=0.0),
        clusters=(InitialCluster(name="prod-eu", driver="calico", nodes=1),),
    )
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def projects(sandbox: Sandbox, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Projects:
    environment = sandbox.write(tmp_path)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", environment["OS_CLIENT_CONFIG_FILE"])
    settings = load(environment)
    return Projects(lambda: settings, now=utc_now)


@pytest.fixture
def read_back(projects: Projects) -> ReadBack:
    """What is found for words that were cut off some time ago."""

    def reading(words: str, *, ago: float = 0.0) -> Readback:
        action = grammar.parse(words)
        intent = audit_event(
            operation=OPERATION,
            at=datetime.now(UTC) - timedelta(minutes=ago),
            action=action.name,
            arguments=action.encode()["arguments"],
            target=action.target,
        )
        return TargetReaders(projects).all()[action.name](intent)

    return reading


def create(projects: Projects, words: str) -> dict[str, Any]:
    action: Any = grammar.parse(words)
    created = (
        projects.get("shop", operation=OPERATION)
        .templates()
        .create(to_request(action), operation=OPERATION, resumed=False)
    )
    return {"id": created.template.id, "name": created.template.name}


def test_a_template_that_was_created_before_the_crash_is_found(
    projects: Projects, read_back: ReadBack
) -> None:
    words = "template create flannel --name cut-off"
    assert read_back(words).outcome is Outcome.FAILED, "nothing is there"
    create(projects, words)
    readback = read_back(words, ago=1)
    assert readback.outcome is Outcome.SUCCEEDED and readback.target == "cut-off"


def test_the_name_that_was_left_out_is_told(projects: Projects, read_back: ReadBack) -> None:
    readback = read_back("template create flannel")
    assert readback.outcome is Outcome.FAILED and readback.target == "k8s-v1.29.5-flannel"


def test_a_template_that_was_there_before_is_not_taken_for_ones_own(
    sandbox: Sandbox, projects: Projects, read_back: ReadBack
) -> None:
    words = "template create calico --name older"
    body = create(projects, words)
    sandbox.cloud.templates[body["id"]]["created_at"] = "2026-01-01T00:00:00+00:00"
    readback = read_back(words)
    assert readback.outcome is Outcome.UNKNOWN and "template show older" in readback.detail
    readback = read_back("template create flannel --name older")
    assert readback.outcome is Outcome.FAILED and "was there before" in readback.detail


@pytest.mark.parametrize(
    ("words", "field", "done"),
    [("publish", "public", True), ("unpublish", "public", False), ("hide", "hidden", True)],
)
def test_what_a_template_is_now_tells_whether_it_was_changed(
    sandbox: Sandbox, projects: Projects, read_back: ReadBack, words: str, field: str, done: bool
) -> None:
    name = f"to-{words}"
    body = sandbox.cloud.templates[create(projects, f"template create calico --name {name}")["id"]]
    body[field] = done
    assert read_back(f"template {words} {name}").outcome is Outcome.SUCCEEDED
    body[field] = not done
    assert read_back(f"template {words} {name}").outcome is Outcome.FAILED
    assert read_back(f"template {words} nowhere").outcome is Outcome.FAILED


def test_what_is_gone_was_deleted(sandbox: Sandbox, projects: Projects, read_back: ReadBack) -> None:
    body = create(projects, "template create calico --name to-go")
    assert read_back("template delete to-go").outcome is Outcome.FAILED
    del sandbox.cloud.templates[body["id"]]
    assert read_back("template delete to-go").outcome is Outcome.SUCCEEDED
    assert read_back("cluster delete nowhere").outcome is Outcome.SUCCEEDED
    assert read_back("cluster delete prod-eu").outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("words", "status", "outcome"),
    [
        ("create", "CREATE_COMPLETE", Outcome.SUCCEEDED),
        ("create", "CREATE_FAILED", Outcome.FAILED),
        ("create", "CREATE_IN_PROGRESS", Outcome.UNKNOWN),
        ("delete", "DELETE_FAILED", Outcome.FAILED),
        ("delete", "DELETE_IN_PROGRESS", Outcome.UNKNOWN),
        ("delete", "UPDATE_COMPLETE", Outcome.FAILED),
    ],
)
def test_the_status_of_a_cluster_is_the_end_of_its_creation_or_deletion(
    sandbox: Sandbox, read_back: ReadBack, words: str, status: str, outcome: Outcome
) -> None:
    cluster = next(body for body in sandbox.cloud.clusters.values() if body["name"] == "prod-eu")
    before = cluster["status"]
    cluster["status"] = status
    try:
        readback = read_back(f"cluster {words} prod-eu{' --template t' if words == 'create' else ''}", ago=1)
        assert readback.outcome is outcome and (status in readback.detail)
    finally:
        cluster["status"] = before


def test_a_cluster_that_was_there_before_is_not_taken_for_ones_own(
    sandbox: Sandbox, read_back: ReadBack
) -> None:
    cluster = next(body for body in sandbox.cloud.clusters.values() if body["name"] == "prod-eu")
    before, cluster["created_at"] = cluster["created_at"], "2026-01-01T00:00:00+00:00"
    assert "was there before" in read_back("cluster create prod-eu --template t").detail
    cluster["created_at"] = before

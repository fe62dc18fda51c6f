"""Every change of a cluster or template has a reader, and the target itself tells what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.actions import grammar
from bot.actions.service import Outcome, Readback
from bot.clusters.readers import CLOCK_SKEW, TargetReaders
from tests.support.audit_events import audit_event
from tests.unit.clusters.fakes import NOW, OPERATION, FakeMagnum, FakeProjects, cluster, template


@pytest.fixture
def magnum() -> FakeMagnum:
    return FakeMagnum()


def read(magnum: FakeMagnum, words: str) -> Readback:
    """What the readers say of words whose request was cut off now."""
    action = grammar.parse(words)
    intent = audit_event(
        operation=OPERATION,
        at=NOW,
        action=action.name,
        arguments=action.encode()["arguments"],
        target=action.target,
    )
    return TargetReaders(FakeProjects(magnum)).all()[action.name](intent)


def test_a_template_may_be_older_than_the_intent_by_the_skew_of_the_clocks(magnum: FakeMagnum) -> None:
    words = "template create flannel --name mine"
    assert read(magnum, words).detail == "cut off before anything was created: there is no template mine"
    labels = {"kube_tag": "v1.29.5", "container_runtime": "containerd"}
    body = template("mine", network_driver="flannel", labels=labels)
    magnum.template_bodies = [body]
    body["created_at"] = (NOW - CLOCK_SKEW).isoformat()
    assert read(magnum, words).outcome is Outcome.SUCCEEDED and read(magnum, words).target == "mine"
    body["created_at"] = (NOW - CLOCK_SKEW - timedelta(seconds=1)).isoformat()
    readback = read(magnum, words)
    assert (
        readback.outcome is Outcome.UNKNOWN
        and "see `/xk8s template show mine` whether it is yours" in readback.detail
    )


def test_a_template_of_another_kind_is_somebody_elses(magnum: FakeMagnum) -> None:
    words = "template create flannel --name mine"
    magnum.template_bodies = [template("mine", created_at="2026-01-01T00:00:00+00:00")]
    assert read(magnum, words).outcome is Outcome.FAILED
    magnum.template_bodies = [template("mine", created_at=NOW.isoformat())]
    assert read(magnum, words).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("words", "body", "outcome", "detail"),
    [
        ("publish", {"public": True}, Outcome.SUCCEEDED, "cut off, but the template base is public"),
        ("publish", {}, Outcome.FAILED, "cut off: the template base is not public"),
        ("unpublish", {}, Outcome.SUCCEEDED, "cut off, but the template base is not public"),
        ("unpublish", {"public": True}, Outcome.FAILED, "cut off: the template base is public"),
        ("hide", {"hidden": True}, Outcome.SUCCEEDED, "cut off, but the template base is hidden"),
        ("delete", {}, Outcome.FAILED, "cut off: the template base is still there"),
    ],
)
def test_a_templates_own_state_tells(
    magnum: FakeMagnum, words: str, body: dict[str, Any], outcome: Outcome, detail: str
) -> None:
    magnum.template_bodies = [template(**body)]
    readback = read(magnum, f"template {words} base")
    assert (readback.outcome, readback.detail) == (outcome, detail)


def test_a_template_that_is_gone_was_deleted_and_nothing_else(magnum: FakeMagnum) -> None:
    assert read(magnum, "template delete base").outcome is Outcome.SUCCEEDED
    assert read(magnum, "template hide base").outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("status", "created", "deleted"),
    [
        ("CREATE_COMPLETE", Outcome.SUCCEEDED, Outcome.FAILED),
        ("CREATE_FAILED", Outcome.FAILED, Outcome.FAILED),
        ("CREATE_IN_PROGRESS", Outcome.UNKNOWN, Outcome.FAILED),
        ("DELETE_IN_PROGRESS", Outcome.UNKNOWN, Outcome.UNKNOWN),
        ("DELETE_FAILED", Outcome.UNKNOWN, Outcome.FAILED),
    ],
)
def test_the_status_of_a_cluster_tells(
    magnum: FakeMagnum, status: str, created: Outcome, deleted: Outcome
) -> None:
    reason = {"status_reason": "no valid host"} if status.endswith("FAILED") else {}
    magnum.cluster_bodies = [cluster("dev", status=status, created_at=NOW.isoformat(), **reason)]
    creation = read(magnum, "cluster create dev --template base")
    deletion = read(magnum, "cluster delete dev")
    assert (creation.outcome, deletion.outcome) == (created, deleted)
    assert status in creation.detail and status in deletion.detail
    if status == "CREATE_FAILED":
        assert creation.detail.endswith(": no valid host")


def test_a_cluster_that_is_not_there_was_deleted_or_never_created(magnum: FakeMagnum) -> None:
    assert read(magnum, "cluster delete dev").outcome is Outcome.SUCCEEDED
    assert read(magnum, "cluster create dev --template base").detail.endswith("there is no cluster dev")


def test_a_cluster_from_before_the_intent_is_not_its_result(magnum: FakeMagnum) -> None:
    magnum.cluster_bodies = [cluster("dev")]
    readback = read(magnum, "cluster create dev --template base")
    assert (readback.outcome, readback.detail) == (
        Outcome.FAILED,
        "cut off: the cluster dev was there before",
    )

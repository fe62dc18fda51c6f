"""Why a pod is not running and ready, in one line."""

from __future__ import annotations

from typing import Any

import pytest

from bot.drivers.verification.pod_status import LONGEST, not_ready_message, pod_rows
from bot.drivers.verification.report import PodRow
from tests.unit.drivers.builders import container, facts, node, pod


def waiting(reason: str, message: str = "", **status: Any) -> dict[str, Any]:
    return container(ready=False, state={"waiting": {"reason": reason, "message": message}}, **status)


def test_pods_that_are_ready_have_no_row() -> None:
    assert pod_rows(facts(nodes=(node("n1"), node("n2")), pods=(pod("a", on="n1"), pod("b", on="n2")))) == ()


@pytest.mark.parametrize(
    ("bad_node", "why"),
    [
        (
            node("n2", taints={"dedicated": "NoSchedule", "soft": "PreferNoSchedule"}),
            "the node has the taint dedicated:NoSchedule",
        ),
        (node("n2", ready="False", message="kubelet stopped"), "the node is not Ready: kubelet stopped"),
        (node("n2", ready=None), "the node is not Ready: it says nothing"),
        (node("n2"), "nothing keeps it away: look at the DaemonSet"),
    ],
)
def test_a_node_without_a_pod_says_what_keeps_it_away(bad_node: Any, why: str) -> None:
    rows = pod_rows(facts(nodes=(node("n1"), bad_node), pods=(pod(on="n1"),)))
    assert rows == (PodRow(node="n2", pod="", state="no pod", why=why),)


def test_a_container_that_waits_says_why_and_how_it_ended_last() -> None:
    crashing = waiting(
        "CrashLoopBackOff",
        "back-off 5m0s",
        restartCount=7,
        lastState={"terminated": {"reason": "OOMKilled", "exitCode": 137}},
    )
    [row] = pod_rows(facts(pods=(pod("p", ready=False, containers=[crashing]),)))
    assert row.state == "CrashLoopBackOff"
    assert row.why == ("calico-node: back-off 5m0s; it ended last with OOMKilled (exit code 137); 7 restarts")


def test_an_init_container_comes_before_the_containers_that_wait_for_it() -> None:
    stuck = pod(
        "p",
        ready=False,
        phase="Pending",
        initContainerStatuses=[waiting("ImagePullBackOff")],
        containers=[waiting("PodInitializing")],
    )
    [row] = pod_rows(facts(pods=(stuck,)))
    assert (row.state, row.why) == ("ImagePullBackOff", "calico-node: ImagePullBackOff")


def test_a_pod_that_is_not_ready_says_what_its_probe_said() -> None:
    reasons = {"p": "Readiness probe failed: BIRD is not ready\n"}
    [row] = pod_rows(facts(pods=(pod("p", ready=False),), reasons=reasons))
    assert (row.state, row.why) == ("not ready", "BIRD is not ready")


@pytest.mark.parametrize(
    ("status", "state", "why"),
    [
        ({"message": "containers with unready status"}, "not ready", "containers with unready status"),
        ({}, "not ready", "no reason is given"),
        ({"phase": "Failed", "reason": "Evicted"}, "Evicted", "no reason is given"),
        ({"phase": "Pending"}, "Pending", "no reason is given"),
        ({"phase": ""}, "unknown", "no reason is given"),
    ],
)
def test_without_a_probe_conditions_and_the_phase_tell(status: dict[str, Any], state: str, why: str) -> None:
    [row] = pod_rows(facts(pods=(pod("p", ready=False, **status),)))
    assert (row.state, row.why) == (state, why)


def test_a_pod_on_a_node_that_is_gone_has_a_row() -> None:
    rows = pod_rows(
        facts(nodes=(node("n1"),), pods=(pod("a", on="n1"), pod("b", on="gone"), pod("c", on="")))
    )
    assert [(row.node, row.pod, row.why) for row in rows] == [
        ("gone", "b", "it is on no node of the cluster"),
        ("–", "c", "it is on no node of the cluster"),
    ]


def test_a_long_message_of_a_kubelet_is_cut() -> None:
    text = not_ready_message(node(ready="False", message="x" * 500))
    assert len(text) == LONGEST and text.endswith("…")

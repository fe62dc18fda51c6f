"""The checks that every driver shares."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.drivers.verification import shared_checks
from tests.unit.drivers.builders import CALICO, NOW, container, daemon_set, facts, lines, node, pod

UP = CALICO.up_reason


def test_a_healthy_cluster_passes_every_check() -> None:
    results = shared_checks.run_shared_checks(facts(nodes=(node(network=UP),)), CALICO)
    assert [result.name for result in results] == [
        "a ready pod on every node",
        "DaemonSet is up to date",
        "one version everywhere",
        "no recent restarts",
        "nodes are Ready",
        "network conditions",
        "CoreDNS is ready",
    ]
    assert not [finding for result in results for finding in result.findings]


def test_a_node_without_a_pod_and_a_pod_that_is_not_ready_are_errors() -> None:
    cluster = facts(nodes=(node("n1"), node("n2")), pods=(pod("p", on="n1", ready=False),))
    findings = list(shared_checks.pod_on_every_node(cluster, CALICO))
    assert [(finding.node, finding.title) for finding in findings] == [
        ("n1", "calico-node is not ready"),
        ("n2", "no calico-node pod"),
    ]
    assert findings[1].advice == "/xk8s diagnose prod-eu --node n2"


@pytest.mark.parametrize(
    ("status", "title", "detail"),
    [
        (
            {"generation": 3, "observedGeneration": 2},
            "calico-node has changes that were not taken up",
            "generation 3, observed 2",
        ),
        (
            {"updatedNumberScheduled": 1, "desiredNumberScheduled": 3},
            "a rollout of calico-node is not finished",
            "1 of 3 pods are of the newest revision",
        ),
        ({"numberMisscheduled": 2}, "2 pods run where they should not", "numberMisscheduled of calico-node"),
    ],
)
def test_a_rollout_that_is_not_through_is_a_warning(status: dict[str, Any], title: str, detail: str) -> None:
    cluster = facts(daemon_set=daemon_set(**status))
    assert lines(shared_checks.rollout(cluster, CALICO)) == [f"warning {title} [] {detail}"]


def test_different_digests_of_one_container_are_a_warning_and_those_of_sidecars_are_not() -> None:
    pods = tuple(
        pod(name, containers=[container(image=image), container("sidecar", image=name)])
        for name, image in (("a", "sha256:1"), ("b", "sha256:2"), ("c", "sha256:1"))
    )
    [line] = lines(shared_checks.images(facts(pods=pods), CALICO))
    assert line.startswith("warning 2 different images of calico-node run [] the image digests")


@pytest.mark.parametrize(("minutes", "reported"), [(14, True), (16, False)])
def test_a_restart_is_told_for_a_quarter_of_an_hour(minutes: int, reported: bool) -> None:
    ended = {"terminated": {"exitCode": 1, "finishedAt": (NOW - timedelta(minutes=minutes)).isoformat()}}
    restarted = pod(on="n7", containers=[container(restartCount=3, lastState=ended)])
    findings = lines(shared_checks.recent_restarts(facts(pods=(restarted,)), CALICO))
    expected = f"warning calico-node restarted [n7] {minutes} min ago, error (exit code 1), 3 restarts in all"
    assert findings == ([expected] if reported else [])


def test_a_restart_of_a_pod_that_is_not_ready_is_left_to_the_finding_about_the_pod() -> None:
    ended = {"terminated": {"exitCode": 1, "finishedAt": NOW.isoformat()}}
    crashing = pod(ready=False, containers=[container(lastState=ended)])
    assert not list(shared_checks.recent_restarts(facts(pods=(crashing,)), CALICO))


@pytest.mark.parametrize(
    ("ready", "line"),
    [
        ("False", "error the node is NotReady [n1] kubelet stopped"),
        ("Unknown", "error the node does not report [n1] kubelet stopped"),
        (None, "error the node does not report [n1] it has no Ready condition"),
    ],
)
def test_a_node_that_is_not_ready_is_an_error(ready: str | None, line: str) -> None:
    cluster = facts(nodes=(node("n1", ready=ready, message="kubelet stopped"),))
    assert lines(shared_checks.nodes_ready(cluster, CALICO)) == [line]


def test_a_taint_of_a_network_that_was_never_set_up_is_an_error() -> None:
    tainted = node(taints={shared_checks.UNAVAILABLE_TAINT: "NoSchedule"}, network=UP)
    [line] = lines(shared_checks.network_conditions(facts(nodes=(tainted,)), CALICO))
    assert line.startswith("error the network is not set up [n1]")


def test_a_condition_of_another_driver_is_a_leftover() -> None:
    cluster = facts(nodes=(node("n1", network="FlannelIsUp"), node("n2", network=UP), node("n3")))
    assert lines(shared_checks.network_conditions(cluster, CALICO)) == [
        "warning another network driver was here [n1] NetworkUnavailable has the reason FlannelIsUp,"
        " not CalicoIsUp"
    ]


@pytest.mark.parametrize(
    ("ready", "line"),
    [
        ([], "error no CoreDNS pod is ready [] 0 pods with k8s-app=kube-dns, none ready"),
        ([False, False], "error no CoreDNS pod is ready [] 2 pods with k8s-app=kube-dns, none ready"),
        ([True, False], "warning 1 of 2 CoreDNS pods are not ready [] names resolve, with less to spare"),
    ],
)
def test_names_resolve_as_long_as_one_core_dns_pod_is_ready(ready: list[bool], line: str) -> None:
    cluster: Any = facts(
        dns_pods=tuple(pod(f"coredns-{n}", ready=is_ready) for n, is_ready in enumerate(ready))
    )
    [finding] = lines(shared_checks.core_dns(cluster, CALICO))
    assert finding.startswith(line)

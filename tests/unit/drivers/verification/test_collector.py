"""Everything is read once; what may not be read is told, and is no error."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from bot.adapters.kube.errors import ExecFailed, Forbidden
from bot.adapters.kube.objects import CustomResource, Event, Meta
from bot.adapters.kube.pod_exec import CommandOutput
from bot.drivers.facts import ClusterFacts, NotChecked, ProbeResult
from bot.drivers.profile import NodeProbe, ProbeFindings, ResourceList
from bot.drivers.verification import collector
from bot.drivers.verification.collector import Collector
from bot.drivers.verification.detection import RunningDriver
from tests.unit.drivers.builders import FLANNEL, NOW, daemon_set, pod
from tests.unit.drivers.verification.fake_kube import FakeKube, running

LISTS = (
    ResourceList(name="pools", paths=("/apis/new/v2/pools", "/apis/old/v1/pools")),
    ResourceList(name="peers", paths=("/apis/new/v2/peers",)),
)
POOL = CustomResource(metadata=Meta(name="default"))
PROBE = NodeProbe(
    subject="tunnel",
    up="up",
    columns=("a", "b", "c", "d", "e", "f"),
    commands=lambda readiness: () if "none" in readiness else (("best",), ("second",)),
    evaluate=lambda _facts: ProbeFindings(check=None),
)


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture
def stages() -> list[str]:
    return []


def collect(
    kube: FakeKube, executor: Executor, stages: list[str], **changes: Any
) -> tuple[ClusterFacts, list[NotChecked]]:
    profile = dataclasses.replace(FLANNEL, **changes)
    reader = Collector(
        kube=kube,  # type: ignore[arg-type]
        running=RunningDriver(profile=profile, daemon_set=kube.lists[collector.DAEMON_SETS][0]),
        executor=executor,
        on_stage=stages.append,
    )
    return reader.collect(cluster="dev", now=NOW), reader.skipped


def event(of: str, message: str, at: str) -> Event:
    body = {"message": message, "lastTimestamp": at, "involvedObject": {"name": of}}
    return msgspec.convert(body, Event)


def test_a_healthy_cluster_is_read_without_events(executor: Executor, stages: list[str]) -> None:
    kube = running()
    facts, skipped = collect(kube, executor, stages)
    assert [node.name for node in facts.nodes] == ["n1", "n2"] and len(facts.pods) == 2
    assert [pod.name for pod in facts.dns_pods] == ["coredns-1"]
    assert not skipped and collector.EVENTS not in kube.asked
    assert stages == ["reading nodes and pods"]


def test_the_newest_message_of_a_pod_that_is_not_ready_is_its_reason(
    executor: Executor, stages: list[str]
) -> None:
    kube = running()
    kube.lists[collector.PODS] = [pod("p1", ready=False), pod("p2", on="n2")]
    kube.lists[collector.EVENTS] = [
        event("p1", "newest", "2026-11-24T08:59:00Z"),
        event("p1", "older", "2026-11-24T08:00:00Z"),
        event("p2", "of a pod that is ready", "2026-11-24T08:59:30Z"),
    ]
    facts, _ = collect(kube, executor, stages)
    assert facts.reasons == {"p1": "newest"}


def test_events_that_may_not_be_read_are_told(executor: Executor, stages: list[str]) -> None:
    kube = running()
    kube.lists[collector.PODS] = [pod("p1", ready=False)]
    kube.lists[collector.EVENTS] = Forbidden("no", why="events is forbidden")
    facts, skipped = collect(kube, executor, stages)
    assert facts.reasons == {} and skipped == [NotChecked(what="events", why="events is forbidden")]


def test_the_first_list_that_the_api_serves_is_read_and_one_that_it_does_not_is_empty(
    executor: Executor, stages: list[str]
) -> None:
    kube = running()
    kube.lists["/apis/old/v1/pools"] = [POOL]
    facts, skipped = collect(kube, executor, stages, resources=LISTS)
    assert dict(facts.resources) == {"pools": (POOL,), "peers": ()} and not skipped


def test_a_list_that_may_not_be_read_is_told_and_the_older_one_is_not_tried(
    executor: Executor, stages: list[str]
) -> None:
    kube = running()
    kube.lists["/apis/new/v2/pools"] = Forbidden("no", why="pools is forbidden")
    facts, skipped = collect(kube, executor, stages, resources=LISTS)
    assert facts.resources["pools"] == () and "/apis/old/v1/pools" not in kube.asked
    assert skipped == [NotChecked(what="pools", why="pools is forbidden")]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What commands print, by pod and command, or the error they end with; other commands do not exist."""
    outputs: dict[str, Any] = {}

    def execute(_kube: object, *, pod: str, argv: Sequence[str], **_others: object) -> CommandOutput:
        output = outputs.get(f"{pod} {argv[0]}", CommandOutput(stdout="", stderr="not found", code=127))
        if isinstance(output, Exception):
            raise output
        assert isinstance(output, CommandOutput)
        return output

    monkeypatch.setattr(collector, "execute", execute)
    return outputs


def test_every_node_with_a_running_pod_is_asked(
    executor: Executor, stages: list[str], printed: dict[str, Any]
) -> None:
    kube = running(nodes=3)
    kube.lists[collector.PODS][2] = pod("p3", on="n3", phase="Pending", ready=False)
    printed["p1 best"] = CommandOutput(stdout="fine", stderr="", code=0)
    printed["p2 second"] = CommandOutput(stdout=" ", stderr="on stderr", code=1)
    facts, _ = collect(kube, executor, stages, probe=PROBE)
    assert facts.probes == {"n1": ProbeResult(output="fine"), "n2": ProbeResult(output="on stderr")}
    assert stages[-1] == "asking 2 nodes for their tunnels"


def test_a_command_that_fails_or_is_missing_is_followed_by_the_next_and_the_last_failure_is_told(
    executor: Executor, stages: list[str], printed: dict[str, Any]
) -> None:
    printed["p1 best"] = ExecFailed("the command did not end", why="timed out")
    printed["p1 second"] = CommandOutput(stdout="fine", stderr="", code=0)
    facts, _ = collect(running(), executor, stages, probe=PROBE)
    assert facts.probes["n1"] == ProbeResult(output="fine")
    assert facts.probes["n2"] == ProbeResult(failure="second is not in the image")


def test_when_the_first_node_is_forbidden_the_others_are_not_asked(
    executor: Executor, stages: list[str], printed: dict[str, Any]
) -> None:
    printed["p1 best"] = Forbidden("no", why="HTTP 403")
    printed["p2 best"] = AssertionError("asked all the same")
    facts, _ = collect(running(), executor, stages, probe=PROBE)
    refused = ProbeResult(failure="exec on pods is forbidden (HTTP 403)")
    assert facts.probes == {"n1": refused, "n2": refused}


@pytest.mark.parametrize("nobody", ["no-pod-runs", "nothing-to-ask"])
def test_nobody_is_asked_where_there_is_nobody_or_nothing_to_ask(
    executor: Executor, stages: list[str], printed: dict[str, Any], nobody: str
) -> None:
    kube = running(daemon_set("kube-flannel", readiness=["none"] if nobody == "nothing-to-ask" else ["x"]))
    if nobody == "no-pod-runs":
        kube.lists[collector.PODS] = [pod("p1", phase="Pending", ready=False)]
    facts, _ = collect(kube, executor, stages, probe=PROBE)
    assert facts.probes == {} and stages == ["reading nodes and pods"]

"""One verdict for each cluster: the worst thing that is true of its driver."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import Forbidden, Unreachable
from bot.drivers import catalog
from bot.drivers.driver import Driver
from bot.drivers.facts import (
    Check,
    CheckResult,
    NotChecked,
    ProbeResult,
    Session,
    SessionTable,
    error,
    warning,
)
from bot.drivers.profile import DriverProfile, NodeProbe, ProbeFindings
from bot.drivers.verification import collector
from bot.drivers.verification.report import Verdict, VerificationProgress
from bot.drivers.verification.verifier import VerificationTarget, Verifier
from tests.unit.drivers.builders import CALICO, FLANNEL, NOW, daemon_set, node, pod
from tests.unit.drivers.verification.fake_kube import FakeKube, running

# a driver whose own checks a test decides
PLAIN = dataclasses.replace(FLANNEL, checks=())
DOWN = Session(node="n1", peer="n2", kind="k", state="down", since="", info="")
Profile = Callable[[DriverProfile], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Profile:
    """Let Flannel have another profile."""

    def replace(profile: DriverProfile) -> None:
        monkeypatch.setattr("bot.drivers.verification.detection.profiles", lambda: (CALICO, profile))

    replace(PLAIN)
    return replace


@pytest.fixture
def verifier(use: Profile) -> Verifier:
    return Verifier(now=lambda: NOW, parallel=lambda: 4, seconds=lambda: 30.0)


def target(kube: FakeKube | Exception, name: str = "dev") -> VerificationTarget:
    def connect(_seconds: float) -> KubeClient:
        if isinstance(kube, Exception):
            raise kube
        return kube  # type: ignore[return-value]

    return VerificationTarget(name=name, id=f"u-{name}", project="shop", connect=connect)


def test_a_cluster_without_findings_is_healthy(verifier: Verifier) -> None:
    kube = running()
    stages: list[str] = []
    report = verifier.verify(target(kube), None, on_stage=stages.append)
    assert (report.verdict, report.running, report.asked) == (Verdict.HEALTHY, "flannel", None)
    assert (report.nodes, report.nodes_ok, report.passed) == (2, 2, 8)
    assert (report.cluster, report.cluster_id, report.project, report.at) == ("dev", "u-dev", "shop", NOW)
    assert kube.closed
    assert stages == ["connecting", "looking which driver runs", "reading nodes and pods"]


def test_an_error_degrades_it_and_its_nodes_are_counted(verifier: Verifier, use: Profile) -> None:
    findings = (error("bad", "d", node="n2"), warning("odd", "d", node="n1"))
    use(dataclasses.replace(PLAIN, checks=(Check(name="own", find=lambda _facts: findings),)))
    report = verifier.verify(target(running()), Driver("flannel"))
    assert report.verdict is Verdict.DEGRADED and (report.nodes, report.nodes_ok) == (2, 1)
    assert report.findings == findings and report.passed == 8


def test_warnings_alone_leave_it_healthy(verifier: Verifier, use: Profile) -> None:
    use(dataclasses.replace(PLAIN, checks=(Check(name="own", find=lambda _facts: [warning("odd", "d")]),)))
    assert verifier.verify(target(running()), None).verdict is Verdict.HEALTHY


def test_errors_come_first_and_what_two_checks_say_of_a_node_is_said_once(
    verifier: Verifier, use: Profile
) -> None:
    checks = (
        Check(name="one", find=lambda _facts: [warning("odd", "w"), error("bad", "d", node="n1")]),
        Check(name="two", find=lambda _facts: [error("also", "d", node="n1"), error("also", "d", node="n2")]),
    )
    use(dataclasses.replace(PLAIN, checks=checks))
    report = verifier.verify(target(running()), None)
    assert [(finding.title, finding.node) for finding in report.findings] == [
        ("bad", "n1"),
        ("also", "n2"),
        ("odd", ""),
    ]


def test_what_could_not_be_checked_makes_it_unknown_and_never_healthy(verifier: Verifier) -> None:
    kube = running()
    kube.lists[collector.PODS] = [pod("p1", on="n1"), pod("p2", on="n2", ready=False, message="m")]
    kube.lists[collector.EVENTS] = Forbidden("no", why="forbidden")
    report = verifier.verify(target(kube), None)
    assert report.verdict is Verdict.DEGRADED, "an error outweighs what could not be checked"
    assert report.not_checked == (NotChecked(what="events", why="forbidden"),)
    assert [row.pod for row in report.pods] == ["p2"]


def test_the_sessions_of_a_probe_are_in_the_report(
    verifier: Verifier, use: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    skipped = NotChecked(what="tunnels of n2", why="timed out")
    probed = ProbeFindings(
        check=CheckResult(name="tunnels"),
        not_checked=(skipped,),
        sessions=SessionTable(total=3, down=(DOWN,)),
    )
    probe = NodeProbe(
        subject="tunnel",
        up="up",
        columns=("a", "b", "c", "d", "e", "f"),
        commands=lambda _readiness: (("x",),),
        evaluate=lambda _facts: probed,
    )
    use(dataclasses.replace(PLAIN, probe=probe))
    monkeypatch.setattr(collector.Collector, "_probe", lambda *_arguments: ProbeResult(output="x"))
    report = verifier.verify(target(running()), None)
    assert (report.sessions, report.sessions_down, report.not_checked) == (3, (DOWN,), (skipped,))
    assert report.verdict is Verdict.UNKNOWN and report.passed == 9


def test_another_driver_is_a_mismatch_and_nothing_else_is_checked(verifier: Verifier) -> None:
    report = verifier.verify(target(running()), Driver("calico"))
    assert (report.verdict, report.running, report.nodes) == (Verdict.MISMATCHED, "flannel", 0)
    assert report.findings[0].title == "dev runs flannel, not calico"


def test_no_driver_is_a_mismatch_as_well(verifier: Verifier) -> None:
    report = verifier.verify(target(running(daemon_set("node-exporter"))), None)
    assert (report.verdict, report.running) == (Verdict.MISMATCHED, "")
    assert report.driver == "network driver"


def test_two_drivers_are_a_mismatch_and_the_one_that_was_named_is_checked(verifier: Verifier) -> None:
    kube = running()
    kube.lists[collector.DAEMON_SETS] = [daemon_set("calico-node"), daemon_set("kube-flannel")]
    report = verifier.verify(target(kube), Driver("flannel"))
    assert (report.verdict, report.running) == (Verdict.MISMATCHED, "flannel")
    assert report.findings[0].title == "two network drivers run" and report.nodes == 2


@pytest.mark.parametrize("where", ["connect", "read"])
def test_a_cluster_that_cannot_be_read_has_a_report_that_says_why(verifier: Verifier, where: str) -> None:
    failure = Unreachable("dev does not answer", why="timed out", fix="check the firewall")
    kube = running()
    kube.lists[collector.NODES] = failure
    report = verifier.verify(target(failure if where == "connect" else kube), None)
    assert report.verdict is Verdict.UNREACHABLE and report.nodes == 0
    assert (report.problem, report.advice) == ("dev does not answer: timed out", "check the firewall")
    assert kube.closed is (where == "read")


def test_several_clusters_are_reported_worst_first_and_one_spoils_no_other(verifier: Verifier) -> None:
    broken = running()
    broken.lists[collector.NODES] = [node("n1", ready="False"), node("n2")]
    targets = [
        target(running(), "healthy-b"),
        target(running(), "healthy-a"),
        target(broken, "degraded"),
        target(running(daemon_set("calico-node")), "mismatched"),
        target(Unreachable("no"), "unreachable"),
    ]
    states: list[VerificationProgress] = []
    reports = verifier.verify_many(targets, Driver("flannel"), progress=states.append)
    assert [report.cluster for report in reports] == [
        "unreachable",
        "mismatched",
        "degraded",
        "healthy-a",
        "healthy-b",
    ]
    assert states[0].done == () and states[0].clusters == 5
    assert {name for name, _ in states[-1].done} == {target.name for target in targets}


def test_the_catalogue_is_asked_for_the_drivers_that_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = Verifier(now=lambda: NOW, parallel=lambda: 1, seconds=lambda: 1.0)
    report = verifier.verify(target(running(daemon_set("kube-flannel"))), None)
    assert report.running in catalog.names()

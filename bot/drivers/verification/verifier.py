"""Verifies clusters: gathers, lets the checks judge, and gives one verdict each; several at once.

One cluster that cannot be reached, or is slow, never spoils the report of another.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime

from bot.adapters.kube.client import Kube
from bot.common.problems import Problem
from bot.drivers.catalog import profile as profile_of
from bot.drivers.driver import Driver
from bot.drivers.facts import BgpSession, CheckResult, ClusterFacts, Finding, NotChecked, Severity
from bot.drivers.verification import collector, detection, shared_checks
from bot.drivers.verification.report import PodRow, Verdict, VerificationProgress, VerificationReport, unread

PROBES_AT_ONCE = (
    3  # commands in pods and side reads, over all clusters: each takes a TLS handshake of this process
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class VerificationTarget:
    """A cluster to verify. `connect` makes a client with so many seconds to live; raises `Problem`."""

    name: str
    id: str
    project: str
    connect: Callable[[float], Kube]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Judged:
    running: str
    nodes: int = 0
    nodes_ok: int = 0
    checks: tuple[CheckResult, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    pods: tuple[PodRow, ...] = ()
    sessions: tuple[BgpSession, ...] = ()
    mismatch: bool = False


class Verifier:
    """Verifies clusters with bounded parallelism."""

    def __init__(
        self, *, now: Callable[[], datetime], parallel: Callable[[], int], seconds: Callable[[], float]
    ) -> None:
        self._now = now
        self._parallel = parallel
        self._seconds = seconds
        self._probes = ThreadPoolExecutor(PROBES_AT_ONCE, thread_name_prefix="probe")

    def verify_many(
        self,
        targets: Sequence[VerificationTarget],
        driver: Driver | None,
        *,
        progress: Callable[[VerificationProgress], None],
    ) -> tuple[VerificationReport, ...]:
        """Verify clusters, worst verdict first. Raises nothing for a cluster that cannot be read."""
        board = _Board(targets, driver, progress)
        board.show()
        with ThreadPoolExecutor(
            min(len(targets), self._parallel()) or 1, thread_name_prefix="verify"
        ) as pool:
            reports = list(pool.map(lambda target: self._one(target, driver, board), targets))
        order = [Verdict.UNREACHABLE, Verdict.MISMATCHED, Verdict.DEGRADED, Verdict.UNKNOWN, Verdict.HEALTHY]
        return tuple(sorted(reports, key=lambda report: (order.index(report.verdict), report.cluster)))

    def _one(self, target: VerificationTarget, driver: Driver | None, board: _Board) -> VerificationReport:
        report = self.verify(target, driver, stage=lambda doing: board.stage(target, doing))
        board.done(target, report.verdict)
        return report

    def verify(
        self,
        target: VerificationTarget,
        driver: Driver | None,
        *,
        stage: Callable[[str], None] = lambda _doing: None,
    ) -> VerificationReport:
        """Verify one cluster: a named driver, or whichever runs there."""
        started = time.monotonic()
        try:
            stage("connecting")
            kube = target.connect(self._seconds())
            try:
                judged = self._judge(kube, target, driver, self._probes, stage)
            finally:
                kube.close()
        except Problem as problem:
            return unread(
                cluster=target.name,
                cluster_id=target.id,
                project=target.project,
                asked=driver,
                problem=f"{problem.what}: {problem.why}" if problem.why else problem.what,
                advice=problem.fix,
                at=self._now(),
                seconds=time.monotonic() - started,
            )
        return self._report(target, driver, judged, time.monotonic() - started)

    def _judge(
        self,
        kube: Kube,
        target: VerificationTarget,
        driver: Driver | None,
        executor: Executor,
        stage: Callable[[str], None],
    ) -> _Judged:
        stage("looking which driver runs")
        found = detection.running_drivers(collector.daemon_sets(kube))
        chosen = next((each for each in found if driver in (None, each.profile.driver)), None)
        if chosen is None:
            names = " and ".join(each.profile.driver for each in found)
            return _Judged(
                running=names,
                checks=(CheckResult(name="driver", findings=(_other(target, driver, names),)),),
                mismatch=True,
            )
        facts, skipped = collector.gather(
            kube,
            cluster=target.name,
            profile=chosen.profile,
            daemon_set=chosen.daemon_set,
            now=self._now(),
            executor=executor,
            stage=stage,
        )
        own = chosen.profile.judge(facts)
        conflict = _conflict(target, [each.profile.driver for each in found])
        made = (
            CheckResult(name="one driver", findings=conflict),
            *shared_checks.shared(facts, chosen.profile),
            *own.checks,
        )
        troubled = {
            finding.node for check in made for finding in check.findings if finding.severity is Severity.ERROR
        }
        names_of_nodes = {node.name for node in facts.nodes}
        return _Judged(
            running=chosen.profile.driver,
            nodes=len(facts.nodes),
            nodes_ok=len(names_of_nodes - troubled),
            checks=made,
            not_checked=(*skipped, *own.not_checked),
            pods=shared_checks.pod_rows(facts),
            sessions=_each_once(own.sessions, facts),
            mismatch=bool(conflict),
        )

    def _report(
        self, target: VerificationTarget, driver: Driver | None, judged: _Judged, seconds: float
    ) -> VerificationReport:
        findings = tuple(_merged([finding for check in judged.checks for finding in check.findings]))
        return VerificationReport(
            cluster=target.name,
            cluster_id=target.id,
            project=target.project,
            asked=driver,
            running=judged.running,
            verdict=_verdict(judged, findings),
            nodes=judged.nodes,
            nodes_ok=judged.nodes_ok,
            passed=sum(not check.findings for check in judged.checks),
            findings=findings,
            not_checked=judged.not_checked,
            pods=judged.pods,
            sessions=len(judged.sessions),
            sessions_down=tuple(session for session in judged.sessions if not session.established),
            problem="",
            advice="",
            at=self._now(),
            seconds=seconds,
        )


class _Board:
    """What each cluster is at, for the progress message."""

    def __init__(
        self,
        targets: Sequence[VerificationTarget],
        driver: Driver | None,
        progress: Callable[[VerificationProgress], None],
    ) -> None:
        self._number = len(targets)
        self._driver = driver
        self._progress = progress
        self._doing: dict[str, str] = {}
        self._done: list[tuple[str, Verdict]] = []
        self._lock = threading.Lock()

    def stage(self, target: VerificationTarget, doing: str) -> None:
        with self._lock:
            self._doing[target.name] = doing
        self.show()

    def done(self, target: VerificationTarget, verdict: Verdict) -> None:
        with self._lock:
            self._doing.pop(target.name, None)
            self._done.append((target.name, verdict))
        self.show()

    def show(self) -> None:
        with self._lock:
            state = VerificationProgress(
                asked=self._driver,
                clusters=self._number,
                done=tuple(self._done),
                doing=tuple(self._doing.items()),
            )
        self._progress(state)


def _verdict(judged: _Judged, findings: Sequence[Finding]) -> Verdict:
    if judged.mismatch:
        return Verdict.MISMATCHED
    if any(finding.severity is Severity.ERROR for finding in findings):
        return Verdict.DEGRADED
    if judged.not_checked:
        return Verdict.UNKNOWN
    return Verdict.HEALTHY


def _other(target: VerificationTarget, driver: Driver | None, running: str) -> Finding:
    if not running:
        return Finding(
            severity=Severity.ERROR,
            title="no network driver runs",
            detail="no namespace has a DaemonSet of a driver that I know",
            advice=f"/xk8s diagnose {target.name}",
        )
    asked = profile_of(driver).title if driver else ""
    return Finding(
        severity=Severity.ERROR,
        title=f"{target.name} runs {running}, not {driver}",
        detail=f"its DaemonSets are those of {running}; a driver cannot be changed after deployment",
        advice=(
            f"/xk8s verify {running} {target.name}   to move to {asked}: /xk8s migrate {target.name} --to"
            f" {driver}"
        ),
    )


def _conflict(target: VerificationTarget, drivers: Sequence[Driver]) -> tuple[Finding, ...]:
    if len(drivers) < 2:
        return ()
    return (
        Finding(
            severity=Severity.ERROR,
            title="two network drivers run",
            detail=f"DaemonSets of {' and '.join(drivers)} are there",
            advice=f"/xk8s diagnose {target.name}",
        ),
    )


def _each_once(sessions: Sequence[BgpSession], facts: ClusterFacts) -> tuple[BgpSession, ...]:
    """A session between two nodes is seen from both ends: keep the end that says most."""
    names = {node.internal_ip: node.name for node in facts.nodes}
    kept: dict[frozenset[str], BgpSession] = {}
    for session in sessions:
        ends = frozenset({session.node, names.get(session.peer, session.peer)})
        other = kept.get(ends)
        if (
            other is None
            or (other.established and not session.established)
            or other.info.startswith("Passive")
        ):
            kept[ends] = session
    return tuple(kept.values())


def _merged(findings: Sequence[Finding]) -> list[Finding]:
    """Errors first; what stands for the same node and says the same is said once."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for finding in sorted(findings, key=lambda each: each.severity is not Severity.ERROR):
        key = (finding.node, finding.detail)
        if key not in seen:
            seen.add(key)
            kept.append(finding)
    return kept

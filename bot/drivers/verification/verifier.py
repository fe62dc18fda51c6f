"""Verifies clusters: detects the driver, collects facts, runs the checks, and gives one verdict for each.

Several clusters are verified at once. One that cannot be reached, or is slow, never spoils the report of
another.
"""

import dataclasses
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from bot.adapters.kube.client import KubeClient
from bot.common.problems import Problem
from bot.drivers.driver import Driver
from bot.drivers.facts import CheckResult, ClusterFacts, Finding, Severity
from bot.drivers.profile import DriverProfile, ProbeFindings
from bot.drivers.verification import detection
from bot.drivers.verification.collector import Collector, daemon_sets
from bot.drivers.verification.pod_status import pod_rows
from bot.drivers.verification.progress import ProgressTracker
from bot.drivers.verification.report import Verdict, VerificationProgress, VerificationReport
from bot.drivers.verification.shared_checks import run_shared_checks

# side reads and commands in pods, over all clusters: each takes a TLS handshake of this process
PROBES_AT_ONCE = 3
WORST_FIRST = (Verdict.UNREACHABLE, Verdict.MISMATCHED, Verdict.DEGRADED, Verdict.UNKNOWN, Verdict.HEALTHY)

OnStage = Callable[[str], None]


@dataclasses.dataclass(frozen=True, kw_only=True)
class VerificationTarget:
    """A cluster to verify. `connect` makes a client that lives for so many seconds; it raises `Problem`."""

    name: str
    id: str
    project: str
    connect: Callable[[float], KubeClient]


class Verifier:
    """Verifies clusters with bounded parallelism."""

    def __init__(
        self, *, now: Callable[[], datetime], parallel: Callable[[], int], seconds: Callable[[], float]
    ) -> None:
        """`parallel` is the number of clusters at once, `seconds` the time for one; both may change."""
        self._now = now
        self._parallel = parallel
        self._seconds = seconds
        self._executor = ThreadPoolExecutor(PROBES_AT_ONCE, thread_name_prefix="probe")

    def verify_many(
        self,
        targets: Sequence[VerificationTarget],
        driver: Driver | None,
        *,
        progress: Callable[[VerificationProgress], None],
    ) -> tuple[VerificationReport, ...]:
        """Verify clusters and return the reports, worst verdict first."""
        tracker = ProgressTracker(clusters=len(targets), asked=driver, report=progress)

        def verify(target: VerificationTarget) -> VerificationReport:
            report = self.verify(target, driver, on_stage=lambda stage: tracker.set_stage(target.name, stage))
            tracker.finish(target.name, report.verdict)
            return report

        tracker.report()
        workers = min(len(targets), self._parallel()) or 1
        with ThreadPoolExecutor(workers, thread_name_prefix="verify") as pool:
            reports = list(pool.map(verify, targets))
        return tuple(sorted(reports, key=lambda report: (WORST_FIRST.index(report.verdict), report.cluster)))

    def verify(
        self, target: VerificationTarget, driver: Driver | None, *, on_stage: OnStage = lambda _stage: None
    ) -> VerificationReport:
        """Verify one cluster for the named driver, or for whichever runs there.

        A `Problem` on the way to the cluster becomes a report with the verdict UNREACHABLE.
        """
        started = time.monotonic()
        report = VerificationReport(
            cluster=target.name,
            cluster_id=target.id,
            project=target.project,
            asked=driver,
            verdict=Verdict.UNREACHABLE,
            at=self._now(),
            seconds=0.0,
        )
        try:
            on_stage("connecting")
            kube = target.connect(self._seconds())
            try:
                report = self._check(kube, report, on_stage)
            finally:
                kube.close()
        except Problem as problem:
            why = f"{problem.what}: {problem.why}" if problem.why else problem.what
            report = dataclasses.replace(report, problem=why, advice=problem.fix)
        return dataclasses.replace(report, at=self._now(), seconds=time.monotonic() - started)

    def _check(self, kube: KubeClient, report: VerificationReport, on_stage: OnStage) -> VerificationReport:
        """Fill in what runs in the cluster and what the checks find. Raises `KubeError`."""
        on_stage("looking which driver runs")
        running = detection.running_drivers(daemon_sets(kube))
        candidates = [driver for driver in running if report.asked in (None, driver.profile.driver)]
        if not candidates:
            running_names = " and ".join(driver.profile.driver for driver in running)
            finding = detection.mismatch(report.cluster, report.asked, running_names)
            return dataclasses.replace(
                report, running=running_names, verdict=Verdict.MISMATCHED, findings=(finding,)
            )
        driver = candidates[0]
        collector = Collector(kube=kube, running=driver, executor=self._executor, on_stage=on_stage)
        facts = collector.collect(cluster=report.cluster, now=self._now())
        probed = _evaluate_probe(facts, driver.profile)
        conflicts = tuple(detection.conflict(facts, running))
        checks = (
            CheckResult(name="one driver", findings=conflicts),
            *run_shared_checks(facts, driver.profile),
            *(check.run(facts) for check in driver.profile.checks),
            *((probed.check,) if probed.check else ()),
        )
        findings = _unique_findings(finding for check in checks for finding in check.findings)
        not_checked = (*collector.skipped, *probed.not_checked)
        return dataclasses.replace(
            report,
            running=str(driver.profile.driver),
            verdict=_verdict(findings, conflict=bool(conflicts), complete=not not_checked),
            nodes=len(facts.nodes),
            nodes_ok=_count_healthy(facts, findings),
            passed=sum(not check.findings for check in checks),
            findings=findings,
            not_checked=not_checked,
            pods=pod_rows(facts),
            sessions=probed.sessions.total,
            sessions_down=probed.sessions.down,
        )


def _evaluate_probe(facts: ClusterFacts, profile: DriverProfile) -> ProbeFindings:
    if profile.probe is None or not facts.probes:
        return ProbeFindings(check=None)
    return profile.probe.evaluate(facts)


def _count_healthy(facts: ClusterFacts, findings: Iterable[Finding]) -> int:
    troubled = {finding.node for finding in findings if finding.severity is Severity.ERROR}
    return len({node.name for node in facts.nodes} - troubled)


def _verdict(findings: Iterable[Finding], *, conflict: bool, complete: bool) -> Verdict:
    if conflict:
        return Verdict.MISMATCHED
    if any(finding.severity is Severity.ERROR for finding in findings):
        return Verdict.DEGRADED
    return Verdict.HEALTHY if complete else Verdict.UNKNOWN


def _unique_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Put errors first, and say only once what two checks say of one node in the same words."""
    unique: dict[tuple[str, str], Finding] = {}
    for finding in sorted(findings, key=lambda finding: finding.severity is not Severity.ERROR):
        unique.setdefault((finding.node, finding.detail), finding)
    return tuple(unique.values())

"""What a verification found, as plain data: the views, the terminal and the database all read this."""

from __future__ import annotations

import dataclasses
import enum
from datetime import datetime
from typing import Any

from bot.drivers.driver import Driver
from bot.drivers.facts import BgpSession, Finding, NotChecked, Severity


class Verdict(enum.StrEnum):
    """The worst thing that is true of a cluster's driver."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"  # the right driver, something is wrong
    MISMATCHED = "mismatched"  # another driver runs, or none, or two
    UNREACHABLE = "unreachable"  # the cluster could not be read
    UNKNOWN = "unknown"  # nothing wrong was seen, but something essential could not be checked


@dataclasses.dataclass(frozen=True, kw_only=True)
class PodRow:
    """A driver's pod, or the lack of one, that is not as it should be."""

    node: str
    pod: str  # empty: there is none
    state: str
    why: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class VerificationReport:
    """One cluster."""

    cluster: str
    cluster_id: str
    project: str
    asked: Driver | None  # the driver that was named; None: whichever runs
    running: str  # the driver that was found; empty if none
    verdict: Verdict
    nodes: int
    nodes_ok: int
    passed: int  # checks that found nothing
    findings: tuple[Finding, ...]
    not_checked: tuple[NotChecked, ...]
    pods: tuple[PodRow, ...]
    sessions: int  # BGP sessions, each counted once
    sessions_down: tuple[BgpSession, ...]
    problem: str  # why it could not be read
    advice: str
    at: datetime
    seconds: float

    @property
    def driver(self) -> str:
        """The driver this report is about."""
        return str(self.asked or self.running or "network driver")

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make it unhealthy."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, for the database and `--json`."""
        return {**dataclasses.asdict(self), "at": self.at.isoformat()}


@dataclasses.dataclass(frozen=True, kw_only=True)
class VerificationSummary:
    """All clusters that were asked for, worst first; `missing` says what could not even be listed."""

    asked: Driver | None
    reports: tuple[VerificationReport, ...]
    missing: tuple[str, ...]
    single: bool  # one cluster was named

    @property
    def healthy(self) -> int:
        """How many are healthy."""
        return sum(report.verdict is Verdict.HEALTHY for report in self.reports)

    @property
    def shortfall(self) -> str:
        """What could not be verified, and why; empty if everything was (however unhealthy it is)."""
        unread = [
            f"{report.cluster}: {report.problem}"
            for report in self.reports
            if report.verdict is Verdict.UNREACHABLE
        ]
        skipped = [
            f"{report.cluster}: {each.what} not checked: {each.why}"
            for report in self.reports
            for each in report.not_checked
        ]
        return "; ".join([*self.missing, *unread, *skipped])


@dataclasses.dataclass(frozen=True, kw_only=True)
class VerificationProgress:
    """How far a verification is."""

    asked: Driver | None
    clusters: int
    done: tuple[tuple[str, Verdict], ...]
    doing: tuple[tuple[str, str], ...]  # cluster and stage


def unread(
    *,
    cluster: str,
    cluster_id: str,
    project: str,
    asked: Driver | None,
    problem: str,
    advice: str,
    at: datetime,
    seconds: float,
) -> VerificationReport:
    """The report of a cluster that could not be read."""
    return VerificationReport(
        cluster=cluster,
        cluster_id=cluster_id,
        project=project,
        asked=asked,
        running="",
        verdict=Verdict.UNREACHABLE,
        nodes=0,
        nodes_ok=0,
        passed=0,
        findings=(),
        not_checked=(),
        pods=(),
        sessions=0,
        sessions_down=(),
        problem=problem,
        advice=advice,
        at=at,
        seconds=seconds,
    )

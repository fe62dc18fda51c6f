"""The result of a verification as plain data: views, the terminal and the database read all of it from here.

Reports are stored as JSON, also within workflows that a later version goes on with: fields keep their names,
and a new one needs a default.
"""

import dataclasses
import enum
from datetime import datetime
from typing import Any

from bot.drivers.driver import Driver
from bot.drivers.facts import Finding, NotChecked, Session, Severity


class Verdict(enum.StrEnum):
    """The worst thing that is true of a cluster's driver."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"  # the right driver, something is wrong
    MISMATCHED = "mismatched"  # another driver runs, or none, or two
    UNREACHABLE = "unreachable"  # the cluster could not be read
    UNKNOWN = "unknown"  # nothing wrong was seen, but something essential could not be checked


@dataclasses.dataclass(frozen=True, kw_only=True)
class PodRow:
    """A driver's pod that is not running and ready, or a node that has none."""

    node: str
    pod: str  # empty: the node has none
    state: str
    why: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class VerificationReport:
    """The result for one cluster."""

    cluster: str
    cluster_id: str
    project: str
    asked: Driver | None  # the driver that was named; None: whichever runs
    running: str = ""  # the driver that was detected; empty if none was
    verdict: Verdict
    nodes: int = 0
    nodes_ok: int = 0
    passed: int = 0  # checks without findings
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    pods: tuple[PodRow, ...] = ()
    sessions: int = 0  # between nodes, each counted once
    sessions_down: tuple[Session, ...] = ()
    problem: str = ""  # why the cluster could not be read
    advice: str = ""
    at: datetime
    seconds: float

    @property
    def driver(self) -> str:
        """The driver that the report is about."""
        return str(self.asked or self.running or "network driver")

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that make the cluster unhealthy."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON, for the database and for `--json`."""
        return {**dataclasses.asdict(self), "at": self.at.isoformat()}


@dataclasses.dataclass(frozen=True, kw_only=True)
class VerificationSummary:
    """The reports of all clusters that were asked for, worst first."""

    asked: Driver | None
    reports: tuple[VerificationReport, ...]
    missing: tuple[str, ...]  # what could not even be listed, and why
    single: bool  # one cluster was named

    @property
    def healthy(self) -> int:
        """The number of healthy clusters."""
        return sum(report.verdict is Verdict.HEALTHY for report in self.reports)

    @property
    def shortfall(self) -> str:
        """What could not be verified, and why; empty if everything was, however unhealthy it is."""
        unread = [
            f"{report.cluster}: {report.problem}"
            for report in self.reports
            if report.verdict is Verdict.UNREACHABLE
        ]
        skipped = [
            f"{report.cluster}: {skipped.what} not checked: {skipped.why}"
            for report in self.reports
            for skipped in report.not_checked
        ]
        return "; ".join([*self.missing, *unread, *skipped])


@dataclasses.dataclass(frozen=True, kw_only=True)
class VerificationProgress:
    """How far a verification of several clusters has come."""

    asked: Driver | None
    clusters: int
    done: tuple[tuple[str, Verdict], ...]
    doing: tuple[tuple[str, str], ...]  # cluster and stage

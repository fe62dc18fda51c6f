"""The input and output of every check: what was read of a cluster, and what is wrong with it."""

import dataclasses
import enum
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from bot.adapters.kube.objects import CustomResource, DaemonSet, NodeObject, PodObject


class Severity(enum.StrEnum):
    """How bad a finding is: an error makes a cluster unhealthy, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong: where, what, why, and what to do (a command, or words)."""

    severity: Severity
    title: str
    node: str = ""
    detail: str = ""
    advice: str = ""


def error(title: str, detail: str, *, node: str = "", advice: str = "") -> Finding:
    """Return a finding that makes the cluster unhealthy."""
    return Finding(severity=Severity.ERROR, title=title, detail=detail, node=node, advice=advice)


def warning(title: str, detail: str, *, node: str = "", advice: str = "") -> Finding:
    """Return a finding that leaves the cluster healthy."""
    return Finding(severity=Severity.WARNING, title=title, detail=detail, node=node, advice=advice)


@dataclasses.dataclass(frozen=True, kw_only=True)
class NotChecked:
    """Something that could not be looked at, and why."""

    what: str
    why: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckResult:
    """The findings of one check; a check without findings has passed."""

    name: str
    findings: tuple[Finding, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Session:
    """One session between the drivers of two nodes, for example of a routing protocol, as one end sees it."""

    node: str
    peer: str  # address
    kind: str  # how the two ends were paired, in the driver's words
    state: str  # in the driver's words
    since: str
    info: str  # why it is not established


@dataclasses.dataclass(frozen=True, kw_only=True)
class SessionTable:
    """The sessions of a whole cluster, each counted once, and those of them that are down."""

    total: int = 0
    down: tuple[Session, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """What the driver's own command printed on one node, or why there is no output."""

    output: str = ""
    failure: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterFacts:
    """The state of one cluster at one moment, as far as one driver is concerned."""

    cluster: str
    now: datetime
    nodes: tuple[NodeObject, ...]
    daemon_set: DaemonSet
    pods: tuple[PodObject, ...]  # the driver's own
    dns_pods: tuple[PodObject, ...]
    reasons: Mapping[str, str]  # pod name to the newest message of its readiness probe, from events
    resources: Mapping[str, tuple[CustomResource, ...]]  # the lists that the profile names, by that name
    probes: Mapping[str, ProbeResult]  # by node

    def diagnose(self, node: str = "") -> str:
        """Return the command that looks for the cause, in the whole cluster or on one node."""
        return f"/xk8s diagnose {self.cluster}" + (f" --node {node}" if node else "")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Check:
    """One check under the name that reports count it by."""

    name: str
    find: Callable[[ClusterFacts], Iterable[Finding]]

    def run(self, facts: ClusterFacts) -> CheckResult:
        """Apply the check to the facts of one cluster."""
        return CheckResult(name=self.name, findings=tuple(self.find(facts)))

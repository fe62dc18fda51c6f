"""What was read of a cluster, and what was found in it: the input and output of every check."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from datetime import datetime

from bot.adapters.kube.objects import Custom, DaemonSet, NodeObject, PodObject


class Severity(enum.StrEnum):
    """How bad a finding is."""

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


@dataclasses.dataclass(frozen=True, kw_only=True)
class NotChecked:
    """Something that could not be looked at, and why."""

    what: str
    why: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One check that was made; it passed if it found nothing."""

    name: str
    findings: tuple[Finding, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class BgpSession:
    """One BGP session as one node sees it."""

    node: str
    peer: str  # address
    kind: str  # node-to-node mesh, node specific, global
    state: str  # BIRD's: up, start, down
    since: str
    info: str  # Established, or why not

    @property
    def established(self) -> bool:
        """Whether routes are exchanged."""
        return self.state == "up" and self.info.startswith("Established")


@dataclasses.dataclass(frozen=True, kw_only=True)
class NodeProbe:
    """What the driver's own command said on one node: its output, or why there is none."""

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
    reasons: Mapping[str, str]  # pod name to the newest message of its probe, from events
    extra: Mapping[str, tuple[Custom, ...]]  # what the driver asked to read, by name
    probes: Mapping[str, NodeProbe]  # node to the output of the driver's command

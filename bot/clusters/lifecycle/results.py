"""What durable work tells: states on the way and results at its end, as plain data."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from bot.drivers.driver import Driver
from bot.drivers.verification.report import Verdict, VerificationReport


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterBuilding:
    """Magnum builds a cluster."""

    name: str
    template: str
    nodes: int
    masters: int
    status: str  # Magnum's
    seconds: float  # since it was ordered
    at: datetime
    trouble: str = ""  # why it could not be looked at just now


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterBuilt:
    """Magnum has built a cluster; what follows is its verification."""

    name: str
    nodes: int
    masters: int
    driver: str
    api_address: str
    seconds: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterVerifying:
    """A cluster is built; its driver is verified until it is healthy, or for as long as that may take."""

    name: str
    driver: str
    seconds: float  # since the cluster was complete
    at: datetime
    report: VerificationReport | None = None  # the last look


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterDeleting:
    """Magnum deletes a cluster."""

    name: str
    status: str
    seconds: float
    at: datetime
    trouble: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterCreated:
    """A cluster was built; what its driver looked like at the last look."""

    project: str
    id: str
    name: str
    template: str
    driver: Driver | None
    kubernetes: str
    nodes: int
    masters: int
    api_address: str
    build_seconds: float
    report: VerificationReport

    @property
    def healthy(self) -> bool:
        """Whether its driver is."""
        return self.report.verdict is Verdict.HEALTHY

    @property
    def shortfall(self) -> str:
        """What could not be done: the cluster is there, its driver could not be read."""
        if self.report.verdict is not Verdict.UNREACHABLE:
            return ""
        return f"created, but its driver could not be verified: {self.report.problem}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterDeleted:
    """A cluster is gone."""

    project: str
    id: str
    name: str
    seconds: float
    was_gone: bool  # before this deletion was ordered


KINDS: dict[str, type] = {"cluster.created": ClusterCreated, "cluster.deleted": ClusterDeleted}

"""States and results of the lifecycle workflows, as plain data: views and the audit log read them.

They are stored as JSON, and read again by later versions: fields keep their names, new ones need defaults.
"""

import dataclasses
from datetime import datetime

from bot.drivers.driver import Driver
from bot.drivers.verification.report import Verdict, VerificationReport


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterBuilding:
    """A cluster is being built by Magnum."""

    name: str
    template: str
    nodes: int
    masters: int
    status: str  # Magnum's
    seconds: float  # since it was ordered
    at: datetime
    trouble: str = ""  # why Magnum could not be asked just now


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterBuilt:
    """A cluster was built, and its driver is verified next."""

    name: str
    nodes: int
    masters: int
    driver: str
    api_address: str
    seconds: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterVerifying:
    """The driver of a new cluster is being verified, until it is healthy or the time is over."""

    name: str
    driver: str
    seconds: float  # since the cluster was complete
    at: datetime
    report: VerificationReport | None = None  # the last one


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterDeleting:
    """A cluster is being deleted by Magnum."""

    name: str
    status: str
    seconds: float
    at: datetime
    trouble: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterCreated:
    """A cluster was built; `report` is the last verification of its driver."""

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
        """Whether its driver is healthy."""
        return self.report.verdict is Verdict.HEALTHY

    @property
    def shortfall(self) -> str:
        """What could not be done, if the cluster was created and its driver could not be read; else empty."""
        if self.report.verdict is not Verdict.UNREACHABLE:
            return ""
        return f"created, but its driver could not be verified: {self.report.problem}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterDeleted:
    """A cluster was deleted."""

    project: str
    id: str
    name: str
    seconds: float
    was_gone: bool  # it was gone before this deletion was ordered


# the names under which results are stored
KINDS: dict[str, type] = {"cluster.created": ClusterCreated, "cluster.deleted": ClusterDeleted}

"""A cluster of a project, wherever it is known from, and the errors of looking one up."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from bot.clusters.references import created_at
from bot.common.problems import Ambiguous, Choice, Problem, Refusal
from bot.drivers.driver import Driver


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cluster:
    """One cluster. `id` is Magnum's UUID, or `kubeconfig:<name>` for one from the configuration."""

    id: str
    name: str
    project: str
    driver: Driver | None  # as declared; None if nothing declares it, or it is not in the catalogue
    status: str = ""  # Magnum's; empty for a cluster from the configuration, as are those that follow
    status_reason: str = ""
    faults: Mapping[str, str] = dataclasses.field(default_factory=dict)
    health: str = ""
    kubernetes: str = ""
    api_address: str = ""
    masters: int | None = None
    nodes: int | None = None
    template: str = ""  # its id
    production: bool = False
    created: datetime | None = None
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    kubeconfig: Path | None = None
    context: str | None = None

    @property
    def from_magnum(self) -> bool:
        """Whether Magnum deployed it."""
        return not self.id.startswith("kubeconfig:")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterListing:
    """A project's clusters, and the error because of which some may be missing."""

    clusters: tuple[Cluster, ...]
    unread: Problem | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing, in a sentence for people; empty if nothing is."""
        if self.unread is None:
            return ()
        parts = (f"Magnum's clusters are missing: {self.unread.what}, {self.unread.why}", self.unread.fix)
        return (". ".join(part.rstrip(".") for part in parts if part),)


class NoCloud(Problem):
    """A project has no cloud in the configuration, and so no Magnum."""


class ClusterNotFound(Refusal):
    """No cluster of the project has that name or id."""


class AmbiguousCluster(Ambiguous):
    """Several clusters have that name."""

    def __init__(self, name: str, choices: Sequence[Cluster]) -> None:
        super().__init__(
            f"{len(choices)} clusters are called {name}",
            choices=[Choice(cluster.id, _description(cluster)) for cluster in choices],
            fix="Pick one, or give its id instead of its name.",
        )


def _description(cluster: Cluster) -> str:
    where = f"{cluster.status} in Magnum" if cluster.from_magnum else "from a kubeconfig"
    nodes = f", {cluster.nodes} nodes" if cluster.nodes is not None else ""
    return f"{cluster.driver or 'unknown driver'}, {where}{nodes}{created_at(cluster.created)}"

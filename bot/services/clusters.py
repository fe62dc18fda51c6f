"""Cluster words to the project's catalogue."""

from __future__ import annotations

import dataclasses

from bot.actions.clusters import ClusterList, ClusterShow
from bot.clusters.cluster import Cluster, Listed
from bot.requests.service import Context
from bot.services.projects import Projects


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterOverview:
    """A project's clusters."""

    project: str
    listed: Listed

    @property
    def shortfall(self) -> str:
        """What is missing from the list, and why."""
        return "; ".join(self.listed.missing)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterDetails:
    """One cluster."""

    cluster: Cluster


@dataclasses.dataclass(frozen=True)
class ClusterServices:
    """The cluster words."""

    projects: Projects

    def list(self, _action: ClusterList, context: Context) -> ClusterOverview:
        """The project's clusters."""
        project = self.projects.get(context.project, operation=context.operation)
        return ClusterOverview(project=project.name, listed=project.catalog.all())

    def show(self, action: ClusterShow, context: Context) -> ClusterDetails:
        """One cluster."""
        return ClusterDetails(
            cluster=self.projects.get(context.project, operation=context.operation).catalog.find(action.cluster)
        )

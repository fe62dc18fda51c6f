"""The cloud of a project, looked up at each call.

A workflow holds it for hours, while the configuration is read again. A project that is gone is then a problem
of the step that calls, where it is recorded, and not of the workflow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.clusters.lifecycle.ports import ProjectCloud, ProjectClouds
from bot.common.problems import Problem
from bot.migration.workflow.ports import Json


class _LiveMagnum:
    """The Magnum of a project. Every call raises what the look-up raises."""

    def __init__(self, find: Callable[[], ProjectCloud]) -> None:
        self._find = find

    def template(self, ref: str) -> Json:
        return self._find().magnum.template(ref)

    def clusters(self) -> list[Json]:
        return self._find().magnum.clusters()

    def cluster(self, ref: str) -> Json:
        return self._find().magnum.cluster(ref)

    def create_cluster(self, values: Mapping[str, Any], *, operation: str) -> str:
        return self._find().magnum.create_cluster(values, operation=operation)

    def delete_cluster(self, cluster: str, *, operation: str) -> None:
        self._find().magnum.delete_cluster(cluster, operation=operation)


def live_cloud(clouds: ProjectClouds, project: str, operation: str) -> ProjectCloud:
    """Return the cloud of a project, for one operation. Never raises; its calls do."""

    def find() -> ProjectCloud:
        return clouds(project, operation)

    try:
        name = find().cloud
    except Problem:
        name = ""
    return ProjectCloud(
        cloud=name,
        magnum=_LiveMagnum(find),
        verify=lambda cluster, driver: find().verify(cluster, driver),
        forget=lambda cluster: find().forget(cluster),
    )

"""A project's cloud as durable work sees it, and how its clusters are verified there."""

from __future__ import annotations

from collections.abc import Callable

from bot.clusters.cluster import Cluster
from bot.clusters.lifecycle.ports import ProjectCloud, ProjectClouds
from bot.clusters.projects import ProjectParts, Projects
from bot.clusters.verification import Keep, last_verification, verification_target
from bot.drivers.driver import Driver
from bot.drivers.verification.report import VerificationReport
from bot.drivers.verification.verifier import Verifier

Forget = Callable[[str, str], None]  # a project and a cluster's UUID


def project_clouds(projects: Projects, verifier: Verifier, keep: Keep, forget: Forget) -> ProjectClouds:
    """Sites by project. What they verify is kept like any verification."""

    def site(name: str, operation: str) -> ProjectCloud:
        project = projects.get(name, operation=operation)
        magnum = project.cloud()

        def verify(cluster: str, driver: Driver | None) -> VerificationReport:
            found = _fresh(project, cluster)
            report = verifier.verify(verification_target(project, found, operation), driver)
            keep(last_verification(report))
            return report

        return ProjectCloud(
            cloud=magnum.cloud, magnum=magnum, verify=verify, forget=lambda cluster: forget(name, cluster)
        )

    return site


def _fresh(project: ProjectParts, cluster: str) -> Cluster:
    """A cluster as it is now: its address comes with its completion."""
    return project.catalog.find(cluster)

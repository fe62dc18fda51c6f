"""A project's cloud as durable work sees it, and how its clusters are verified there."""

from __future__ import annotations

from collections.abc import Callable

from bot.actions.action import Driver
from bot.clusters.cluster import Cluster
from bot.operations.sites import Site, Sites
from bot.services.projects import ProjectParts, Projects
from bot.services.verification import Keep, last_verification, verification_target
from bot.verification.report import VerificationReport
from bot.verification.verifier import Verifier

Forget = Callable[[str, str], None]  # a project and a cluster's UUID


def sites(projects: Projects, verifier: Verifier, keep: Keep, forget: Forget) -> Sites:
    """Sites by project. What they verify is kept like any verification."""

    def site(name: str, operation: str) -> Site:
        project = projects.get(name, operation=operation)
        magnum = project.cloud()

        def verify(cluster: str, driver: Driver | None) -> VerificationReport:
            found = _fresh(project, cluster)
            report = verifier.verify(verification_target(project, found, operation), driver)
            keep(last_verification(report))
            return report

        return Site(
            cloud=magnum.cloud, magnum=magnum, verify=verify, forget=lambda cluster: forget(name, cluster)
        )

    return site


def _fresh(project: ProjectParts, cluster: str) -> Cluster:
    """A cluster as it is now: its address comes with its completion."""
    return project.catalog.find(cluster)

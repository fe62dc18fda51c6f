"""A project's cloud as the lifecycle workflows see it, and how clusters are verified there."""

from collections.abc import Callable

from bot.clusters.lifecycle.ports import ProjectCloud, ProjectClouds
from bot.clusters.projects import Projects
from bot.clusters.verification import StoreVerification, last_verification, verification_target
from bot.drivers.driver import Driver
from bot.drivers.verification.report import VerificationReport
from bot.drivers.verification.verifier import Verifier

Forget = Callable[[str, str], None]  # drops the last verification, by project and the cluster's UUID


def project_clouds(
    projects: Projects, verifier: Verifier, keep: StoreVerification, forget: Forget
) -> ProjectClouds:
    """Return how to get a project's cloud. What is verified there is stored like any verification."""

    def project_cloud(name: str, operation: str) -> ProjectCloud:
        project = projects.get(name, operation=operation)
        magnum = project.cloud()

        def verify(cluster: str, driver: Driver | None) -> VerificationReport:
            current = project.catalog.find(cluster)  # read anew: its API address comes with its completion
            report = verifier.verify(verification_target(project, current, operation), driver)
            keep(last_verification(report))
            return report

        return ProjectCloud(
            name=magnum.cloud, magnum=magnum, verify=verify, forget=lambda cluster: forget(name, cluster)
        )

    return project_cloud

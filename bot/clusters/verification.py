"""The service of `verify`: which clusters are meant, how to get into each, and where reports are stored."""

import dataclasses
from collections.abc import Callable

from bot.actions.routes import Route, Routes
from bot.actions.service import Context
from bot.actions.verification import Verify
from bot.clusters.cluster import Cluster
from bot.clusters.projects import ProjectParts, Projects
from bot.common.problems import Refusal
from bot.drivers.verification.report import VerificationReport, VerificationSummary
from bot.drivers.verification.verifier import VerificationTarget, Verifier
from storage.verifications import LastVerification

StoreVerification = Callable[[LastVerification], None]  # stores the last verification of a cluster


@dataclasses.dataclass(frozen=True)
class VerificationServices:
    """Serves the word `verify`."""

    projects: Projects
    verifier: Verifier
    keep: StoreVerification

    def verify(self, action: Verify, context: Context) -> VerificationSummary:
        """Verify one cluster, or all of the project that run a driver, or all of the project.

        Raises `Refusal` if there is no such cluster.
        """
        if action.probe:
            raise Refusal(
                "`--probe` is not available yet",
                fix=f"Without it: `/xk8s {action.words().replace(' --probe', '')}`",
            )
        project = self.projects.get(context.project, operation=context.operation)
        clusters, missing = _select(project, action)
        targets = [verification_target(project, cluster, context.operation) for cluster in clusters]
        reports = (
            self.verifier.verify_many(targets, action.driver, progress=context.progress) if targets else ()
        )
        for report in reports:
            self.keep(last_verification(report))
        return VerificationSummary(
            asked=action.driver, reports=reports, missing=missing, single=action.cluster is not None
        )


def _select(project: ProjectParts, action: Verify) -> tuple[list[Cluster], tuple[str, ...]]:
    """Return the clusters to verify, and what is missing from the list. Raises `Refusal` if there are none.

    Clusters that are being created or deleted have no network to verify; those that are updated have.
    """
    if action.cluster is not None:
        return [project.catalog.find(action.cluster)], ()
    listed = project.catalog.all()
    clusters = [
        cluster
        for cluster in listed.clusters
        if action.driver in (None, cluster.driver)
        and (not cluster.status.endswith("_IN_PROGRESS") or "UPDATE" in cluster.status)
    ]
    if not clusters and not listed.missing:
        none = f"No cluster of {project.name} runs {action.driver}"
        raise Refusal(
            none if action.driver else f"{project.name} has no clusters", fix="See `/xk8s cluster list`."
        )
    return clusters, listed.missing


def verification_target(project: ProjectParts, cluster: Cluster, operation: str) -> VerificationTarget:
    """Return how to get into a cluster to verify it."""
    return VerificationTarget(
        name=cluster.name,
        id=cluster.id,
        project=project.name,
        connect=lambda seconds: project.connect(cluster, operation=operation, seconds=seconds),
    )


def last_verification(report: VerificationReport) -> LastVerification:
    """Return what is stored of a report."""
    return LastVerification(
        project=report.project,
        cluster=report.cluster_id,
        name=report.cluster,
        verdict=report.verdict,
        report=report.to_json(),
        at=report.at,
    )


def routes(services: VerificationServices) -> Routes:
    """Return the route of `verify`."""
    return Routes(Route(Verify, services.verify))

"""`verify`: which clusters are meant, how to get into each, and what was found last."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from bot import __version__
from bot.actions.routes import Route, Routes
from bot.actions.service import Context
from bot.actions.verification import Verify
from bot.adapters.kube.client import Kube
from bot.clusters.cluster import Cluster
from bot.clusters.projects import ProjectParts, Projects
from bot.common.problems import Refusal
from bot.drivers.driver import Driver
from bot.drivers.verification.report import VerificationReport, VerificationSummary
from bot.drivers.verification.verifier import VerificationTarget, Verifier
from storage.verifications import LastVerification

Keep = Callable[[LastVerification], None]


@dataclasses.dataclass(frozen=True)
class VerificationServices:
    """The word `verify`."""

    projects: Projects
    verifier: Verifier
    keep: Keep

    def verify(self, action: Verify, context: Context) -> VerificationSummary:
        """Verify one cluster, or all of the project that run a driver, or all."""
        if action.probe:
            raise Refusal(
                "`--probe` is not available yet",
                fix=f"Without it: `/xk8s {action.words().replace(' --probe', '')}`",
            )
        project = self.projects.get(context.project, operation=context.operation)
        clusters, missing = self._meant(project, action)
        if not clusters and not missing:
            raise _none(project, action.driver)
        targets = [verification_target(project, cluster, context.operation) for cluster in clusters]
        reports = (
            self.verifier.verify_many(targets, action.driver, progress=context.progress) if targets else ()
        )
        for report in reports:
            self.keep(last_verification(report))
        return VerificationSummary(
            asked=action.driver, reports=reports, missing=missing, single=action.cluster is not None
        )

    def _meant(self, project: ProjectParts, action: Verify) -> tuple[list[Cluster], tuple[str, ...]]:
        if action.cluster is not None:
            return [project.catalog.find(action.cluster)], ()
        listed = project.catalog.all()
        meant = [
            cluster for cluster in listed.clusters if action.driver is None or cluster.driver is action.driver
        ]
        # those that are being created or deleted have no network to verify
        settled = [
            cluster
            for cluster in meant
            if not cluster.status.endswith("_IN_PROGRESS") or "UPDATE" in cluster.status
        ]
        return settled, listed.missing


def _none(project: ProjectParts, driver: Driver | None) -> Refusal:
    what = f"No cluster of {project.name} runs {driver}" if driver else f"{project.name} has no clusters"
    return Refusal(what, fix="See `/xk8s cluster list`.")


def verification_target(project: ProjectParts, cluster: Cluster, operation: str) -> VerificationTarget:
    """A cluster to verify, and how to get into it; the operation travels with every request."""
    agent = f"xk8s/{__version__} (operation {operation})"

    def connect(seconds: float) -> Kube:
        endpoint = project.credentials.endpoint(cluster)
        return Kube(endpoint, user_agent=agent, seconds=seconds)

    return VerificationTarget(name=cluster.name, id=cluster.id, project=project.name, connect=connect)


def last_verification(report: VerificationReport) -> LastVerification:
    """What is kept of a report."""
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

"""`cluster create`: built by Magnum, then its driver verified, in one workflow that survives any crash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from bot.adapters.durable.flow import Flow, Json
from bot.clusters.lifecycle.ports import LifecycleTimeouts, ProjectCloud, ProjectClouds
from bot.clusters.lifecycle.provisioner import BuiltCluster, ClusterOrder, Provisioner
from bot.clusters.lifecycle.results import ClusterBuilt, ClusterCreated, ClusterVerifying
from bot.common.problems import Problem
from bot.drivers.catalog import known
from bot.drivers.driver import Driver
from bot.drivers.verification.report import Verdict, VerificationReport

WORK = "cluster.create"
EVERY = 10.0  # seconds between two verifications of a cluster whose nodes are coming up


class ClusterCreation:
    """The workflow behind `cluster create`."""

    def __init__(
        self,
        sites: ProjectClouds,
        building: Provisioner,
        *,
        limits: Callable[[], LifecycleTimeouts],
        now: Callable[[], datetime],
    ) -> None:
        self._sites = sites
        self._building = building
        self._limits = limits
        self._now = now
        self._reports: TypeAdapter[VerificationReport] = TypeAdapter(VerificationReport)

    def __call__(self, flow: Flow, given: Json) -> ClusterCreated:
        """Build the cluster of an `ClusterOrder` and verify it. Raises `Problem`."""
        order = ClusterOrder.from_json(given)
        site = self._sites(flow.project, flow.operation)
        limits = self._limits()
        built = self._building.build(flow, site, order, within=limits.create)
        driver = known(order.driver)
        report = self.verified(flow, site, order, built, driver)
        return ClusterCreated(
            project=flow.project,
            id=built.id,
            name=order.name,
            template=order.template_name,
            driver=driver,
            kubernetes=built.kubernetes,
            nodes=order.nodes,
            masters=order.masters,
            api_address=built.api_address,
            build_seconds=built.seconds,
            report=report,
        )

    def verified(
        self, flow: Flow, site: ProjectCloud, order: ClusterOrder, built: BuiltCluster, driver: Driver | None
    ) -> VerificationReport:
        """Verify a new cluster until its driver is healthy, or for as long as that may take; the last
        report.
        """

        def complete() -> Json:
            flow.changed(
                "built",
                ClusterBuilt(
                    name=order.name,
                    nodes=order.nodes,
                    masters=order.masters,
                    driver=str(driver or "network driver"),
                    api_address=built.api_address,
                    seconds=built.seconds,
                ),
            )
            return {"at": self._now().isoformat()}

        begun = flow.step("complete", complete)
        since = datetime.fromisoformat(begun["at"])
        state: dict[str, VerificationReport] = {}

        def look() -> Json | None:
            taken = self._now() - since
            flow.progress(
                ClusterVerifying(
                    name=order.name,
                    driver=str(driver or "network driver"),
                    seconds=taken.total_seconds(),
                    at=self._now(),
                    report=state.get("last"),
                )
            )
            report = state["last"] = self._verify(flow, site, order.name, built.id, driver)
            if report.verdict is Verdict.HEALTHY or taken > self._limits().verify:
                return {"report": self._reports.dump_python(report, mode="json")}
            return None

        found: dict[str, Any] = flow.until("verify", look, every=EVERY)
        return self._reports.validate_python(found["report"])

    def _verify(
        self, flow: Flow, site: ProjectCloud, name: str, cluster: str, driver: Driver | None
    ) -> VerificationReport:
        try:
            return site.verify(cluster, driver)
        except Problem as problem:  # Magnum is out of reach for a while
            return VerificationReport(
                verdict=Verdict.UNREACHABLE,
                cluster=name,
                cluster_id=cluster,
                project=flow.project,
                asked=driver,
                problem=problem.what,
                advice=problem.fix,
                at=self._now(),
                seconds=0.0,
            )

"""`cluster create` as a workflow: Magnum builds the cluster, then its driver is verified until healthy."""

from collections.abc import Callable
from datetime import datetime

from pydantic import TypeAdapter

from bot.adapters.durable.flow import Flow, Json
from bot.clusters.lifecycle.ports import LifecycleTimeouts, ProjectCloud, ProjectClouds
from bot.clusters.lifecycle.provisioner import BuiltCluster, ClusterOrder, Provisioner
from bot.clusters.lifecycle.results import ClusterBuilt, ClusterCreated, ClusterVerifying
from bot.common.problems import Problem
from bot.drivers.catalog import find_driver
from bot.drivers.verification.report import Verdict, VerificationReport

WORK = "cluster.create"
EVERY = 10.0  # seconds between two verifications of a cluster whose nodes are coming up


class ClusterCreation:
    """The workflow of `cluster create`."""

    def __init__(
        self,
        clouds: ProjectClouds,
        provisioner: Provisioner,
        *,
        limits: Callable[[], LifecycleTimeouts],
        now: Callable[[], datetime],
    ) -> None:
        self._clouds = clouds
        self._provisioner = provisioner
        self._limits = limits
        self._now = now
        self._reports: TypeAdapter[VerificationReport] = TypeAdapter(VerificationReport)

    def __call__(self, flow: Flow, order_json: Json) -> ClusterCreated:
        """Build and verify the cluster of a `ClusterOrder`. Raises `Problem`."""
        order = ClusterOrder.from_json(order_json)
        cloud = self._clouds(flow.project, flow.operation)
        built = self._provisioner.build(flow, cloud, order, within=self._limits().create)
        driver = find_driver(order.driver)
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
            report=self._verified(flow, cloud, order, built),
        )

    def _verified(
        self, flow: Flow, cloud: ProjectCloud, order: ClusterOrder, built: BuiltCluster
    ) -> VerificationReport:
        """Verify the cluster until its driver is healthy or the time is over, and return the last report."""
        driver = find_driver(order.driver)
        completed = flow.step("complete", lambda: self._announce(flow, order, built))
        since = datetime.fromisoformat(completed["at"])
        last: list[VerificationReport] = []  # of this run

        def look() -> Json | None:
            age = self._now() - since
            state = ClusterVerifying(
                name=order.name,
                driver=str(driver or "network driver"),
                seconds=age.total_seconds(),
                at=self._now(),
                report=last[-1] if last else None,
            )
            flow.report_progress(state)
            report = self._verify(flow, cloud, order, built)
            last[:] = [report]
            if report.verdict is Verdict.HEALTHY or age > self._limits().verify:
                return {"report": self._reports.dump_python(report, mode="json")}
            return None

        recorded = flow.poll("verify", look, every=EVERY)
        return self._reports.validate_python(recorded["report"])

    def _announce(self, flow: Flow, order: ClusterOrder, built: BuiltCluster) -> Json:
        state = ClusterBuilt(
            name=order.name,
            nodes=order.nodes,
            masters=order.masters,
            driver=str(find_driver(order.driver) or "network driver"),
            api_address=built.api_address,
            seconds=built.seconds,
        )
        flow.report_state("built", state)
        return {"at": self._now().isoformat()}

    def _verify(
        self, flow: Flow, cloud: ProjectCloud, order: ClusterOrder, built: BuiltCluster
    ) -> VerificationReport:
        driver = find_driver(order.driver)
        try:
            return cloud.verify(built.id, driver)
        except Problem as problem:  # Magnum is out of reach for a while
            return VerificationReport(
                cluster=order.name,
                cluster_id=built.id,
                project=flow.project,
                asked=driver,
                verdict=Verdict.UNREACHABLE,
                problem=problem.what,
                advice=problem.fix,
                at=self._now(),
                seconds=0.0,
            )

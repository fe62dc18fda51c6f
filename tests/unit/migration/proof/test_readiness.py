"""How many pods a workload must have ready."""

from __future__ import annotations

from bot.migration.inventory.baseline import RunningWorkload
from bot.migration.objects.manifest import Ref
from bot.migration.proof import readiness
from tests.unit.migration.builders import workload


def test_jobs_and_autoscaled_workloads_are_measured_by_what_they_are_meant_to_be() -> None:
    ready = {"ready": 4, "images": {}}
    cart, job = Ref("apps", "Deployment", "shop", "x"), Ref("batch", "Job", "shop", "import")
    assert readiness.ready_pods(RunningWorkload(ref=job, **ready), None, scaled=False) == 0
    assert readiness.ready_pods(RunningWorkload(ref=cart, **ready), workload(replicas=2), scaled=False) == 4
    assert readiness.ready_pods(RunningWorkload(ref=cart, **ready), workload(replicas=2), scaled=True) == 2

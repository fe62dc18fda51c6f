"""How much is moved, and how long it may take."""

from __future__ import annotations

from bot.migration.inventory.target_facts import TargetFacts
from bot.migration.planning.estimates import requested
from tests.unit.migration.builders import SERVED, an, workload
from tests.unit.migration.planning.plans import plan

CONTAINER = {"name": "c", "resources": {"requests": {"cpu": "250m", "memory": "1Gi"}}}
WEB = workload(name="web")
CLAIM = an("PersistentVolumeClaim", "data", spec={"volumeName": "pv"}, status={"phase": "Bound"})
DISK = an(
    "PersistentVolume",
    "pv",
    spec={"csi": {"driver": "cinder.csi.openstack.org", "volumeHandle": "d"}, "capacity": {"storage": "2Gi"}},
)


def test_requests_of_all_containers_are_added() -> None:
    assert requested({"containers": [CONTAINER, CONTAINER, {"name": "free"}]}) == (0.5, 2 * 2**30)


def test_only_pods_that_run_and_volumes_that_move_count() -> None:
    running = an("Pod", "web-1", owner=WEB, spec={"containers": [CONTAINER]}, status={"phase": "Running"})
    finished = an("Pod", "web-0", owner=WEB, spec={"containers": [CONTAINER]}, status={"phase": "Succeeded"})
    size = plan(WEB, running, finished, CLAIM, DISK, volumes=("reattach",)).size
    assert (size.pods, size.cores, size.memory) == (1, 0.25, 2**30)
    assert (size.workloads, size.volumes, size.disk) == (1, 1, 2 * 2**30)
    assert plan(WEB, CLAIM, DISK, volumes=("empty",)).size.disk == 0


def test_the_outage_is_longer_with_disks_and_with_grace_periods() -> None:
    slow = an("Pod", "web-1", owner=WEB, spec={"containers": [], "terminationGracePeriodSeconds": 120})
    endless = an("Pod", "web-1", owner=WEB, spec={"containers": [], "terminationGracePeriodSeconds": 9999})
    assert plan(WEB).estimate.outage == (30, 300)
    assert plan(WEB, slow).estimate.outage == (30, 420)
    assert plan(WEB, endless).estimate.outage == (30, 900)
    assert plan(WEB, CLAIM, DISK, volumes=("reattach",)).estimate.outage == (50, 390)


def test_a_target_that_exists_needs_no_deployment() -> None:
    assert plan(WEB).estimate.deploy == (480, 900)
    assert plan(WEB, facts=TargetFacts(exists=True, surface=SERVED)).estimate.deploy == (0, 0)

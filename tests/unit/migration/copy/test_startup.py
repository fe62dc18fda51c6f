"""The copies are put to work, and replicas that an autoscaler has set since are not set back."""

from __future__ import annotations

from typing import Any

from bot.migration.copy import copier, startup
from bot.migration.copy.writer import STARTED
from bot.migration.objects.fields import Object, annotations_of, ref_of
from tests.unit.migration.builders import SERVED, an, workload
from tests.unit.migration.copy.copies import Copy, copy_of
from tests.unit.migration.copy.test_copier import ACTIVE
from tests.unit.migration.memory_kube import MemoryKube

WEB = workload(name="web", replicas=3)
DATABASE = workload("StatefulSet", "db", volumeClaimTemplates=[{"metadata": {"name": "data"}, "spec": {}}])
CLAIM = an("PersistentVolumeClaim", "data-db-0", spec={"volumeName": "pv"}, status={"phase": "Bound"})
VOLUME = an(
    "PersistentVolume", "pv", spec={"csi": {"driver": "cinder.csi.openstack.org", "volumeHandle": "d"}}
)


def copied(*objects: Object, **request: Any) -> Copy:
    copy = copy_of(*objects, target=MemoryKube(ACTIVE), **request)
    copier.copy(copy.writer, copy.plan, copy.inventory, copy.objects)
    return copy


def start(copy: Copy) -> None:
    for stages in startup.START_ORDER:
        startup.start(copy.writer, copy.plan, copy.inventory, copy.objects, stages=stages)


def test_workloads_get_their_replicas_and_the_annotation_of_what_works() -> None:
    copy = copied(WEB)
    start(copy)
    assert copy.live(WEB)["spec"]["replicas"] == 3
    assert annotations_of(copy.live(WEB)) == {STARTED: "true"}


def test_what_is_reached_from_outside_does_not_start_here() -> None:
    ingress, service = an("Ingress", "web"), an("Service", "web", spec={"type": "LoadBalancer", "ports": []})
    copy = copied(ingress, service)
    start(copy)
    assert copy.target.live(ingress) is None
    assert copy.live(service)["spec"]["type"] == "ClusterIP"


def test_one_replica_starts_first_where_a_disk_has_moved() -> None:
    copy = copied(DATABASE, WEB, CLAIM, VOLUME, volumes=("reattach",))
    startup.first_replicas(copy.writer, copy.plan, copy.inventory, copy.objects)
    assert copy.live(DATABASE)["spec"]["replicas"] == 1
    assert copy.live(WEB)["spec"]["replicas"] == 0
    start(copy)
    assert copy.live(DATABASE)["spec"]["replicas"] == 2
    startup.first_replicas(copy.writer, copy.plan, copy.inventory, copy.objects)
    assert copy.live(DATABASE)["spec"]["replicas"] == 2, "a repetition does not scale it down"


def test_replicas_that_an_autoscaler_has_set_are_kept_when_the_start_is_repeated() -> None:
    copy = copied(WEB)
    start(copy)
    copy.live(WEB)["spec"]["replicas"] = 9
    start(copy)
    assert copy.live(WEB)["spec"]["replicas"] == 9


def test_the_state_of_a_cluster_is_measured() -> None:
    pod = an(
        "Pod",
        "web-1",
        owner=WEB,
        status={"conditions": [{"type": "Ready", "status": "True"}]},
    )
    target = MemoryKube(ACTIVE, WEB, pod)
    baseline = startup.current_baseline(target, SERVED, copy_of(WEB).plan, [ref_of(WEB)])
    assert baseline.ready(ref_of(WEB)) == 1


def test_only_workloads_that_nothing_controls_are_at_the_top() -> None:
    resource = an("Deployment", "op")
    owned = {**workload(name="web"), "metadata": an("Deployment", "web", owner=resource)["metadata"]}
    copy = copy_of(WEB, an("ConfigMap", "c"))
    assert startup.top_level(copy.inventory, copy.plan.items) == (ref_of(WEB),)
    controlled = copy_of(owned)
    assert startup.top_level(controlled.inventory, controlled.plan.items) == ()

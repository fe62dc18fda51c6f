"""The cut-over with volumes, its roll-back, and a round trip: nothing is lost, and the source is as it
was.
"""

from __future__ import annotations

from collections import Counter

import pytest

from bot.adapters.kube import writes as kube_writing
from bot.migration.copy import comparison, removal
from bot.migration.copy.writer import WriteAction
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.canonical import text, without_server_fields
from bot.migration.objects.fields import Object, Ref
from bot.migration.source import changes, drift, hooks
from bot.migration.source.changes import ChangeStatus, SourceChanged
from bot.migration.traffic import load_balancers
from bot.migration.volumes import reattachment as volumes_moving
from bot.migration.volumes.reattachment import NotRetained, VolumeTaken
from tests.contract.migration.conftest import KEY, Cloud, planned, wish
from tests.contract.migration.moves import Moving

MADE_BY_CONTROLLERS = ("Pod", "ReplicaSet", "EndpointSlice", "Endpoints", "VolumeAttachment", "Node")


@pytest.fixture
def moving(cloud: Cloud) -> Moving:
    migration = Moving(cloud, planned(cloud, wish(cloud)))
    migration.copy()
    migration.take_picture()
    return migration


def canonical(inventory: Inventory) -> dict[Ref, str]:
    """Everything that people or a migration could have changed, as text."""
    return {
        ref: text(without_server_fields(obj))
        for ref, obj in inventory.objects.items()
        if ref.kind not in MADE_BY_CONTROLLERS
    }


def pods(moving: Moving, cluster: str) -> Counter[str]:
    """Pods that have not ended, by application."""
    kube = moving.source if cluster == "source" else moving.target
    listed = kube.all_of("/api/v1/namespaces/shop/pods", dict)
    return Counter(
        pod["metadata"]["labels"].get("app", "")
        for pod in listed
        if pod["status"].get("phase") != "Succeeded"
    )


def write_on_disks(moving: Moving, words: str) -> dict[str, str]:
    disks = moving.cloud.infrastructure.storage.volumes
    for disk in disks.values():
        disk.files["/marker"] = f"{words} {disk.id}"
    return {disk.id: disk.files["/marker"] for disk in disks.values()}


def test_the_source_stands_still_and_its_disks_are_free(moving: Moving) -> None:
    applied = moving.quiesce()
    assert {change.state for change in applied} == {ChangeStatus.DONE}
    assert not pods(moving, "source")
    assert {disk.status for disk in moving.cloud.infrastructure.storage.volumes.values()} == {"available"}
    policies = {
        volume["spec"]["persistentVolumeReclaimPolicy"]
        for volume in moving.source.all_of("/api/v1/persistentvolumes", dict)
    }
    assert policies == {"Retain"}
    assert {change.state for change in moving.quiesce()} == {ChangeStatus.ALREADY}


def test_the_target_works_on_the_same_disks_and_nothing_runs_twice(moving: Moving) -> None:
    before, marks = pods(moving, "source"), write_on_disks(moving, "written on the source")
    moving.cut_over()
    assert pods(moving, "target") == before
    assert not pods(moving, "source")
    handles = {
        volume["spec"]["csi"]["volumeHandle"]
        for volume in moving.target.all_of("/api/v1/persistentvolumes", dict)
    }
    assert handles == set(marks)
    assert {
        disk.id: disk.files["/marker"] for disk in moving.cloud.infrastructure.storage.volumes.values()
    } == marks
    report = "/apis/batch/v1/namespaces/shop/cronjobs/report"
    source_job, target_job = (
        kube_writing.read(moving.source, report),
        kube_writing.read(moving.target, report),
    )
    assert source_job is not None and target_job is not None
    assert (source_job["spec"]["suspend"], target_job["spec"]["suspend"]) == (True, False)
    paused = kube_writing.read(moving.target, "/apis/batch/v1/namespaces/shop/cronjobs/paused")
    assert paused is not None and paused["spec"]["suspend"] is True, "it was suspended before"
    final = comparison.compare(moving.writer(), moving.target_objects(moving.inventory()).final)
    assert not final.differences


def test_the_second_look_sees_no_change_of_our_own(moving: Moving) -> None:
    moving.quiesce()
    assert not drift.drift(moving.plan, moving.inventory(), moving.mappings, KEY, image=moving.image)


def test_the_source_is_restored_exactly(moving: Moving) -> None:
    before = canonical(moving.inventory())
    counted = pods(moving, "source")
    moving.cut_over()
    assert canonical(moving.inventory()) != before
    assert {change.state for change in moving.roll_back()} == {ChangeStatus.DONE}
    moving.cloud.settle()
    assert canonical(moving.inventory()) == before
    assert pods(moving, "source") == counted and not pods(moving, "target")
    assert {change.state for change in changes.revert(moving.source, moving.image)} == {ChangeStatus.ALREADY}  # type: ignore[arg-type]


def test_what_was_written_meanwhile_stays_on_the_disks_after_a_roll_back(moving: Moving) -> None:
    moving.cut_over()
    marks = write_on_disks(moving, "written on the target")
    moving.roll_back()
    moving.cloud.settle()
    assert {
        disk.id: disk.files["/marker"] for disk in moving.cloud.infrastructure.storage.volumes.values()
    } == marks
    assert {disk.status for disk in moving.cloud.infrastructure.storage.volumes.values()} == {"in-use"}


def test_everything_that_was_made_is_removed_by_label_and_nothing_else(moving: Moving) -> None:
    foreign = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "theirs", "labels": {"xk8s.io/migration": "another"}},
    }
    moving.cloud.deploy("new", [foreign])
    moving.cut_over()
    moving.roll_back()
    removal.remove_all(moving.target, moving.writer().surface, "m1")
    moving.cloud.settle()
    assert not removal.remove_all(moving.target, moving.writer().surface, "m1")
    namespaces = {
        namespace["metadata"]["name"] for namespace in moving.target.all_of("/api/v1/namespaces", dict)
    }
    assert "theirs" in namespaces and "shop" not in namespaces
    assert len(moving.cloud.infrastructure.storage.volumes) == 4


def test_every_step_may_be_repeated(moving: Moving) -> None:
    moving.quiesce()
    moving.quiesce()
    moving.attach()
    moving.attach()
    moving.start()
    again = [entry.action for record in moving.start() for entry in record.written]
    assert set(again) == {WriteAction.UNCHANGED}
    moving.wait_until_ready()
    moving.open()
    moving.open()
    before = pods(moving, "target")
    assert {entry.action for entry in moving.copy().written} == {
        WriteAction.UNCHANGED,
        WriteAction.PRESENT,
    }, "a late copy stops nothing"
    assert pods(moving, "target") == before


def test_a_process_that_wakes_up_late_does_not_put_a_started_workload_to_sleep(moving: Moving) -> None:
    """Its copy was prepared before the cut-over; what it read then is no longer the version that is there."""
    from bot.migration.copy import writer as writer_module

    writer, inventory = moving.writer(), moving.inventory()
    ref = Ref("apps", "Deployment", "shop", "cart")
    asleep = moving.target_objects(inventory).waiting[ref]
    stale = writer_module.existing(writer, [ref])[ref]
    moving.cut_over()
    assert asleep is not None
    resource = writer.surface.find(ref)
    assert resource is not None
    late = writer_module._own(writer, resource, asleep, stale, started=False, force=False)
    assert late.action is WriteAction.UNCHANGED
    live = kube_writing.read(moving.target, resource.path(ref))
    assert live is not None and live["spec"]["replicas"] == 2


def test_new_addresses_are_told(moving: Moving) -> None:
    moving.cut_over()
    [address] = load_balancers.new_addresses(moving.writer(), moving.plan)
    assert address.before != address.after and address.after


def test_hooks_run_before_the_source_stops_and_after_the_target_has_started(moving: Moving) -> None:
    ran = hooks.run(
        moving.source,
        moving.source.all_of("/api/v1/namespaces/shop/pods", dict),
        hooks.HookPhase.BEFORE_QUIESCE,
    )
    assert [(run.pod.name, run.code) for run in ran] == [("db-0", 0), ("db-1", 0)]
    moving.cut_over()
    after = hooks.run(
        moving.target, moving.target.all_of("/api/v1/namespaces/shop/pods", dict), hooks.HookPhase.AFTER_START
    )
    assert [(run.pod.name, run.command, run.ok) for run in after] == [
        ("db-0", "echo", True),
        ("db-1", "echo", True),
    ]


def test_what_somebody_changed_since_is_not_restored_over(moving: Moving) -> None:
    moving.quiesce()
    kube_writing.patch(
        moving.source, "/apis/apps/v1/namespaces/shop/deployments/cart", {"spec": {"replicas": 5}}
    )
    states = {str(change.ref): change.state for change in changes.revert(moving.source, moving.image)}  # type: ignore[arg-type]
    assert states["Deployment shop/cart"] is ChangeStatus.CHANGED
    assert states["Deployment shop/ads"] is ChangeStatus.DONE
    assert changes.not_in_effect(moving.source, moving.image)  # type: ignore[arg-type]


def test_an_object_that_was_made_anew_on_the_source_stops_the_cut_over(moving: Moving) -> None:
    path = "/apis/apps/v1/namespaces/shop/deployments/cart"
    old: Object | None = kube_writing.read(moving.source, path)
    assert old is not None
    kube_writing.delete(moving.source, path)
    moving.cloud.settle()
    moving.cloud.deploy("dev", [{**without_server_fields(old)}])
    with pytest.raises(SourceChanged, match="gone or made anew"):
        moving.quiesce()


def test_a_volume_whose_policy_somebody_set_back_stops_the_cut_over(moving: Moving) -> None:
    moving.quiesce()
    name = moving.plan.volumes[0].volume
    kube_writing.patch(
        moving.source,
        f"/api/v1/persistentvolumes/{name}",
        {"spec": {"persistentVolumeReclaimPolicy": "Delete"}},
    )
    with pytest.raises(NotRetained):
        volumes_moving.check_retained(moving.source, moving.plan.volumes)


def test_a_disk_that_the_target_already_has_under_another_name_is_not_attached_twice(moving: Moving) -> None:
    volume = moving.plan.volumes[0]
    spec = {
        "capacity": {"storage": "2Gi"},
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "",
        "csi": {"driver": "cinder.csi.openstack.org", "volumeHandle": volume.handle},
    }
    moving.cloud.deploy(
        "new",
        [{"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "theirs"}, "spec": spec}],
    )
    moving.quiesce()
    with pytest.raises(VolumeTaken, match="already the volume theirs"):
        moving.attach()


def test_a_target_volume_that_is_not_on_retain_is_not_removed(moving: Moving) -> None:
    moving.cut_over()
    name = moving.plan.volumes[0].volume
    kube_writing.patch(
        moving.target,
        f"/api/v1/persistentvolumes/{name}",
        {"spec": {"persistentVolumeReclaimPolicy": "Delete"}},
    )
    with pytest.raises(NotRetained):
        moving.roll_back()
    assert len(moving.cloud.infrastructure.storage.volumes) == 4


def test_after_the_old_cluster_is_gone_volumes_get_their_own_policy(moving: Moving) -> None:
    moving.cut_over()
    volumes_moving.restore_reclaim_policies(moving.target, moving.plan.volumes, "m1")
    policies = {
        volume["spec"]["persistentVolumeReclaimPolicy"]
        for volume in moving.target.all_of("/api/v1/persistentvolumes", dict)
    }
    assert policies == {"Delete"}


def test_a_workload_goes_to_calico_and_back_and_is_the_same(moving: Moving) -> None:
    """Flannel → Calico → Flannel: what the second migration brings is what the first one took."""
    first = {ref: text(obj) for ref, obj in moving.target_objects(moving.inventory()).final.items()}
    moving.cut_over()
    moving.cloud.add("old-again", "flannel", "10.0.3", "10.102.0.0/16")
    back = Moving(moving.cloud, planned(moving.cloud, wish(moving.cloud, "new", "old-again", migration="m1")))
    assert not back.plan.blockers
    assert back.plan.network.opens and not back.plan.network.closes
    back.copy()
    back.take_picture()
    back.cut_over()
    final = comparison.compare(back.writer(), back.target_objects(back.inventory()).final)
    assert not final.differences
    second = {ref: text(obj) for ref, obj in back.target_objects(back.inventory()).final.items()}
    planned_first = {item.ref for item in moving.plan.items}
    assert planned_first <= set(second), sorted(map(str, planned_first - set(second)))
    assert {ref: second[ref] for ref in planned_first} == first

"""The cut-over with volumes, its roll-back, and a round trip: nothing is lost, and the source is as it
was.
"""

from __future__ import annotations

from collections import Counter

import pytest

from bot.adapters.kube import writes as kube_writing
from bot.common.canonical_json import canonical
from bot.migration.copy import comparison, removal
from bot.migration.copy.writer import WriteAction
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.canonical import without_server_fields
from bot.migration.objects.fields import Object, Ref
from bot.migration.source import changes, drift, hooks
from bot.migration.source.changes import ChangeStatus, SourceChanged
from bot.migration.traffic import load_balancers
from bot.migration.volumes import reattachment as volumes_moving
from bot.migration.volumes.reattachment import NotRetained, VolumeTaken
from tests.contract.migration.conftest import KEY, Cloud, plan_request, planned
from tests.contract.migration.moves import MigrationScenario

MADE_BY_CONTROLLERS = ("Pod", "ReplicaSet", "EndpointSlice", "Endpoints", "VolumeAttachment", "Node")


@pytest.fixture
def scenario(cloud: Cloud) -> MigrationScenario:
    migration = MigrationScenario(cloud, planned(cloud, plan_request(cloud)))
    migration.copy()
    migration.take_picture()
    return migration


def configurations(inventory: Inventory) -> dict[Ref, str]:
    """Everything that people or a migration could have changed, as text."""
    return {
        ref: canonical(without_server_fields(obj))
        for ref, obj in inventory.objects.items()
        if ref.kind not in MADE_BY_CONTROLLERS
    }


def pods(scenario: MigrationScenario, cluster: str) -> Counter[str]:
    """Pods that have not ended, by application."""
    kube = scenario.source if cluster == "source" else scenario.target
    listed = kube.list_all("/api/v1/namespaces/shop/pods", dict)
    return Counter(
        pod["metadata"]["labels"].get("app", "")
        for pod in listed
        if pod["status"].get("phase") != "Succeeded"
    )


def write_on_disks(scenario: MigrationScenario, words: str) -> dict[str, str]:
    disks = scenario.cloud.infrastructure.storage.volumes
    for disk in disks.values():
        disk.files["/marker"] = f"{words} {disk.id}"
    return {disk.id: disk.files["/marker"] for disk in disks.values()}


def test_the_source_stands_still_and_its_disks_are_free(scenario: MigrationScenario) -> None:
    applied = scenario.quiesce()
    assert {change.state for change in applied} == {ChangeStatus.DONE}
    assert not pods(scenario, "source")
    assert {disk.status for disk in scenario.cloud.infrastructure.storage.volumes.values()} == {"available"}
    policies = {
        volume["spec"]["persistentVolumeReclaimPolicy"]
        for volume in scenario.source.list_all("/api/v1/persistentvolumes", dict)
    }
    assert policies == {"Retain"}
    assert {change.state for change in scenario.quiesce()} == {ChangeStatus.ALREADY}


def test_the_target_works_on_the_same_disks_and_nothing_runs_twice(scenario: MigrationScenario) -> None:
    before, marks = pods(scenario, "source"), write_on_disks(scenario, "written on the source")
    scenario.cut_over()
    assert pods(scenario, "target") == before
    assert not pods(scenario, "source")
    handles = {
        volume["spec"]["csi"]["volumeHandle"]
        for volume in scenario.target.list_all("/api/v1/persistentvolumes", dict)
    }
    assert handles == set(marks)
    assert {
        disk.id: disk.files["/marker"] for disk in scenario.cloud.infrastructure.storage.volumes.values()
    } == marks
    report = "/apis/batch/v1/namespaces/shop/cronjobs/report"
    source_job, target_job = (
        kube_writing.read(scenario.source, report),
        kube_writing.read(scenario.target, report),
    )
    assert source_job is not None and target_job is not None
    assert (source_job["spec"]["suspend"], target_job["spec"]["suspend"]) == (True, False)
    paused = kube_writing.read(scenario.target, "/apis/batch/v1/namespaces/shop/cronjobs/paused")
    assert paused is not None and paused["spec"]["suspend"] is True, "it was suspended before"
    final = comparison.compare(scenario.writer(), scenario.target_objects(scenario.inventory()).final)
    assert not final.differences


def test_the_second_look_sees_no_change_of_our_own(scenario: MigrationScenario) -> None:
    scenario.quiesce()
    assert not drift.drift(scenario.plan, scenario.inventory(), scenario.mappings, KEY, image=scenario.image)


def test_the_source_is_restored_exactly(scenario: MigrationScenario) -> None:
    before = configurations(scenario.inventory())
    counted = pods(scenario, "source")
    scenario.cut_over()
    assert configurations(scenario.inventory()) != before
    assert {change.state for change in scenario.roll_back()} == {ChangeStatus.DONE}
    scenario.cloud.settle()
    assert configurations(scenario.inventory()) == before
    assert pods(scenario, "source") == counted and not pods(scenario, "target")
    assert scenario.image is not None
    reverted = changes.revert(scenario.source, scenario.image)
    assert {change.state for change in reverted} == {ChangeStatus.ALREADY}


def test_what_was_written_meanwhile_stays_on_the_disks_after_a_roll_back(scenario: MigrationScenario) -> None:
    scenario.cut_over()
    marks = write_on_disks(scenario, "written on the target")
    scenario.roll_back()
    scenario.cloud.settle()
    assert {
        disk.id: disk.files["/marker"] for disk in scenario.cloud.infrastructure.storage.volumes.values()
    } == marks
    assert {disk.status for disk in scenario.cloud.infrastructure.storage.volumes.values()} == {"in-use"}


def test_everything_that_was_made_is_removed_by_label_and_nothing_else(scenario: MigrationScenario) -> None:
    foreign = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "theirs", "labels": {"xk8s.io/migration": "another"}},
    }
    scenario.cloud.deploy("new", [foreign])
    scenario.cut_over()
    scenario.roll_back()
    removal.remove_all(scenario.target, scenario.writer().surface, "m1")
    scenario.cloud.settle()
    assert not removal.remove_all(scenario.target, scenario.writer().surface, "m1")
    namespaces = {
        namespace["metadata"]["name"] for namespace in scenario.target.list_all("/api/v1/namespaces", dict)
    }
    assert "theirs" in namespaces and "shop" not in namespaces
    assert len(scenario.cloud.infrastructure.storage.volumes) == 4


def test_every_step_may_be_repeated(scenario: MigrationScenario) -> None:
    scenario.quiesce()
    scenario.quiesce()
    scenario.attach()
    scenario.attach()
    scenario.start()
    again = [entry.action for record in scenario.start() for entry in record.written]
    assert set(again) == {WriteAction.UNCHANGED}
    scenario.wait_until_ready()
    scenario.open()
    scenario.open()
    before = pods(scenario, "target")
    assert {entry.action for entry in scenario.copy().written} == {
        WriteAction.UNCHANGED,
        WriteAction.PRESENT,
    }, "a late copy stops nothing"
    assert pods(scenario, "target") == before


def test_a_process_that_wakes_up_late_does_not_put_a_started_workload_to_sleep(
    scenario: MigrationScenario,
) -> None:
    """Its copy was prepared before the cut-over; what it read then is no longer the version that is there."""
    from bot.migration.copy import writer as writer_module

    writer, inventory = scenario.writer(), scenario.inventory()
    ref = Ref("apps", "Deployment", "shop", "cart")
    asleep = scenario.target_objects(inventory).waiting[ref]
    stale = writer_module.existing(writer, [ref])[ref]
    scenario.cut_over()
    assert asleep is not None
    resource = writer.surface.find(ref)
    assert resource is not None
    result = writer_module._write_own(writer, resource, asleep, stale, started=False, force=False)
    assert result.action is WriteAction.UNCHANGED
    live = kube_writing.read(scenario.target, resource.path(ref))
    assert live is not None and live["spec"]["replicas"] == 2


def test_new_addresses_are_told(scenario: MigrationScenario) -> None:
    scenario.cut_over()
    [address] = load_balancers.new_addresses(scenario.writer(), scenario.plan)
    assert address.before != address.after and address.after


def test_hooks_run_before_the_source_stops_and_after_the_target_has_started(
    scenario: MigrationScenario,
) -> None:
    ran = hooks.run(
        scenario.source,
        scenario.source.list_all("/api/v1/namespaces/shop/pods", dict),
        hooks.HookPhase.BEFORE_QUIESCE,
    )
    assert [(run.pod.name, run.code) for run in ran] == [("db-0", 0), ("db-1", 0)]
    scenario.cut_over()
    after = hooks.run(
        scenario.target,
        scenario.target.list_all("/api/v1/namespaces/shop/pods", dict),
        hooks.HookPhase.AFTER_START,
    )
    assert [(run.pod.name, run.command, run.ok) for run in after] == [
        ("db-0", "echo", True),
        ("db-1", "echo", True),
    ]


def test_what_somebody_changed_since_is_not_restored_over(scenario: MigrationScenario) -> None:
    scenario.quiesce()
    kube_writing.patch(
        scenario.source, "/apis/apps/v1/namespaces/shop/deployments/cart", {"spec": {"replicas": 5}}
    )
    states = {str(change.ref): change.state for change in changes.revert(scenario.source, scenario.image)}  # type: ignore[arg-type]
    assert states["Deployment shop/cart"] is ChangeStatus.CHANGED
    assert states["Deployment shop/ads"] is ChangeStatus.DONE
    assert changes.not_in_effect(scenario.source, scenario.image)  # type: ignore[arg-type]


def test_an_object_that_was_made_anew_on_the_source_stops_the_cut_over(scenario: MigrationScenario) -> None:
    path = "/apis/apps/v1/namespaces/shop/deployments/cart"
    old: Object | None = kube_writing.read(scenario.source, path)
    assert old is not None
    kube_writing.delete(scenario.source, path)
    scenario.cloud.settle()
    scenario.cloud.deploy("dev", [{**without_server_fields(old)}])
    with pytest.raises(SourceChanged, match="gone or made anew"):
        scenario.quiesce()


def test_a_volume_whose_policy_somebody_set_back_stops_the_cut_over(scenario: MigrationScenario) -> None:
    scenario.quiesce()
    name = scenario.plan.volumes[0].volume
    kube_writing.patch(
        scenario.source,
        f"/api/v1/persistentvolumes/{name}",
        {"spec": {"persistentVolumeReclaimPolicy": "Delete"}},
    )
    with pytest.raises(NotRetained):
        volumes_moving.check_retained(scenario.source, scenario.plan.volumes)


def test_a_disk_that_the_target_already_has_under_another_name_is_not_attached_twice(
    scenario: MigrationScenario,
) -> None:
    volume = scenario.plan.volumes[0]
    spec = {
        "capacity": {"storage": "2Gi"},
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "",
        "csi": {"driver": "cinder.csi.openstack.org", "volumeHandle": volume.handle},
    }
    scenario.cloud.deploy(
        "new",
        [{"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "theirs"}, "spec": spec}],
    )
    scenario.quiesce()
    with pytest.raises(VolumeTaken, match="already the volume theirs"):
        scenario.attach()


def test_a_target_volume_that_is_not_on_retain_is_not_removed(scenario: MigrationScenario) -> None:
    scenario.cut_over()
    name = scenario.plan.volumes[0].volume
    kube_writing.patch(
        scenario.target,
        f"/api/v1/persistentvolumes/{name}",
        {"spec": {"persistentVolumeReclaimPolicy": "Delete"}},
    )
    with pytest.raises(NotRetained):
        scenario.roll_back()
    assert len(scenario.cloud.infrastructure.storage.volumes) == 4


def test_after_the_old_cluster_is_gone_volumes_get_their_own_policy(scenario: MigrationScenario) -> None:
    scenario.cut_over()
    volumes_moving.restore_reclaim_policies(scenario.target, scenario.plan.volumes, "m1")
    policies = {
        volume["spec"]["persistentVolumeReclaimPolicy"]
        for volume in scenario.target.list_all("/api/v1/persistentvolumes", dict)
    }
    assert policies == {"Delete"}


def test_a_workload_goes_to_calico_and_back_and_is_the_same(scenario: MigrationScenario) -> None:
    """Flannel → Calico → Flannel: what the second migration brings is what the first one took."""
    first = {ref: canonical(obj) for ref, obj in scenario.target_objects(scenario.inventory()).final.items()}
    scenario.cut_over()
    scenario.cloud.add("old-again", "flannel", "10.0.3", "10.102.0.0/16")
    return_trip = MigrationScenario(
        scenario.cloud,
        planned(scenario.cloud, plan_request(scenario.cloud, "new", "old-again", migration="m1")),
    )
    assert not return_trip.plan.blockers
    assert return_trip.plan.network.opens and not return_trip.plan.network.closes
    return_trip.copy()
    return_trip.take_picture()
    return_trip.cut_over()
    final = comparison.compare(
        return_trip.writer(), return_trip.target_objects(return_trip.inventory()).final
    )
    assert not final.differences
    second = {
        ref: canonical(obj) for ref, obj in return_trip.target_objects(return_trip.inventory()).final.items()
    }
    planned_first = {item.ref for item in scenario.plan.items}
    assert planned_first <= set(second), sorted(map(str, planned_first - set(second)))
    assert {ref: second[ref] for ref in planned_first} == first

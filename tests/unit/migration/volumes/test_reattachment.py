"""Disks move from cluster to cluster; what is in the way is named, and nothing is forced."""

from __future__ import annotations

import dataclasses

import pytest

from bot.adapters.openstack.cloud_services import Volume
from bot.migration.objects.fields import Object, Ref
from bot.migration.volumes import reattachment
from bot.migration.volumes.choices import PlannedVolume, VolumeChoice
from bot.migration.volumes.reattachment import NotRetained, VolumeTaken
from tests.unit.migration.builders import an
from tests.unit.migration.memory_kube import MemoryKube

DATA = PlannedVolume(
    claim=Ref("", "PersistentVolumeClaim", "shop", "data"),
    claim_uid="u",
    choice=VolumeChoice.REATTACH,
    volume="pv-1",
    handle="disk-1",
    size="4Gi",
    reclaim="Delete",
)
EMPTY = dataclasses.replace(DATA, choice=VolumeChoice.EMPTY, volume="pv-2")
CLAIM: Object = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "data", "namespace": "shop"},
    "spec": {"storageClassName": "fast"},
}
CLAIMS = {DATA.claim: CLAIM}
LABEL = {"xk8s.io/migration": "m1"}


def disk(handle: str = "disk-1", policy: str = "Retain", *, ours: bool = True, name: str = "pv-1") -> Object:
    spec = {"csi": {"volumeHandle": handle}, "persistentVolumeReclaimPolicy": policy}
    return an("PersistentVolume", name, labels=LABEL if ours else {}, spec=spec)


@dataclasses.dataclass
class Cinder:
    """Answers for every disk alike."""

    status: str = "available"
    servers: tuple[str, ...] = ()

    def volume(self, volume: str) -> Volume:
        return Volume(id=volume, status=self.status, servers=self.servers)


def test_a_disk_that_would_be_deleted_with_its_objects_stops_the_cut_over() -> None:
    reattachment.check_retained(MemoryKube(disk()), [DATA, EMPTY])
    with pytest.raises(NotRetained) as stopped:
        reattachment.check_retained(MemoryKube(disk(policy="Delete")), [DATA])
    assert stopped.value.why == "it is on Delete"
    with pytest.raises(NotRetained) as stopped:
        reattachment.check_retained(MemoryKube(), [DATA])
    assert stopped.value.why == "it is gone"


def test_a_disk_is_free_when_neither_kubernetes_nor_cinder_has_it_attached() -> None:
    attachment = an(
        "VolumeAttachment", "a", spec={"source": {"persistentVolumeName": "pv-1"}, "nodeName": "n1"}
    )
    assert reattachment.still_attached(MemoryKube(attachment), [DATA], None) == [
        "shop/data is attached to n1"
    ]
    assert reattachment.still_attached(MemoryKube(), [DATA], Cinder()) == []
    assert reattachment.still_attached(MemoryKube(), [DATA], Cinder("in-use", ("vm-1",))) == [
        "shop/data: Cinder says in-use, attached to vm-1"
    ]
    assert reattachment.still_attached(MemoryKube(), [EMPTY], Cinder("in-use")) == []


def test_the_pair_is_created_once() -> None:
    kube = MemoryKube()
    refs = reattachment.attach(kube, [DATA, EMPTY], CLAIMS, "m1")
    assert [ref.kind for ref in refs] == ["PersistentVolume", "PersistentVolumeClaim"]
    claim = kube.live(CLAIM)
    assert (
        claim is not None and claim["spec"]["volumeName"] == "pv-1" and claim["metadata"]["labels"] == LABEL
    )
    created = list(kube.requests)
    assert len(created) == 2 and reattachment.attach(kube, [DATA], CLAIMS, "m1") == refs
    assert kube.requests == created, "a repetition writes nothing"
    assert reattachment.reattached_volumes(kube, [DATA, EMPTY], "m1") == (DATA,)


@pytest.mark.parametrize(
    ("present", "words"),
    [
        (disk(ours=False), "another volume pv-1"),
        (disk("disk-9"), "another volume pv-1"),
        (disk(name="pv-9", ours=False), "already the volume pv-9"),
    ],
    ids=["not-ours", "other-disk", "disk-of-another-volume"],
)
def test_a_name_or_a_disk_that_is_taken_stops(present: Object, words: str) -> None:
    kube = MemoryKube(present)
    with pytest.raises(VolumeTaken, match=words):
        reattachment.attach(kube, [DATA], CLAIMS, "m1")
    assert not kube.requests


def test_a_claim_must_be_bound_to_the_volume_that_was_meant() -> None:
    bound = {**CLAIM, "spec": {"volumeName": "pv-1"}, "status": {"phase": "Bound"}}
    assert reattachment.unbound_claims(MemoryKube(bound), [DATA]) == []
    assert reattachment.unbound_claims(MemoryKube({**bound, "spec": {"volumeName": "pv-9"}}), [DATA]) == [
        "shop/data is Bound"
    ]
    assert reattachment.unbound_claims(MemoryKube(), [DATA]) == ["shop/data is missing"]


def test_the_pair_is_deleted_for_a_roll_back_and_only_if_it_is_ours() -> None:
    claim = {**CLAIM, "metadata": {**CLAIM["metadata"], "labels": LABEL}}
    kube = MemoryKube(disk(), claim)
    assert [ref.kind for ref in reattachment.detach(kube, [DATA], "m1")] == [
        "PersistentVolumeClaim",
        "PersistentVolume",
    ]
    assert not kube.objects and reattachment.detach(kube, [DATA], "m1") == ()
    foreign = MemoryKube(disk(ours=False), CLAIM)
    assert reattachment.detach(foreign, [DATA], "m1") == () and len(foreign.objects) == 2


def test_a_volume_that_is_not_on_retain_is_not_deleted() -> None:
    kube = MemoryKube(disk(policy="Delete"), CLAIM)
    with pytest.raises(NotRetained):
        reattachment.detach(kube, [DATA], "m1")
    assert not kube.requests


def test_the_reclaim_policy_of_before_is_set_once_and_on_our_volumes_only() -> None:
    kube = MemoryKube(disk())
    assert [ref.name for ref in reattachment.restore_reclaim_policies(kube, [DATA], "m1")] == ["pv-1"]
    live = kube.live(disk())
    assert live is not None and live["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
    reattachment.restore_reclaim_policies(kube, [DATA], "m1")
    assert len(kube.requests) == 1
    assert reattachment.restore_reclaim_policies(MemoryKube(disk(ours=False)), [DATA], "m1") == ()
    assert (
        reattachment.restore_reclaim_policies(kube, [dataclasses.replace(DATA, reclaim="Retain")], "m1") == ()
    )

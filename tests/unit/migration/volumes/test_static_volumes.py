"""The static pair by which a disk moves."""

from __future__ import annotations

from bot.migration.volumes import static_volumes
from tests.unit.migration.volumes.test_choices import CSI, claim, disk, planned_volumes


def test_an_in_tree_volume_moves_as_one_of_the_csi_driver() -> None:
    [volume] = planned_volumes(claim(), disk(cinder={"volumeID": "disk-9", "fsType": "xfs"}))
    assert not volume.why_not_movable
    created = static_volumes.persistent_volume(volume, claim(), "m1")
    assert created["spec"]["csi"] == {
        "driver": "cinder.csi.openstack.org",
        "volumeHandle": "disk-9",
        "fsType": "xfs",
    }


def test_the_pair_names_each_other_and_no_uid() -> None:
    """The values of the example in the CSI driver's documentation for existing volumes."""
    zoned = {
        "required": {
            "nodeSelectorTerms": [
                {
                    "matchExpressions": [
                        {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["az1"]}
                    ]
                }
            ]
        }
    }
    [volume] = planned_volumes(claim(), disk(csi=CSI, nodeAffinity=zoned, mountOptions=["noatime"]))
    stripped = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data-db-0", "namespace": "shop"},
        "spec": {"storageClassName": "slow"},
    }
    bound = static_volumes.bound_claim(volume, stripped)
    created = static_volumes.persistent_volume(volume, bound, "m1")
    assert created["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert created["spec"]["claimRef"] == {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "namespace": "shop",
        "name": "data-db-0",
    }
    assert created["spec"]["storageClassName"] == bound["spec"]["storageClassName"] == "slow"
    assert bound["spec"]["volumeName"] == created["metadata"]["name"] == "pv-1"
    assert (
        bound["spec"]["resources"]["requests"]["storage"] == created["spec"]["capacity"]["storage"] == "4Gi"
    )
    assert created["spec"]["mountOptions"] == ["noatime"]
    assert created["spec"]["csi"] == {
        "driver": "cinder.csi.openstack.org",
        "volumeHandle": "disk-1",
        "fsType": "ext4",
    }
    assert "topology.cinder.csi.openstack.org/zone" in str(created["spec"]["nodeAffinity"])
    assert created["metadata"]["labels"] == {"xk8s.io/migration": "m1"}


def test_without_a_class_both_say_so() -> None:
    [volume] = planned_volumes(claim(storageClassName=None), disk(csi=CSI, storageClassName=""))
    bound = static_volumes.bound_claim(volume, {"metadata": {}, "spec": {}})
    assert bound["spec"]["storageClassName"] == ""
    assert static_volumes.persistent_volume(volume, bound, "m1")["spec"]["storageClassName"] == ""


def test_an_empty_volume_is_as_large_as_the_old_one_has_grown() -> None:
    [volume] = planned_volumes(claim(), disk(), words=("empty",))
    assert static_volumes.grown_claim(volume, claim())["spec"]["resources"]["requests"]["storage"] == "4Gi"

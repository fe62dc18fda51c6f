"""What becomes of each claim, and the static pair by which a disk moves."""

from __future__ import annotations

from typing import Any

import pytest

from bot.migration.inventory.target_facts import TargetFacts
from bot.migration.objects.manifest import Object
from bot.migration.objects.ownership import graph
from bot.migration.planning.findings import PlanFinding, Weight
from bot.migration.volumes import static_volumes
from bot.migration.volumes.choices import (
    PlannedVolume,
    VolumeChoice,
    check,
    parse,
    quantity,
    unknown,
    volumes,
)
from tests.unit.migration.builders import SERVED, an, inventory, workload

CSI = {
    "driver": "cinder.csi.openstack.org",
    "volumeHandle": "disk-1",
    "fsType": "ext4",
    "volumeAttributes": {"storage.kubernetes.io/csiProvisionerIdentity": "x"},
}


def claim(name: str = "data-db-0", volume: str = "pv-1", **spec: Any) -> Object:
    given = {
        "volumeName": volume,
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "fast",
        "resources": {"requests": {"storage": "2Gi"}},
    }
    return an(
        "PersistentVolumeClaim",
        name,
        spec={**given, **spec},
        status={"phase": "Bound" if volume else "Pending"},
    )


def disk(name: str = "pv-1", **spec: Any) -> Object:
    given = {
        "capacity": {"storage": "4Gi"},
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Delete",
        "storageClassName": "fast",
    }
    return an("PersistentVolume", name, spec={**given, **(spec or {"csi": CSI})})


def found(*objects: Object, words: tuple[str, ...] = ("reattach",)) -> tuple[PlannedVolume, ...]:
    read = inventory(*objects)
    return volumes(read, read.of("PersistentVolumeClaim"), words, graph(objects))


def target(**more: Any) -> TargetFacts:
    return TargetFacts(exists=True, surface=SERVED, **more)


def checked(
    seen: tuple[PlannedVolume, ...], facts: TargetFacts | None = None, *, same_project: bool | None = True
) -> list[PlanFinding]:
    return list(check(seen, facts or target(), same_project=same_project, classes={}))


def blockers(findings: list[PlanFinding]) -> str:
    return "\n".join(f"{each.what}: {each.why}" for each in findings if each.weight is Weight.BLOCKER)


def test_choices_are_for_all_or_for_one() -> None:
    assert parse(("reattach", "shop/cache=skip")) == (
        VolumeChoice.REATTACH,
        {"shop/cache": VolumeChoice.SKIP},
    )
    assert found(claim(), disk(), words=("reattach", "shop/data-db-0=empty"))[0].choice is VolumeChoice.EMPTY


def test_a_claim_without_a_choice_blocks_and_says_who_uses_it() -> None:
    sts = workload("StatefulSet", "db")
    pod = an(
        "Pod",
        "db-0",
        owner=sts,
        spec={"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data-db-0"}}]},
    )
    seen = found(claim(), disk(), sts, pod, words=())
    assert "nobody has chosen what becomes of shop/data-db-0: it is used by StatefulSet shop/db" in blockers(
        checked(seen)
    )


@pytest.mark.parametrize("source", ["hostPath", "local", "nfs", "rbd"])
def test_a_volume_that_cannot_move_blocks_unless_it_is_excluded(source: str) -> None:
    objects = (claim(), disk(**{source: {"path": "/x"}}))
    assert source in blockers(checked(found(*objects)))
    assert source in blockers(checked(found(*objects, words=())))
    assert not blockers(checked(found(*objects, words=("shop/data-db-0=empty",))))
    assert not blockers(checked(found(*objects, words=("skip",))))


def test_another_csi_driver_blocks() -> None:
    assert "ceph" in blockers(
        checked(found(claim(), disk(csi={"driver": "rbd.csi.ceph.com", "volumeHandle": "h"})))
    )


def test_an_in_tree_volume_moves_as_one_of_the_csi_driver() -> None:
    [volume] = found(claim(), disk(cinder={"volumeID": "disk-9", "fsType": "xfs"}))
    assert not blockers(checked((volume,)))
    made = static_volumes.persistent_volume(volume, claim(), "m1")
    assert made["spec"]["csi"] == {
        "driver": "cinder.csi.openstack.org",
        "volumeHandle": "disk-9",
        "fsType": "xfs",
    }


def test_a_claim_that_was_never_bound_gets_an_empty_volume_before_everybodys_eyes() -> None:
    [volume] = found(claim(volume=""))
    assert volume.choice is VolumeChoice.EMPTY
    [warned] = [each for each in checked((volume,)) if each.weight is Weight.WARNING]
    assert warned.what == "shop/data-db-0 has no volume to reattach, and gets an empty one"
    assert "no data" in warned.why and "=skip" in warned.fix
    [chosen] = found(claim(volume=""), words=("empty",))
    assert not [each for each in checked((chosen,)) if each.weight is Weight.WARNING], "that was asked for"


def test_a_claim_whose_volume_is_gone_or_that_alone_was_to_be_reattached_blocks() -> None:
    lost = claim()
    lost["status"]["phase"] = "Lost"
    assert "none was ever bound to it, or the one that was is gone" in blockers(checked(found(lost, disk())))
    assert "is gone" in blockers(checked(found(claim()))), "bound, and nobody can read to what"
    asked = found(claim(volume=""), words=("empty", "shop/data-db-0=reattach"))
    assert "shop/data-db-0 cannot be reattached" in blockers(checked(asked))


def test_disks_of_another_project_do_not_attach_and_an_unknown_one_is_told() -> None:
    seen = found(claim(), disk())
    assert "another OpenStack project" in blockers(checked(seen, same_project=False))
    assert any("nobody knows" in each.what for each in checked(seen, same_project=None))
    assert not blockers(checked(seen))


def test_a_target_without_the_driver_or_without_nodes_in_the_zone_blocks() -> None:
    zoned = {
        "required": {
            "nodeSelectorTerms": [
                {
                    "matchExpressions": [
                        {"key": "topology.cinder.csi.openstack.org/zone", "operator": "In", "values": ["az2"]}
                    ]
                }
            ]
        }
    }
    seen = found(claim(), disk(csi=CSI, nodeAffinity=zoned))
    node = an("Node", "n", labels={"topology.cinder.csi.openstack.org/zone": "az1"})
    assert "zone az2" in blockers(checked(seen, target(nodes=(node,))))
    assert "does not run" in blockers(checked(seen, target(csi_drivers=frozenset({"nfs.csi.k8s.io"}))))


def test_a_choice_for_a_claim_that_is_not_there_blocks() -> None:
    assert "shop/dta" in next(iter(unknown(("shop/dta=empty",), found(claim(), disk())))).what


def test_a_volume_of_many_writers_is_told() -> None:
    seen = found(claim(), disk(csi=CSI, accessModes=["ReadWriteMany"]))
    assert any("ReadWriteMany" in each.what for each in checked(seen) if each.weight is Weight.WARNING)


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
    [volume] = found(claim(), disk(csi=CSI, nodeAffinity=zoned, mountOptions=["noatime"]))
    wanted = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data-db-0", "namespace": "shop"},
        "spec": {"storageClassName": "slow"},
    }
    bound = static_volumes.bound_claim(volume, wanted)
    made = static_volumes.persistent_volume(volume, bound, "m1")
    assert made["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert made["spec"]["claimRef"] == {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "namespace": "shop",
        "name": "data-db-0",
    }
    assert made["spec"]["storageClassName"] == bound["spec"]["storageClassName"] == "slow"
    assert bound["spec"]["volumeName"] == made["metadata"]["name"] == "pv-1"
    assert bound["spec"]["resources"]["requests"]["storage"] == made["spec"]["capacity"]["storage"] == "4Gi"
    assert made["spec"]["mountOptions"] == ["noatime"]
    assert made["spec"]["csi"] == {
        "driver": "cinder.csi.openstack.org",
        "volumeHandle": "disk-1",
        "fsType": "ext4",
    }
    assert "topology.cinder.csi.openstack.org/zone" in str(made["spec"]["nodeAffinity"])
    assert made["metadata"]["labels"] == {"xk8s.io/migration": "m1"}


def test_without_a_class_both_say_so() -> None:
    [volume] = found(claim(storageClassName=None), disk(csi=CSI, storageClassName=""))
    bound = static_volumes.bound_claim(volume, {"metadata": {}, "spec": {}})
    assert bound["spec"]["storageClassName"] == ""
    assert static_volumes.persistent_volume(volume, bound, "m1")["spec"]["storageClassName"] == ""


def test_an_empty_volume_is_as_large_as_the_old_one_has_grown() -> None:
    [volume] = found(claim(), disk(), words=("empty",))
    assert static_volumes.grown_claim(volume, claim())["spec"]["resources"]["requests"]["storage"] == "4Gi"


@pytest.mark.parametrize(
    ("text", "value"),
    [("1Gi", 2**30), ("500m", 0.5), ("2k", 2000), ("1.5Ki", 1536), ("3", 3), ("", 0), ("x", 0)],
)
def test_quantities(text: str, value: float) -> None:
    assert float(quantity(text)) == value


def test_inventories_show_no_object() -> None:
    secret = an("Secret", "s", data={"password": "aHVudGVyMg=="})
    assert "aHVudGVyMg" not in repr(inventory(secret))

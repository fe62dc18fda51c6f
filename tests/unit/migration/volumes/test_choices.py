"""What becomes of each claim."""

from __future__ import annotations

from typing import Any

from bot.migration.objects.fields import Object
from bot.migration.objects.ownership import graph
from bot.migration.volumes.choices import PlannedVolume, VolumeChoice, parse_choices, plan_volumes
from tests.unit.migration.builders import an, inventory

CSI = {
    "driver": "cinder.csi.openstack.org",
    "volumeHandle": "disk-1",
    "fsType": "ext4",
    "volumeAttributes": {"storage.kubernetes.io/csiProvisionerIdentity": "x"},
}


def claim(name: str = "data-db-0", volume: str = "pv-1", **spec: Any) -> Object:
    defaults = {
        "volumeName": volume,
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "fast",
        "resources": {"requests": {"storage": "2Gi"}},
    }
    return an(
        "PersistentVolumeClaim",
        name,
        spec={**defaults, **spec},
        status={"phase": "Bound" if volume else "Pending"},
    )


def disk(name: str = "pv-1", **spec: Any) -> Object:
    defaults = {
        "capacity": {"storage": "4Gi"},
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Delete",
        "storageClassName": "fast",
    }
    return an("PersistentVolume", name, spec={**defaults, **(spec or {"csi": CSI})})


def planned_volumes(*objects: Object, words: tuple[str, ...] = ("reattach",)) -> tuple[PlannedVolume, ...]:
    source_inventory = inventory(*objects)
    return plan_volumes(source_inventory, source_inventory.of("PersistentVolumeClaim"), words, graph(objects))


def test_choices_are_for_all_or_for_one() -> None:
    assert parse_choices(("reattach", "shop/cache=skip")) == (
        VolumeChoice.REATTACH,
        {"shop/cache": VolumeChoice.SKIP},
    )
    assert (
        planned_volumes(claim(), disk(), words=("reattach", "shop/data-db-0=empty"))[0].choice
        is VolumeChoice.EMPTY
    )

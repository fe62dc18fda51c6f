"""Claims that are not bound to the disk that moved."""

from __future__ import annotations

import pytest

from bot.migration.inventory.baseline import RunningWorkload
from bot.migration.objects.fields import Object, Ref
from bot.migration.proof import volume_claims
from bot.migration.volumes.choices import PlannedVolume, VolumeChoice
from tests.unit.migration.builders import an, inventory, plan
from tests.unit.migration.proof.results import baseline, faults

DATA = PlannedVolume(
    claim=Ref("", "PersistentVolumeClaim", "shop", "data"),
    claim_uid="u",
    choice=VolumeChoice.REATTACH,
    volume="pv-1",
    backend="cinder.csi.openstack.org",
    handle="vol-1",
    size="20Gi",
    consumers=("StatefulSet shop/db",),
)


def claim(phase: str = "Bound", volume: str = "pv-1", size: str = "20Gi") -> Object:
    return an(
        "PersistentVolumeClaim",
        "data",
        spec={"volumeName": volume},
        status={"phase": phase, "capacity": {"storage": size}},
    )


def disk(handle: str = "vol-1", size: str = "20Gi", name: str = "pv-1") -> Object:
    return an("PersistentVolume", name, spec={"csi": {"volumeHandle": handle}, "capacity": {"storage": size}})


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ((claim(), disk()), ""),
        ((claim(), disk(size="21474836480")), ""),
        ((), "it is missing, expected Bound"),
        ((claim("Pending"), disk()), "it is Pending, expected Bound"),
        (
            (claim(), disk("vol-2")),
            "bound to pv-1, which is the Cinder volume vol-2, expected the Cinder volume vol-1",
        ),
        (
            (claim(volume="pv-9"), disk()),
            "bound to pv-9, which is not there, expected the Cinder volume vol-1",
        ),
        ((claim(), disk(size="10Gi")), "its volume is of 10Gi, expected at least 20Gi"),
        ((claim(size="1Gi"), disk()), "it is of 1Gi, expected at least 20Gi"),
    ],
    ids=[
        "same",
        "same-in-bytes",
        "gone",
        "pending",
        "other-disk",
        "no-volume",
        "small-volume",
        "small-claim",
    ],
)
def test_a_claim_whose_disk_moved_has_that_disk(now: tuple[Object, ...], expected: str) -> None:
    texts = faults(volume_claims.check(plan(volumes=(DATA,)), baseline(), inventory(*now)))
    assert texts == ([f"PersistentVolumeClaim shop/data: {expected}"] if expected else [])


def test_an_empty_claim_must_be_bound_only_if_something_that_runs_uses_it() -> None:
    import dataclasses

    empty = dataclasses.replace(DATA, choice=VolumeChoice.EMPTY)
    database = RunningWorkload(ref=Ref("apps", "StatefulSet", "shop", "db"), ready=1, images={})
    waiting = inventory(claim("Pending"))
    assert volume_claims.check(plan(volumes=(empty,)), baseline(database), waiting).faults
    assert not volume_claims.check(plan(volumes=(empty,)), baseline(), waiting).faults

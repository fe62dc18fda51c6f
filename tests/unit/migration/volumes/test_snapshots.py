"""Snapshots of disks that move: one each, found again, never somebody else's."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.openstack.cloud_services import Volume, VolumeSnapshot
from bot.adapters.openstack.service_client import CloudRefused, CloudServiceError
from bot.common.problems import Problem
from bot.migration.objects.fields import Ref
from bot.migration.volumes import snapshots
from bot.migration.volumes.choices import PlannedVolume, VolumeChoice
from bot.migration.volumes.snapshots import SnapshotFailed


def volume(name: str = "data", choice: VolumeChoice = VolumeChoice.REATTACH) -> PlannedVolume:
    claim = Ref("", "PersistentVolumeClaim", "shop", name)
    return PlannedVolume(
        claim=claim, claim_uid="u", choice=choice, volume=f"pv-{name}", handle=f"disk-{name}"
    )


@dataclasses.dataclass
class Cinder:
    """Keeps snapshots by disk; `refusal` is its answer to the next write."""

    by_disk: dict[str, list[VolumeSnapshot]] = dataclasses.field(default_factory=dict)
    refusal: Problem | None = None
    becomes: str = "creating"
    numbers: itertools.count[int] = dataclasses.field(default_factory=itertools.count)

    def volume(self, volume: str) -> Volume:
        return Volume(id=volume, status="available")

    def snapshots(self, volume: str) -> tuple[VolumeSnapshot, ...]:
        return tuple(self.by_disk.get(volume, []))

    def snapshot(
        self, volume: str, *, name: str, description: str, metadata: Mapping[str, str]
    ) -> VolumeSnapshot:
        self._refuse()
        snapshot_taken = VolumeSnapshot(
            id=f"snap-{next(self.numbers)}", name=name, status=self.becomes, metadata=metadata
        )
        self.by_disk.setdefault(volume, []).append(snapshot_taken)
        return snapshot_taken

    def remove_snapshot(self, snapshot: str) -> None:
        self._refuse()
        for disk, present in self.by_disk.items():
            self.by_disk[disk] = [
                taken_snapshot for taken_snapshot in present if taken_snapshot.id != snapshot
            ]

    def set(self, status: str) -> None:
        self.by_disk = {
            disk: [dataclasses.replace(taken_snapshot, status=status) for taken_snapshot in present]
            for disk, present in self.by_disk.items()
        }

    def _refuse(self) -> None:
        if self.refusal is not None:
            raise self.refusal


def take(cinder: Cinder, *volumes: PlannedVolume) -> list[str]:
    return snapshots.ensure_snapshots(volumes or (volume(),), cinder, "m1", lambda: None)


def test_each_disk_that_moves_gets_one_and_is_waited_for() -> None:
    cinder = Cinder()
    volumes = (volume("a"), volume("b"), volume("c", VolumeChoice.EMPTY))
    assert take(cinder, *volumes) == ["a snapshot of shop/a", "a snapshot of shop/b"]
    assert take(cinder, *volumes) == ["a snapshot of shop/a", "a snapshot of shop/b"]
    cinder.set("available")
    assert take(cinder, *volumes) == []
    assert [len(present) for present in cinder.by_disk.values()] == [1, 1] and set(cinder.by_disk) == {
        "disk-a",
        "disk-b",
    }
    [snapshot_taken] = cinder.by_disk["disk-a"]
    assert (snapshot_taken.name, snapshot_taken.metadata) == (
        "xk8s-m1-shop-a",
        {"xk8s-migration": "m1", "xk8s-claim": "shop/a"},
    )


def test_one_of_another_migration_or_of_a_person_is_neither_taken_for_ours_nor_removed() -> None:
    cinder = Cinder(becomes="available")
    take(cinder)
    foreign = [
        VolumeSnapshot(id="theirs", name="xk8s-m1-shop-data", status="available"),
        VolumeSnapshot(
            id="older", name="xk8s-m0-shop-data", status="available", metadata={"xk8s-migration": "m0"}
        ),
        VolumeSnapshot(id="renamed", name="nightly", status="available", metadata={"xk8s-migration": "m1"}),
    ]
    cinder.by_disk["disk-data"] = [*foreign]
    assert take(cinder) == ["a snapshot of shop/data"], "none of these is ours"
    assert snapshots.delete_snapshots([volume()], cinder, "m1", lambda: None) == (1, ())
    assert cinder.by_disk["disk-data"] == foreign


def test_a_quota_that_is_reached_says_what_to_do() -> None:
    cinder = Cinder(
        refusal=CloudRefused("no", why="HTTP 413: Maximum number of snapshots allowed (10) exceeded")
    )
    with pytest.raises(SnapshotFailed) as refused:
        take(cinder)
    assert (
        "shop/data" in refused.value.what
        and "allowed (10)" in refused.value.why
        and "migration.snapshots: false" in refused.value.fix
    )


def test_one_that_ends_in_an_error_is_removed_and_reported_and_taken_again_on_a_second_try() -> None:
    cinder = Cinder(becomes="error")
    take(cinder)
    with pytest.raises(SnapshotFailed, match="ended in an error"):
        take(cinder)
    assert not cinder.by_disk["disk-data"]
    cinder.becomes = "available"
    take(cinder)
    assert take(cinder) == []


def test_a_cinder_that_does_not_answer_is_waited_for() -> None:
    cinder = Cinder(refusal=CloudServiceError("no", why="HTTP 503: restarting"))
    assert take(cinder) == ["a snapshot of shop/data: HTTP 503: restarting"]


def test_what_cinder_will_not_remove_is_named_with_the_command() -> None:
    cinder = Cinder(becomes="available")
    take(cinder)
    cinder.refusal = CloudRefused("no", why="HTTP 400: it has dependent volumes")
    removed, kept_snapshots = snapshots.delete_snapshots([volume()], cinder, "m1", lambda: None)
    assert removed == 0 and kept_snapshots[0].line == (
        "shop/data: snapshot xk8s-m1-shop-data of the disk disk-data (HTTP 400: it has dependent volumes): "
        "`openstack volume snapshot delete snap-0`"
    )
    cinder.refusal = CloudServiceError("no answer")
    with pytest.raises(CloudServiceError):
        snapshots.delete_snapshots([volume()], cinder, "m1", lambda: None)


def test_a_fence_stands_before_each_write() -> None:
    class Gone(Exception):
        pass

    def fence() -> None:
        raise Gone

    cinder = Cinder(becomes="available")
    with pytest.raises(Gone):
        snapshots.ensure_snapshots([volume()], cinder, "m1", fence)
    take(cinder)
    with pytest.raises(Gone):
        snapshots.delete_snapshots([volume()], cinder, "m1", fence)
    assert cinder.by_disk["disk-data"]


@given(
    st.text("abc-", min_size=1, max_size=63),
    st.text("abc.-", min_size=1, max_size=253),
    st.text("abc.-", min_size=1, max_size=253),
)
def test_names_fit_cinder_and_differ_where_the_claims_do(namespace: str, first: str, second: str) -> None:
    def named(name: str) -> str:
        claim = Ref("", "PersistentVolumeClaim", namespace, name)
        return snapshots.name_of(dataclasses.replace(volume(), claim=claim), "m1")

    assert len(named(first)) <= snapshots.LONGEST_NAME
    assert (named(first) == named(second)) is (first == second)


def test_what_is_kept_is_reported_in_one_line_with_a_command() -> None:
    kept_snapshots = [
        snapshots.KeptSnapshot(claim=f"shop/{n}", disk="d", id=f"id-{n}", name="x") for n in range(10)
    ]
    [line] = snapshots.removal_lines(kept_snapshots)
    assert "10 snapshots" in line and "delete id-0 id-1" in line and "2 more, in the report" in line
    assert snapshots.removal_lines([]) == []

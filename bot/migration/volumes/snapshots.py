"""Cinder snapshots of the disks as the source left them, taken before the target writes to them.

Snapshots are found again by their name and their metadata, which name the migration; no other is ever
deleted. After the old cluster is gone they are deleted, because Cinder deletes no volume that has snapshots;
after a roll-back they are kept, because somebody may want what was before the cut-over. Every function is
idempotent.
"""

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from bot.adapters.openstack.cloud_services import VolumeSnapshot
from bot.adapters.openstack.service_client import CloudRefused, CloudServiceError
from bot.common.problems import Problem
from bot.common.wording import count
from bot.migration.volumes.choices import PlannedVolume
from bot.migration.volumes.reattachment import VolumeApi

MIGRATION, CLAIM = "xk8s-migration", "xk8s-claim"  # keys of a snapshot's metadata
LONGEST_NAME = 255  # of anything in Cinder
AVAILABLE, ERROR, DELETING = "available", "error", "deleting"
REMOVE = "openstack volume snapshot delete"
NAMED = 8
OFF = "set `migration.snapshots: false` to go without"


class SnapshotFailed(Problem):
    """Cinder refused to take a snapshot, or took one that ended in an error."""


class SnapshotApi(VolumeApi, Protocol):
    """The part of Cinder that is needed here. Calls raise `CloudRefused` or another `CloudServiceError`."""

    def snapshots(self, volume: str) -> tuple[VolumeSnapshot, ...]:
        """Return the snapshots of the volume with a Cinder UUID."""
        ...

    def snapshot(
        self, volume: str, *, name: str, description: str, metadata: dict[str, str]
    ) -> VolumeSnapshot:
        """Order a snapshot of a volume; it is not available yet when this returns."""
        ...

    def remove_snapshot(self, snapshot: str) -> None:
        """Delete a snapshot; one that is gone already is no error."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class KeptSnapshot:
    """A snapshot that exists, of a claim's disk. `why` is why it could not be deleted, if that was tried."""

    claim: str
    disk: str
    id: str
    name: str
    why: str = ""

    @property
    def line(self) -> str:
        """The snapshot as a line of the report, with the command that deletes it."""
        why = f" ({self.why})" if self.why else ""
        return f"{self.claim}: snapshot {self.name} of the disk {self.disk}{why}: `{REMOVE} {self.id}`"


def name_of(volume: PlannedVolume, migration: str) -> str:
    """Return the name `xk8s-MIGRATION-NAMESPACE-CLAIM`; one that is too long ends in a digest instead."""
    name = f"xk8s-{migration}-{volume.claim.namespace}-{volume.claim.name}"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 13]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def ensure_snapshots(
    volumes: Iterable[PlannedVolume], storage: SnapshotApi, migration: str, fence: Callable[[], None]
) -> list[str]:
    """Take a snapshot of every disk that moves, unless there is one; return what is not available yet.

    `fence` is called before each change, and raises if this process may not make changes any more. A Cinder
    that does not answer is waited for. Raises `SnapshotFailed` if it refuses, or if a snapshot ended in an
    error; such a one is deleted, so that a second try takes another.
    """
    waits, failed = [], []
    for volume in (volume for volume in volumes if volume.moves):
        name = volume.claim.short
        try:
            if _delete_failed(volume, storage, migration, fence):
                failed.append(name)
            elif not _ensure_snapshot(volume, storage, migration, fence):
                waits.append(f"a snapshot of {name}")
        except CloudRefused as refused:
            raise SnapshotFailed(
                f"Cinder took no snapshot of the disk of {name}",
                why=refused.why,
                fix=f"Make room (`openstack quota show`) or mend it, then resume; or {OFF}, then resume.",
            ) from refused
        except CloudServiceError as error:
            waits.append(f"a snapshot of {name}: {error.why or error.what}")
    if failed:
        raise SnapshotFailed(
            f"{count(len(failed), 'snapshot')} of disks ended in an error",
            why=f"Cinder says so of {', '.join(failed)}",
            fix=f"Ask who runs Cinder, then resume: I take others; or {OFF}, then resume.",
        )
    return waits


def _delete_failed(
    volume: PlannedVolume, storage: SnapshotApi, migration: str, fence: Callable[[], None]
) -> bool:
    """Delete snapshots that ended in an error; return whether there was one."""
    failed = [
        snapshot
        for snapshot in _snapshots_of(volume, storage, migration)
        if snapshot.status.startswith(ERROR)  # also `error_deleting`
    ]
    for snapshot in failed:
        fence()
        storage.remove_snapshot(snapshot.id)
    return bool(failed)


def _ensure_snapshot(
    volume: PlannedVolume, storage: SnapshotApi, migration: str, fence: Callable[[], None]
) -> bool:
    """Order a snapshot unless there is one; return whether it is available."""
    snapshots = _present_snapshots(volume, storage, migration)
    if not snapshots:
        fence()
        storage.snapshot(
            volume.handle,
            name=name_of(volume, migration),
            metadata={MIGRATION: migration, CLAIM: volume.claim.short},
            description=f"before the cut-over of migration {migration}",
        )
    return any(snapshot.status == AVAILABLE for snapshot in snapshots)


def _snapshots_of(volume: PlannedVolume, storage: SnapshotApi, migration: str) -> list[VolumeSnapshot]:
    name = name_of(volume, migration)
    return [
        snapshot
        for snapshot in storage.snapshots(volume.handle)
        if snapshot.name == name and snapshot.metadata.get(MIGRATION) == migration
    ]


def _present_snapshots(volume: PlannedVolume, storage: SnapshotApi, migration: str) -> list[VolumeSnapshot]:
    """Return the migration's snapshots of a disk, but for those that are being deleted."""
    snapshots = _snapshots_of(volume, storage, migration)
    return [snapshot for snapshot in snapshots if snapshot.status != DELETING]


def list_snapshots(
    volumes: Iterable[PlannedVolume], storage: SnapshotApi, migration: str
) -> tuple[KeptSnapshot, ...]:
    """Return the snapshots of a migration that exist. Raises `CloudServiceError`."""
    return tuple(
        KeptSnapshot(claim=volume.claim.short, disk=volume.handle, id=snapshot.id, name=snapshot.name)
        for volume in volumes
        if volume.moves
        for snapshot in _present_snapshots(volume, storage, migration)
    )


def delete_snapshots(
    volumes: Iterable[PlannedVolume], storage: SnapshotApi, migration: str, fence: Callable[[], None]
) -> tuple[int, tuple[KeptSnapshot, ...]]:
    """Delete the snapshots of a migration; return how many, and those that Cinder refused to delete.

    Raises `CloudServiceError` if Cinder does not answer.
    """
    removed, remaining = 0, []
    for snapshot in list_snapshots(volumes, storage, migration):
        fence()
        try:
            storage.remove_snapshot(snapshot.id)
        except CloudRefused as refused:
            remaining.append(dataclasses.replace(snapshot, why=refused.why))
        else:
            removed += 1
    return removed, tuple(remaining)


def removal_lines(snapshots: Sequence[KeptSnapshot]) -> list[str]:
    """Return a line that says that snapshots are kept and how to delete them; none if there are none."""
    if not snapshots:
        return []
    ids = " ".join(snapshot.id for snapshot in snapshots[:NAMED])
    more = f" (and {len(snapshots) - NAMED} more, in the report)" if len(snapshots) > NAMED else ""
    number, remove = count(len(snapshots), "snapshot"), f"`{REMOVE} {ids}`{more}"
    return [
        f"kept: {number} of the disks as they were before the cut-over; Cinder deletes no disk that has one."
        f" To remove: {remove}"
    ]

"""Cinder snapshots of the disks as the source left them, taken before the target writes to them. May be
repeated.

They are found again by their name and their metadata, which name the migration; nothing else is ever removed.
After the old cluster is gone they go, because Cinder deletes no volume that has snapshots; after a roll-back
they stay, because somebody may want what was before the cut-over.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
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
    """Cinder did not take a snapshot."""


class SnapshotApi(VolumeApi, Protocol):
    """Cinder, as far as snapshots go. Every call raises `CloudRefused` or another `CloudServiceError`."""

    def snapshots(self, volume: str) -> tuple[VolumeSnapshot, ...]:
        """The snapshots of a volume."""
        ...

    def snapshot(
        self, volume: str, *, name: str, description: str, metadata: dict[str, str]
    ) -> VolumeSnapshot:
        """Take one."""
        ...

    def remove_snapshot(self, snapshot: str) -> None:
        """Remove one; one that is gone is."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class KeptSnapshot:
    """A snapshot that there is: of which claim and disk, and why it could not be removed, if that was
    tried.
    """

    claim: str
    disk: str
    id: str
    name: str
    why: str = ""

    @property
    def line(self) -> str:
        """For the report."""
        why = f" ({self.why})" if self.why else ""
        return f"{self.claim}: snapshot {self.name} of the disk {self.disk}{why}: `{REMOVE} {self.id}`"


def name_of(volume: PlannedVolume, migration: str) -> str:
    """`xk8s-MIGRATION-NAMESPACE-CLAIM`; one that is too long ends in a digest."""
    name = f"xk8s-{migration}-{volume.claim.namespace}-{volume.claim.name}"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 13]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def take(
    volumes: Iterable[PlannedVolume], storage: SnapshotApi, migration: str, fence: Callable[[], None]
) -> list[str]:
    """Take a snapshot of every disk that moves, unless there is one. Returns what is waited for; empty if all
    are there.

    `fence` is called before each is taken. A Cinder that does not answer is waited for. Raises
    `SnapshotFailed` where it refuses, or where a snapshot ends in an error (which is removed, so that a
    second try takes another).
    """
    waits, failed = [], []
    for volume in volumes:
        if not volume.moves:
            continue
        try:
            broken = _clear(volume, storage, migration, fence)
            failed += [volume.claim.short] if broken else []
            if not broken and not _taken(volume, storage, migration, fence):
                waits.append(f"a snapshot of {volume.claim.short}")
        except CloudRefused as refused:
            raise SnapshotFailed(
                f"Cinder took no snapshot of the disk of {volume.claim.short}",
                why=refused.why,
                fix=f"Make room (`openstack quota show`) or mend it, then resume; or {OFF}, then resume.",
            ) from refused
        except CloudServiceError as error:
            waits.append(f"a snapshot of {volume.claim.short}: {error.why or error.what}")
    if failed:
        raise SnapshotFailed(
            f"{count(len(failed), 'snapshot')} of disks ended in an error",
            why=f"Cinder says so of {', '.join(failed)}",
            fix=f"Ask who runs Cinder, then resume: I take others; or {OFF}, then resume.",
        )
    return waits


def _clear(volume: PlannedVolume, storage: SnapshotApi, migration: str, fence: Callable[[], None]) -> bool:
    """Remove snapshots that ended in an error; whether there was one."""
    broken = [each for each in _mine(volume, storage, migration) if each.status.startswith(ERROR)]
    for each in broken:  # `error`, `error_deleting`
        fence()
        storage.remove_snapshot(each.id)
    return bool(broken)


def _taken(volume: PlannedVolume, storage: SnapshotApi, migration: str, fence: Callable[[], None]) -> bool:
    """Whether there is one; it is ordered if it is not even on its way."""
    there = [each for each in _mine(volume, storage, migration) if each.status != DELETING]
    if not there:
        fence()
        storage.snapshot(
            volume.handle,
            name=name_of(volume, migration),
            metadata={MIGRATION: migration, CLAIM: volume.claim.short},
            description=f"before the cut-over of migration {migration}",
        )
    return any(each.status == AVAILABLE for each in there)


def _mine(volume: PlannedVolume, storage: SnapshotApi, migration: str) -> Iterator[VolumeSnapshot]:
    name = name_of(volume, migration)
    for each in storage.snapshots(volume.handle):
        if each.name == name and each.metadata.get(MIGRATION) == migration:
            yield each


def list_kept(
    volumes: Iterable[PlannedVolume], storage: SnapshotApi, migration: str
) -> tuple[KeptSnapshot, ...]:
    """The snapshots of a migration that there are. Raises `CloudServiceError`."""
    return tuple(
        KeptSnapshot(claim=volume.claim.short, disk=volume.handle, id=each.id, name=each.name)
        for volume in volumes
        if volume.moves
        for each in _mine(volume, storage, migration)
        if each.status != DELETING
    )


def remove(
    volumes: Iterable[PlannedVolume], storage: SnapshotApi, migration: str, fence: Callable[[], None]
) -> tuple[int, tuple[KeptSnapshot, ...]]:
    """Remove the snapshots of a migration; how many, and those that Cinder would not remove, with why.

    Raises `CloudServiceError` if Cinder does not answer.
    """
    removed, left = 0, []
    for each in list_kept(volumes, storage, migration):
        fence()
        try:
            storage.remove_snapshot(each.id)
        except CloudRefused as refused:
            left.append(dataclasses.replace(each, why=refused.why))
        else:
            removed += 1
    return removed, tuple(left)


def removal_lines(left: Sequence[KeptSnapshot]) -> list[str]:
    """That snapshots stay, in a line with the command that removes them; empty if there are none."""
    if not left:
        return []
    ids = " ".join(each.id for each in left[:NAMED])
    more = f" (and {len(left) - NAMED} more, in the report)" if len(left) > NAMED else ""
    return [
        f"kept: {count(len(left), 'snapshot')} of the disks as they were before the cut-over; Cinder deletes"
        f" no disk that has one. To remove: `{REMOVE} {ids}`{more}"
    ]

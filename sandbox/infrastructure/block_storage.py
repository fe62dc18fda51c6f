"""Cinder's volumes and snapshots.

A volume attaches to one server at a time, and one that is attached cannot be deleted.
"""

from __future__ import annotations

import dataclasses
import time
import uuid
from datetime import UTC, datetime

AVAILABLE, IN_USE = "available", "in-use"
CREATING, ERROR = "creating", "error"
ZONE = "az1"


class StorageError(Exception):
    """Cinder or Nova refuses; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclasses.dataclass(kw_only=True)
class Attachment:
    """The attachment of a volume to a server."""

    id: str
    server: str
    device: str
    since: str


@dataclasses.dataclass(kw_only=True)
class Volume:
    """A disk of `size` GiB; `files` are the texts written on it, by their paths from its root."""

    id: str
    name: str
    size: int
    zone: str = ZONE
    description: str = ""
    metadata: dict[str, str] = dataclasses.field(default_factory=dict)
    attachment: Attachment | None = None
    files: dict[str, str] = dataclasses.field(default_factory=dict)
    created: str = ""

    @property
    def status(self) -> str:
        """The status in Cinder's words."""
        return IN_USE if self.attachment else AVAILABLE


@dataclasses.dataclass(kw_only=True)
class Snapshot:
    """A volume as it was at one moment."""

    id: str
    name: str
    volume: str
    size: int
    files: dict[str, str]
    created: str
    description: str = ""
    metadata: dict[str, str] = dataclasses.field(default_factory=dict)
    ready_at: float = 0.0  # on the monotonic clock
    failed: bool = False

    @property
    def status(self) -> str:
        """The status in Cinder's words."""
        if time.monotonic() < self.ready_at:
            return CREATING
        return ERROR if self.failed else AVAILABLE


class BlockStorage:
    """The volumes of one project."""

    def __init__(self) -> None:
        self.volumes: dict[str, Volume] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.snapshot_quota = -1  # the project's quota; -1: unlimited
        self.snapshot_seconds = 0.0  # how long a snapshot takes
        self.snapshots_fail = False  # whether every snapshot ends in the state error

    def create(self, name: str, size: int, metadata: dict[str, str] | None = None) -> Volume:
        """Create an empty volume."""
        volume = Volume(
            id=str(uuid.uuid4()), name=name, size=size, metadata=dict(metadata or {}), created=_now()
        )
        self.volumes[volume.id] = volume
        return volume

    def get(self, volume: str) -> Volume:
        """Return a volume by its id. Raises `StorageError` 404."""
        if volume not in self.volumes:
            raise StorageError(404, f"Volume {volume} could not be found.")
        return self.volumes[volume]

    def attach(self, volume: str, server: str) -> Attachment:
        """Attach a volume; attached to this server already, it keeps its attachment.

        Raises `StorageError` 400 while it is attached to another server.
        """
        disk = self.get(volume)
        if disk.attachment is not None and disk.attachment.server != server:
            raise StorageError(
                400,
                f"Invalid volume: volume '{volume}' status must be 'available' to attach, but the status is"
                " 'in-use'",
            )
        if disk.attachment is None:
            disk.attachment = Attachment(id=str(uuid.uuid4()), server=server, device="/dev/vdb", since=_now())
        return disk.attachment

    def detach(self, volume: str, server: str) -> None:
        """Detach a volume from a server, if it exists and is attached there."""
        disk = self.volumes.get(volume)
        if disk is not None and disk.attachment is not None and disk.attachment.server == server:
            disk.attachment = None

    def detach_all(self, server: str) -> None:
        """Detach every volume of a server, as Nova does when the server is deleted."""
        for volume in self.volumes.values():
            if volume.attachment is not None and volume.attachment.server == server:
                volume.attachment = None

    def delete(self, volume: str) -> None:
        """Delete a volume. Raises `StorageError` 400 for one that is attached or has snapshots."""
        disk = self.get(volume)
        has_snapshots = any(snapshot.volume == volume for snapshot in self.snapshots.values())
        if disk.attachment is not None or has_snapshots:
            raise StorageError(
                400,
                "Invalid volume: Volume status must be available or error or error_restoring or"
                " error_extending or error_managing and must not be migrating, attached, belong to a group,"
                " have snapshots, awaiting a transfer, or be disassociated from snapshots after volume"
                " transfer.",
            )
        del self.volumes[volume]

    def snapshot(self, volume: str, name: str, *, force: bool, description: str = "") -> Snapshot:
        """Take a snapshot of a volume; `force` allows it for one that is attached.

        Raises `StorageError` 400, 404, and 413 when the quota is reached.
        """
        disk = self.get(volume)
        if 0 <= self.snapshot_quota <= len(self.snapshots):
            raise StorageError(
                413,
                f"SnapshotLimitExceeded: Maximum number of snapshots allowed ({self.snapshot_quota})"
                " exceeded",
            )
        if disk.attachment is not None and not force:
            raise StorageError(
                400,
                f"Invalid volume: Volume {volume} status must be available, but current status is: in-use.",
            )
        snapshot = Snapshot(
            id=str(uuid.uuid4()),
            name=name,
            volume=volume,
            size=disk.size,
            files=dict(disk.files),
            created=_now(),
            description=description,
            ready_at=time.monotonic() + self.snapshot_seconds,
            failed=self.snapshots_fail,
        )
        self.snapshots[snapshot.id] = snapshot
        return snapshot

    def delete_snapshot(self, snapshot: str) -> None:
        """Delete a snapshot. Raises `StorageError` 404, and 400 while it is being taken."""
        if snapshot not in self.snapshots:
            raise StorageError(404, f"Snapshot {snapshot} could not be found.")
        if self.snapshots[snapshot].status == CREATING:
            raise StorageError(400, "Invalid snapshot: Volume Snapshot status must be available or error.")
        del self.snapshots[snapshot]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")

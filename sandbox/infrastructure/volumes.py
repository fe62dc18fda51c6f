"""Cinder's volumes: a volume attaches to one server at a time, and one that is attached cannot be deleted."""

from __future__ import annotations

import dataclasses
import time
import uuid
from datetime import UTC, datetime

AVAILABLE, IN_USE = "available", "in-use"
CREATING, ERROR = "creating", "error"
ZONE = "az1"


class StorageRefused(Exception):
    """What Cinder or Nova refuses; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclasses.dataclass(kw_only=True)
class Attachment:
    """A volume on a server."""

    id: str
    server: str
    device: str
    since: str


@dataclasses.dataclass(kw_only=True)
class Volume:
    """A disk; `files` are what was written on it, by path from its root. `size` in GiB."""

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
        """As Cinder names it."""
        return IN_USE if self.attachment else AVAILABLE


@dataclasses.dataclass(kw_only=True)
class Snapshot:
    """A moment of a volume."""

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
        """As Cinder names it."""
        if time.monotonic() < self.ready_at:
            return CREATING
        return ERROR if self.failed else AVAILABLE


class BlockStorage:
    """The volumes of one project."""

    def __init__(self) -> None:
        self.volumes: dict[str, Volume] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.most_snapshots = -1  # the project's quota; -1: as many as one wants
        self.snapshot_seconds = 0.0  # how long one takes
        self.snapshots_fail = False  # the backend cannot make them

    def create(self, name: str, size: int, metadata: dict[str, str] | None = None) -> Volume:
        """A new, empty volume."""
        made = Volume(
            id=str(uuid.uuid4()), name=name, size=size, metadata=dict(metadata or {}), created=_now()
        )
        self.volumes[made.id] = made
        return made

    def get(self, volume: str) -> Volume:
        """A volume. Raises `StorageRefused` 404."""
        found = self.volumes.get(volume)
        if found is None:
            raise StorageRefused(404, f"Volume {volume} could not be found.")
        return found

    def attach(self, volume: str, server: str) -> Attachment:
        """Attach a volume; again to the same server is the same attachment. Raises `StorageRefused`."""
        found = self.get(volume)
        if found.attachment is not None and found.attachment.server != server:
            raise StorageRefused(
                400,
                f"Invalid volume: volume '{volume}' status must be 'available' to attach, but the status is"
                " 'in-use'",
            )
        if found.attachment is None:
            found.attachment = Attachment(
                id=str(uuid.uuid4()), server=server, device="/dev/vdb", since=_now()
            )
        return found.attachment

    def detach(self, volume: str, server: str) -> None:
        """Detach a volume; one that is not there is not attached either."""
        found = self.volumes.get(volume)
        if found is not None and found.attachment is not None and found.attachment.server == server:
            found.attachment = None

    def server_gone(self, server: str) -> None:
        """Nova detaches what a deleted server had."""
        for volume in self.volumes.values():
            if volume.attachment is not None and volume.attachment.server == server:
                volume.attachment = None

    def delete(self, volume: str) -> None:
        """Destroy a volume. Raises `StorageRefused` for one that is attached or has snapshots."""
        found = self.get(volume)
        held = any(snapshot.volume == volume for snapshot in self.snapshots.values())
        if found.attachment is not None or held:
            raise StorageRefused(
                400,
                "Invalid volume: Volume status must be available or error or error_restoring or"
                " error_extending or error_managing and must not be migrating, attached, belong to a group,"
                " have snapshots, awaiting a transfer, or be disassociated from snapshots after volume"
                " transfer.",
            )
        del self.volumes[volume]

    def snapshot(self, volume: str, name: str, *, force: bool, description: str = "") -> Snapshot:
        """Keep a moment of a volume; `force` for one that is attached. Raises `StorageRefused`."""
        found = self.get(volume)
        if 0 <= self.most_snapshots <= len(self.snapshots):
            raise StorageRefused(
                413,
                f"SnapshotLimitExceeded: Maximum number of snapshots allowed ({self.most_snapshots})"
                " exceeded",
            )
        if found.attachment is not None and not force:
            raise StorageRefused(
                400,
                f"Invalid volume: Volume {volume} status must be available, but current status is: in-use.",
            )
        made = Snapshot(
            id=str(uuid.uuid4()),
            name=name,
            volume=volume,
            size=found.size,
            files=dict(found.files),
            created=_now(),
            description=description,
            ready_at=time.monotonic() + self.snapshot_seconds,
            failed=self.snapshots_fail,
        )
        self.snapshots[made.id] = made
        return made

    def remove_snapshot(self, snapshot: str) -> None:
        """Forget a moment of a volume. Raises `StorageRefused`."""
        found = self.snapshots.get(snapshot)
        if found is None:
            raise StorageRefused(404, f"Snapshot {snapshot} could not be found.")
        if found.status == CREATING:
            raise StorageRefused(400, "Invalid snapshot: Volume Snapshot status must be available or error.")
        del self.snapshots[snapshot]


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")

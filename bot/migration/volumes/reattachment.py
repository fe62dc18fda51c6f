"""Moves volumes from one cluster to the other, and back. Every step looks before it acts and may be repeated.

Cinder is the judge of whether a volume is free: an attachment object of a dead node can hang, or be gone
early. A volume is never detached by force.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from bot.adapters.kube import writes
from bot.adapters.kube.client import Kube
from bot.adapters.openstack.cloud_services import Disk
from bot.common.problems import Problem
from bot.migration.objects.manifest import MIGRATION, Object, Ref, labels_of, spec_of, status_of, uid_of
from bot.migration.objects.transforms.catalog import labelled
from bot.migration.volumes import static_volumes
from bot.migration.volumes.choices import PlannedVolume

ATTACHMENTS = "/apis/storage.k8s.io/v1/volumeattachments"
VOLUMES = "/api/v1/persistentvolumes"


class VolumeTaken(Problem):
    """The name or the disk of a volume is used by something else in the target."""


class NotRetained(Problem):
    """A volume's reclaim policy is not Retain although it was set: its disk would not be safe."""


class VolumeApi(Protocol):
    """Cinder, as far as it is asked."""

    def disk(self, volume: str) -> Disk:
        """One volume. Raises a `Problem`."""
        ...


def check_retained(kube: Kube, volumes: Iterable[PlannedVolume]) -> None:
    """Read back that every volume that moves is kept whatever happens. Raises `NotRetained`, `KubeError`."""
    for volume in volumes:
        if not volume.moves:
            continue
        live = writes.read(kube, f"{VOLUMES}/{volume.volume}")
        policy = spec_of(live or {}).get("persistentVolumeReclaimPolicy")
        if policy != "Retain":
            raise NotRetained(
                f"The volume {volume.volume} is not on Retain",
                why="it is gone" if live is None else f"it is on {policy}",
                fix="Look at who changes it on the source, then resume.",
            )


def attached(kube: Kube, volumes: Iterable[PlannedVolume], disks: VolumeApi | None) -> list[str]:
    """What still holds a volume, as texts; empty if all are free. Raises `KubeError`, `Problem`."""
    moving = [volume for volume in volumes if volume.moves]
    if not moving:
        return []
    held = {
        (spec_of(each).get("source") or {}).get("persistentVolumeName"): (
            spec_of(each).get("nodeName", "a node")
        )
        for each in kube.all_of(ATTACHMENTS, dict)
    }
    waits = []
    for volume in moving:
        if volume.volume in held:
            waits.append(f"{volume.claim.short} is attached to {held[volume.volume]}")
            continue
        disk = disks.disk(volume.handle) if disks is not None else None
        if disk is not None and (disk.status != "available" or disk.servers):
            where = f", attached to {', '.join(disk.servers)}" if disk.servers else ""
            waits.append(f"{volume.claim.short}: Cinder says {disk.status}{where}")
    return waits


def is_reattached(kube: Kube, volumes: Iterable[PlannedVolume], migration: str) -> tuple[PlannedVolume, ...]:
    """Those that the target has its pair of: only their disks can be held by it. Raises `KubeError`."""
    present = {each["metadata"]["name"]: each for each in kube.all_of(VOLUMES, dict)}
    return tuple(
        volume
        for volume in volumes
        if volume.moves and volume.volume in present and _ours(present[volume.volume], volume, migration)
    )


def attach(
    kube: Kube, volumes: Iterable[PlannedVolume], claims: dict[Ref, Object], migration: str
) -> tuple[Ref, ...]:
    """Make the static pairs in the target. `claims` are the claims as they will be there, by their ref.

    Raises `VolumeTaken`, `KubeError`.
    """
    made: list[Ref] = []
    present = {each["metadata"]["name"]: each for each in kube.all_of(VOLUMES, dict)}
    handles = {(spec_of(each).get("csi") or {}).get("volumeHandle"): name for name, each in present.items()}
    for volume in volumes:
        if not volume.moves:
            continue
        claim = static_volumes.bound_claim(volume, claims[volume.claim])
        there = present.get(volume.volume)
        _check_free(volume, there, handles, migration)
        if there is None or not _ours(there, volume, migration):
            writes.apply(
                kube,
                f"{VOLUMES}/{volume.volume}",
                static_volumes.persistent_volume(volume, claim, migration),
                doing=f"make the volume {volume.volume}",
            )
        path = f"/api/v1/namespaces/{volume.claim.namespace}/persistentvolumeclaims/{volume.claim.name}"
        if writes.read(kube, path) is None:  # the spec of a claim that is there cannot be changed
            writes.apply(kube, path, labelled(claim, migration), doing=f"make the claim {volume.claim.short}")
        made += [static_volumes.volume_ref(volume), volume.claim]
    return tuple(made)


def _check_free(
    volume: PlannedVolume, there: Object | None, handles: dict[str | None, str], migration: str
) -> None:
    other = handles.get(volume.handle)
    if there is not None and not _ours(there, volume, migration):
        raise VolumeTaken(
            f"The target has another volume {volume.volume}",
            why="its disk or its labels are not this migration's",
            fix=f"Rename or remove it there, or choose `--volumes {volume.claim.short}=skip`.",
        )
    if other is not None and other != volume.volume:
        raise VolumeTaken(
            f"The disk of {volume.claim.short} is already the volume {other} of the target",
            why=f"Cinder volume {volume.handle}",
            fix=f"Remove {other} there (it is kept in Cinder if its policy is Retain), then resume.",
        )


def _ours(volume: Object, planned: PlannedVolume, migration: str) -> bool:
    handle = (spec_of(volume).get("csi") or {}).get("volumeHandle")
    return handle == planned.handle and labels_of(volume).get(MIGRATION) == migration


def unbound(kube: Kube, volumes: Iterable[PlannedVolume]) -> list[str]:
    """Claims of the target that are not bound to the volume that was meant. Raises `KubeError`."""
    waits = []
    for volume in volumes:
        if not volume.moves:
            continue
        path = f"/api/v1/namespaces/{volume.claim.namespace}/persistentvolumeclaims/{volume.claim.name}"
        claim = writes.read(kube, path)
        phase = status_of(claim or {}).get("phase", "missing")
        if phase != "Bound" or spec_of(claim or {}).get("volumeName") != volume.volume:
            waits.append(f"{volume.claim.short} is {phase}")
    return waits


def detach(kube: Kube, volumes: Iterable[PlannedVolume], migration: str) -> tuple[Ref, ...]:
    """Remove the static pairs from the target, for a roll-back. The disks stay: each policy is read to be
    Retain.

    Only objects with the migration's label, by their uid. Raises `NotRetained`, `KubeError`.
    """
    gone: list[Ref] = []
    for volume in volumes:
        if not volume.moves:
            continue
        path = f"{VOLUMES}/{volume.volume}"
        live = writes.read(kube, path)
        if (
            live is not None
            and _ours(live, volume, migration)
            and spec_of(live).get("persistentVolumeReclaimPolicy") != "Retain"
        ):
            raise NotRetained(
                f"The volume {volume.volume} of the target is not on Retain",
                why="removing it would delete the disk",
                fix="Set it to Retain, then resume.",
            )
        at = f"/api/v1/namespaces/{volume.claim.namespace}/persistentvolumeclaims/{volume.claim.name}"
        claim = writes.read(kube, at)
        if claim is not None and labels_of(claim).get(MIGRATION) == migration:
            writes.delete(
                kube, at, uid=uid_of(claim), doing=f"remove the claim {volume.claim.short} of the target"
            )
            gone.append(volume.claim)
        if live is not None and _ours(live, volume, migration):
            writes.delete(
                kube, path, uid=uid_of(live), doing=f"remove the volume {volume.volume} of the target"
            )
            gone.append(static_volumes.volume_ref(volume))
    return tuple(gone)


def hand_over(kube: Kube, volumes: Sequence[PlannedVolume], migration: str) -> tuple[Ref, ...]:
    """Give the target's volumes their own reclaim policy, only after the old cluster is gone. Raises
    `KubeError`.

    Before that two PersistentVolumes stand for one disk, and a Delete on either could take the data.
    """
    done = []
    for volume in volumes:
        if not volume.moves or volume.reclaim in ("", "Retain"):
            continue
        path = f"{VOLUMES}/{volume.volume}"
        live = writes.read(kube, path)
        if live is None or not _ours(live, volume, migration):
            continue
        if spec_of(live).get("persistentVolumeReclaimPolicy") != volume.reclaim:
            patch = {
                "metadata": {"uid": uid_of(live)},
                "spec": {"persistentVolumeReclaimPolicy": volume.reclaim},
            }
            writes.patch(kube, path, patch, doing=f"set {volume.volume} to {volume.reclaim}")
        done.append(static_volumes.volume_ref(volume))
    return tuple(done)

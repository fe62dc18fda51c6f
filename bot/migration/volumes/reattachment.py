"""Moves disks from one cluster to the other, and back. Every function looks before it acts and is idempotent.

Cinder is the judge of whether a disk is free: the VolumeAttachment of a dead node can hang, or be gone too
early. A disk is never detached by force.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from bot.adapters.kube import paths, writes
from bot.adapters.kube.client import KubeClient
from bot.adapters.openstack.cloud_services import Volume
from bot.common.problems import Problem
from bot.migration.objects.fields import MIGRATION, Object, Ref, labels_of, spec_of, status_of, uid_of
from bot.migration.objects.transforms.catalog import labelled
from bot.migration.volumes import static_volumes
from bot.migration.volumes.choices import PlannedVolume

ATTACHMENTS = "/apis/storage.k8s.io/v1/volumeattachments"
VOLUMES = "/api/v1/persistentvolumes"
RETAIN = "Retain"


class VolumeTaken(Problem):
    """The name or the disk of a volume is used by something else in the target."""


class NotRetained(Problem):
    """A volume's reclaim policy is not Retain although it was set: its disk would not be safe."""


class VolumeApi(Protocol):
    """The part of Cinder that is needed here."""

    def volume(self, volume: str) -> Volume:
        """Return the disk with a Cinder UUID. Raises a `Problem`."""
        ...


def check_retained(kube: KubeClient, volumes: Iterable[PlannedVolume]) -> None:
    """Read back from the source that every disk that moves is kept whatever happens to its objects.

    Raises `NotRetained` for one that is not, or whose volume is gone, and `KubeError`.
    """
    for volume in _moving_volumes(volumes):
        live = writes.read(kube, f"{VOLUMES}/{volume.volume}")
        policy = _reclaim_policy(live)
        if policy != RETAIN:
            raise NotRetained(
                f"The volume {volume.volume} is not on Retain",
                why="it is gone" if live is None else f"it is on {policy}",
                fix="Look at who changes it on the source, then resume.",
            )


def still_attached(kube: KubeClient, volumes: Iterable[PlannedVolume], disks: VolumeApi | None) -> list[str]:
    """Return a line for each disk that is still attached somewhere; empty if all are free.

    With `disks` Cinder is asked too. Raises `KubeError`, or the `Problem` of a Cinder that fails.
    """
    moving_volumes = _moving_volumes(volumes)
    if not moving_volumes:
        return []
    holders = {
        (spec_of(attachment).get("source") or {}).get("persistentVolumeName"): (
            spec_of(attachment).get("nodeName", "a node")
        )
        for attachment in kube.list_all(ATTACHMENTS, dict)
    }
    lines = []
    for volume in moving_volumes:
        if volume.volume in holders:
            lines.append(f"{volume.claim.short} is attached to {holders[volume.volume]}")
        elif disks is not None:
            disk = disks.volume(volume.handle)
            if disk.status != "available" or disk.servers:
                where = f", attached to {', '.join(disk.servers)}" if disk.servers else ""
                lines.append(f"{volume.claim.short}: Cinder says {disk.status}{where}")
    return lines


def reattached_volumes(
    kube: KubeClient, volumes: Iterable[PlannedVolume], migration: str
) -> tuple[PlannedVolume, ...]:
    """Return the volumes of which the target has its pair: only their disks can be held by it.

    Raises `KubeError`.
    """
    present = _volumes_by_name(kube)
    return tuple(
        volume
        for volume in _moving_volumes(volumes)
        if _is_ours(present.get(volume.volume), volume, migration)
    )


def attach(
    kube: KubeClient, volumes: Iterable[PlannedVolume], claims: Mapping[Ref, Object], migration: str
) -> tuple[Ref, ...]:
    """Create the pairs of PersistentVolume and claim in the target, from the claims as they will be there.

    Raises `VolumeTaken` if another volume of the target has the name or the disk, and `KubeError`.
    """
    refs: list[Ref] = []
    present = _volumes_by_name(kube)
    for volume in _moving_volumes(volumes):
        claim = static_volumes.bound_claim(volume, claims[volume.claim])
        _check_free(volume, present, migration)
        if volume.volume not in present:
            writes.apply(
                kube,
                f"{VOLUMES}/{volume.volume}",
                static_volumes.persistent_volume(volume, claim, migration),
                doing=f"make the volume {volume.volume}",
            )
        path = _claim_path(volume)
        if writes.read(kube, path) is None:  # the spec of a claim that exists cannot be changed
            writes.apply(kube, path, labelled(claim, migration), doing=f"make the claim {volume.claim.short}")
        refs += [static_volumes.volume_ref(volume), volume.claim]
    return tuple(refs)


def _check_free(volume: PlannedVolume, present: Mapping[str, Object], migration: str) -> None:
    """Check that the target has neither the name nor the disk of a volume for anything else."""
    name = volume.volume
    if name in present and not _is_ours(present[name], volume, migration):
        raise VolumeTaken(
            f"The target has another volume {name}",
            why="its disk or its labels are not this migration's",
            fix=f"Rename or remove it there, or choose `--volumes {volume.claim.short}=skip`.",
        )
    for occupant, live in present.items():
        if occupant != name and _handle(live) == volume.handle:
            raise VolumeTaken(
                f"The disk of {volume.claim.short} is already the volume {occupant} of the target",
                why=f"Cinder volume {volume.handle}",
                fix=f"Remove {occupant} there (it is kept in Cinder if its policy is Retain), then resume.",
            )


def unbound_claims(kube: KubeClient, volumes: Iterable[PlannedVolume]) -> list[str]:
    """Return a line for each claim of the target that is not bound to the volume that was meant.

    Raises `KubeError`.
    """
    lines = []
    for volume in _moving_volumes(volumes):
        claim = writes.read(kube, _claim_path(volume)) or {}
        phase = status_of(claim).get("phase", "missing")
        if phase != "Bound" or spec_of(claim).get("volumeName") != volume.volume:
            lines.append(f"{volume.claim.short} is {phase}")
    return lines


def detach(kube: KubeClient, volumes: Iterable[PlannedVolume], migration: str) -> tuple[Ref, ...]:
    """Delete the pairs from the target, for a roll-back; return what was deleted. The disks are kept.

    Only objects with the migration's label are deleted, by their uid. Raises `NotRetained` for a volume that
    is not on Retain, because deleting it would delete the disk, and `KubeError`.
    """
    deleted: list[Ref] = []
    for volume in _moving_volumes(volumes):
        path = f"{VOLUMES}/{volume.volume}"
        live = writes.read(kube, path)
        owned = live if _is_ours(live, volume, migration) else None
        if owned is not None and _reclaim_policy(owned) != RETAIN:
            raise NotRetained(
                f"The volume {volume.volume} of the target is not on Retain",
                why="removing it would delete the disk",
                fix="Set it to Retain, then resume.",
            )
        claim = writes.read(kube, _claim_path(volume))
        if claim is not None and labels_of(claim).get(MIGRATION) == migration:
            doing = f"remove the claim {volume.claim.short} of the target"
            writes.delete(kube, _claim_path(volume), uid=uid_of(claim), doing=doing)
            deleted.append(volume.claim)
        if owned is not None:
            doing = f"remove the volume {volume.volume} of the target"
            writes.delete(kube, path, uid=uid_of(owned), doing=doing)
            deleted.append(static_volumes.volume_ref(volume))
    return tuple(deleted)


def restore_reclaim_policies(
    kube: KubeClient, volumes: Sequence[PlannedVolume], migration: str
) -> tuple[Ref, ...]:
    """Give the target's volumes the reclaim policy that they had, after the old cluster is deleted.

    Before that, two PersistentVolumes refer to one disk, and a Delete on either could delete the data.
    Raises `KubeError`.
    """
    refs = []
    for volume in _moving_volumes(volumes):
        path = f"{VOLUMES}/{volume.volume}"
        live = None if volume.reclaim in ("", RETAIN) else writes.read(kube, path)
        if live is None or not _is_ours(live, volume, migration):
            continue
        if _reclaim_policy(live) != volume.reclaim:
            spec = {"persistentVolumeReclaimPolicy": volume.reclaim}
            patch = {"metadata": {"uid": uid_of(live)}, "spec": spec}
            writes.patch(kube, path, patch, doing=f"set {volume.volume} to {volume.reclaim}")
        refs.append(static_volumes.volume_ref(volume))
    return tuple(refs)


def _moving_volumes(volumes: Iterable[PlannedVolume]) -> list[PlannedVolume]:
    return [volume for volume in volumes if volume.moves]


def _volumes_by_name(kube: KubeClient) -> dict[str, Object]:
    return {live["metadata"]["name"]: live for live in kube.list_all(VOLUMES, dict)}


def _claim_path(volume: PlannedVolume) -> str:
    return paths.item("v1", "persistentvolumeclaims", volume.claim.name, volume.claim.namespace)


def _reclaim_policy(volume: Object | None) -> str | None:
    return spec_of(volume or {}).get("persistentVolumeReclaimPolicy")


def _handle(volume: Object) -> str | None:
    return (spec_of(volume).get("csi") or {}).get("volumeHandle")


def _is_ours(live: Object | None, volume: PlannedVolume, migration: str) -> bool:
    """Return whether a PersistentVolume of the target is this migration's for a disk."""
    return live is not None and _handle(live) == volume.handle and labels_of(live).get(MIGRATION) == migration

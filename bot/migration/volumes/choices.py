"""What becomes of each claim: its volume is attached to the new cluster, an empty one is made, or it is left
out.

Nothing is guessed: a claim without a choice blocks the plan, and so does a volume that cannot move.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from bot.common.wording import count
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.target_facts import TargetFacts
from bot.migration.objects.manifest import (
    Object,
    Ref,
    claims_of,
    pod_spec_of,
    ref_of,
    spec_of,
    status_of,
    uid_of,
)
from bot.migration.objects.ownership import OwnershipGraph
from bot.migration.objects.transforms.storage import CSI, IN_TREE
from bot.migration.planning.findings import PlanFinding, blocker, note, warn

ZONES = (
    "topology.cinder.csi.openstack.org/zone",
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/zone",
)
SUFFIXES = {"": Decimal(1), "m": Decimal("0.001")} | {
    f"{letter}{binary}": Decimal(1024 if binary else 1000) ** power
    for binary in ("", "i")
    for power, letter in enumerate(("k" if not binary else "K", "M", "G", "T", "P"), start=1)
}


class VolumeChoice(enum.StrEnum):
    """What becomes of a claim."""

    REATTACH = "reattach"
    EMPTY = "empty"
    SKIP = "skip"


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlannedVolume:
    """One claim of the source, its volume, and what becomes of it. Sizes are Kubernetes quantities."""

    claim: Ref
    claim_uid: str
    choice: VolumeChoice | None
    volume: str = ""  # the PersistentVolume; empty if the claim is not bound
    volume_uid: str = ""
    backend: str = ""  # `cinder.csi.openstack.org`, `hostPath`, `local`, …
    handle: str = ""  # Cinder's UUID
    size: str = ""
    requested: str = ""
    fs_type: str = ""
    volume_mode: str = "Filesystem"
    access_modes: tuple[str, ...] = ()
    mount_options: tuple[str, ...] = ()
    zone: str = ""
    storage_class: str = ""
    reclaim: str = ""
    attributes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    consumers: tuple[str, ...] = ()
    unused: bool = (
        False  # all are to be reattached, and to this one no volume was ever bound: it is made empty
    )

    @property
    def moves(self) -> bool:
        """Whether its volume is attached to the new cluster."""
        return self.choice is VolumeChoice.REATTACH

    @property
    def capacity(self) -> str:
        """The larger of what is asked for and what there is."""
        return max((self.size, self.requested), key=quantity)


def quantity(text: str) -> Decimal:
    """A Kubernetes quantity in its base unit: bytes, or cores. 0 for what is none."""
    number = text.rstrip("kKMGTPim")
    try:
        return Decimal(number) * SUFFIXES[text[len(number) :]]
    except (ArithmeticError, KeyError):
        return Decimal(0)


def parse(words: Sequence[str]) -> tuple[VolumeChoice | None, dict[str, VolumeChoice]]:
    """`reattach`, `shop/data-db-0=empty`: the choice for all, and those by claim."""
    overall: VolumeChoice | None = None
    single: dict[str, VolumeChoice] = {}
    for word in words:
        claim, equals, choice = word.rpartition("=")
        if equals:
            single[claim] = VolumeChoice(choice)
        else:
            overall = VolumeChoice(choice)
    return overall, single


def volumes(
    inventory: Inventory, claims: Iterable[Object], words: Sequence[str], graph: OwnershipGraph
) -> tuple[PlannedVolume, ...]:
    """Every claim that is copied, with its volume and the choice made for it."""
    overall, single = parse(words)
    users = _consumers(inventory, graph)
    found = []
    for claim in claims:
        ref = ref_of(claim)
        bound = inventory.find("", "PersistentVolume", "", spec_of(claim).get("volumeName", ""))
        made = _described(claim, bound if status_of(claim).get("phase") == "Bound" else None)
        choice = single.get(ref.short, overall)
        unused = (
            choice is VolumeChoice.REATTACH
            and ref.short not in single
            and not spec_of(claim).get("volumeName")
        )
        found.append(
            dataclasses.replace(
                made,
                choice=VolumeChoice.EMPTY if unused else choice,
                unused=unused,
                consumers=tuple(sorted(users.get(ref.short, set()))),
            )
        )
    return tuple(found)


def unknown(words: Sequence[str], known: Iterable[PlannedVolume]) -> Iterator[PlanFinding]:
    """Choices for claims that do not exist."""
    names = {each.claim.short for each in known}
    for claim in sorted(set(parse(words)[1]) - names):
        yield blocker("volumes", f"there is no claim {claim} to choose for", fix="Correct `--volumes`.")


def _consumers(inventory: Inventory, graph: OwnershipGraph) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for pod in inventory.of("Pod"):
        home, root = pod["metadata"]["namespace"], ref_of(graph.root(pod))
        for name in claims_of(pod_spec_of(pod)):
            found.setdefault(f"{home}/{name}", set()).add(str(root))
    for ref, obj in inventory.objects.items():
        for name in claims_of(pod_spec_of(obj)) if ref.kind != "Pod" else ():
            found.setdefault(f"{ref.namespace}/{name}", set()).add(str(ref_of(graph.root(obj))))
    return found


def _described(claim: Object, volume: Object | None) -> PlannedVolume:
    spec = spec_of(claim)
    made = PlannedVolume(
        claim=ref_of(claim),
        claim_uid=uid_of(claim),
        choice=None,
        volume_mode=spec.get("volumeMode", "Filesystem"),
        requested=((spec.get("resources") or {}).get("requests") or {}).get("storage", ""),
        access_modes=tuple(spec.get("accessModes") or ()),
        storage_class=spec.get("storageClassName") or "",
    )
    if volume is None:
        return made
    own = spec_of(volume)
    backend, handle, fs_type, attributes = _backend(own)
    return dataclasses.replace(
        made,
        volume=volume["metadata"]["name"],
        volume_uid=uid_of(volume),
        backend=backend,
        handle=handle,
        size=(own.get("capacity") or {}).get("storage", ""),
        fs_type=fs_type,
        zone=_zone(own),
        access_modes=tuple(own.get("accessModes") or made.access_modes),
        mount_options=tuple(own.get("mountOptions") or ()),
        volume_mode=own.get("volumeMode", made.volume_mode),
        reclaim=own.get("persistentVolumeReclaimPolicy", "Retain"),
        attributes=attributes,
        storage_class=own.get("storageClassName") or "",
    )


def _backend(spec: Mapping[str, Any]) -> tuple[str, str, str, dict[str, str]]:
    """Driver, handle, file system and attributes; in-tree Cinder is what the CSI driver handles today."""
    csi, cinder = spec.get("csi"), spec.get("cinder")
    if csi:
        kept = {
            k: v for k, v in (csi.get("volumeAttributes") or {}).items() if "csiProvisionerIdentity" not in k
        }
        return csi["driver"], csi["volumeHandle"], csi.get("fsType", ""), kept
    if cinder:
        return IN_TREE, cinder["volumeID"], cinder.get("fsType", "ext4"), {}
    known = (
        "capacity",
        "accessModes",
        "claimRef",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "mountOptions",
        "volumeMode",
        "nodeAffinity",
        "volumeAttributesClassName",
    )
    return next((key for key in spec if key not in known), "unknown"), "", "", {}


def _zone(spec: Mapping[str, Any]) -> str:
    terms = ((spec.get("nodeAffinity") or {}).get("required") or {}).get("nodeSelectorTerms") or []
    for term in terms:
        for expression in term.get("matchExpressions") or []:
            if expression["key"] in ZONES and len(expression.get("values") or []) == 1:
                return str(expression["values"][0])
    return ""


def check(
    found: Sequence[PlannedVolume],
    target: TargetFacts,
    *,
    same_project: bool | None,
    classes: Mapping[str, str],
) -> Iterator[PlanFinding]:
    """What stands against the choices. `same_project`: whether both clusters are in one OpenStack project, if
    known.

    `classes` are the mapped names of storage classes; those the target lacks and the plan does not copy block
    an empty volume.
    """
    for volume in found:
        yield from _one(volume, target, classes)
    moving = [each for each in found if each.moves and not _why_not(each)]
    if moving and same_project is False:
        yield blocker(
            "volumes",
            f"{count(len(moving), 'volume')} cannot be attached to the target",
            why="it is in another OpenStack project",
            fix=(
                "Choose `--volumes empty`, or transfer the volumes with `openstack volume transfer request"
                " create`."
            ),
        )
    if moving and same_project is None:
        yield warn(
            "volumes",
            "nobody knows whether the target is in the same OpenStack project",
            why="volumes of another project cannot be attached",
            fix="Check it before the cut-over.",
        )
    if moving and target.exists and target.csi_drivers and CSI not in target.csi_drivers:
        yield blocker(
            "volumes",
            f"the target does not run {CSI}",
            fix="Create it with the label `cinder_csi_enabled=true`.",
        )
    if moving:
        yield note("volumes", "what is written after the switch stays on the disks, also after a roll-back")


def _why_not(volume: PlannedVolume) -> str:
    """Why a volume cannot move; empty if it can."""
    if not volume.volume:
        return "it has no volume: none was ever bound to it, or the one that was is gone"
    if volume.backend not in (CSI, IN_TREE):
        return (
            f"its volume is of the kind {volume.backend}, whose data stays on its machine or in its own"
            " system"
        )
    return "" if volume.handle else "its volume names no Cinder volume"


def _one(volume: PlannedVolume, target: TargetFacts, classes: Mapping[str, str]) -> Iterator[PlanFinding]:
    ref, name = volume.claim, volume.claim.short
    used = f"it is used by {', '.join(volume.consumers)}" if volume.consumers else "no pod uses it"
    if volume.choice is None:
        moves = not _why_not(volume) and volume.volume
        options = "reattach, empty or skip" if moves else "empty or skip"
        why = used if moves else f"{_why_not(volume)}; {used}" if volume.volume else used
        yield blocker(
            "volumes",
            f"nobody has chosen what becomes of {name}",
            why=why,
            fix=f"Add `--volumes {name}={options.split(',')[0].split(' ')[0]}` ({options}).",
            ref=ref,
        )
        return
    if volume.moves and _why_not(volume):
        yield blocker(
            "volumes",
            f"{name} cannot be reattached",
            why=_why_not(volume),
            fix=f"Add `--volumes {name}=empty` and copy the data yourself, or `{name}=skip`.",
            ref=ref,
        )
        return
    if volume.moves:
        yield from _moving(volume, target)
    elif volume.choice is VolumeChoice.EMPTY:
        yield from _empty(volume, target, classes)
    elif volume.consumers:
        yield warn(
            "volumes",
            f"{name} is left out",
            why=f"{used}, whose pods wait for it or get a new empty one",
            ref=ref,
        )


def _moving(volume: PlannedVolume, target: TargetFacts) -> Iterator[PlanFinding]:
    name = volume.claim.short
    if volume.zone and target.zones and volume.zone not in target.zones:
        yield blocker(
            "volumes",
            f"{name} is in the zone {volume.zone}, where the target has no node",
            why=f"its nodes are in {', '.join(sorted(target.zones))}",
            fix="Add nodes in that zone.",
            ref=volume.claim,
        )
    shared = [mode for mode in volume.access_modes if mode in ("ReadWriteMany", "ReadOnlyMany")]
    if shared:
        yield warn(
            "volumes",
            f"{name} is {shared[0]}",
            why="Cinder attaches a volume to several machines only if its type is multi-attach",
            ref=volume.claim,
        )
    if volume.backend == IN_TREE:
        yield note(
            "volumes", f"{name} is an in-tree Cinder volume and becomes one of {CSI}", ref=volume.claim
        )


def _empty(volume: PlannedVolume, target: TargetFacts, classes: Mapping[str, str]) -> Iterator[PlanFinding]:
    name = volume.claim.short
    if volume.unused:
        yield warn(
            "volumes",
            f"{name} has no volume to reattach, and gets an empty one",
            why="none was ever bound to it, so there is no data",
            fix=f"To leave it out, add `--volumes {name}=skip`.",
            ref=volume.claim,
        )
    wanted = classes.get(volume.storage_class, volume.storage_class)
    if volume.volume:
        yield warn(
            "volumes",
            f"{name} starts empty",
            why=f"{volume.size} of data stay in the old cluster's volume {volume.handle or volume.volume}",
            ref=volume.claim,
        )
    if target.exists and wanted and wanted not in target.storage_classes:
        yield note("volumes", f"{name} needs the StorageClass {wanted}, which is copied", ref=volume.claim)

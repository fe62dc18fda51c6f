"""What becomes of each claim: its disk is reattached, an empty one is made, or the claim is left out.

Nothing is guessed: a claim without a choice blocks the plan, and so does a volume that cannot move.
"""

import dataclasses
import enum
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.adapters.kube.quantities import quantity
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.fields import (
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

ZONES = (
    "topology.cinder.csi.openstack.org/zone",
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/zone",
)
# the fields of a PersistentVolumeSpec beside its volume source, which has the remaining field
SPEC_FIELDS = frozenset(
    {
        "capacity",
        "accessModes",
        "claimRef",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "mountOptions",
        "volumeMode",
        "nodeAffinity",
        "volumeAttributesClassName",
    }
)


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
    # `reattach` was chosen for all, and no volume was ever bound to this one: it is made empty
    unused: bool = False

    @property
    def moves(self) -> bool:
        """Whether its disk is attached to the new cluster."""
        return self.choice is VolumeChoice.REATTACH

    @property
    def capacity(self) -> str:
        """The larger of what is requested and what there is."""
        return max((self.size, self.requested), key=quantity)

    @property
    def why_not_movable(self) -> str:
        """Why its disk cannot be attached to another cluster; empty if it can."""
        if not self.volume:
            return "it has no volume: none was ever bound to it, or the one that was is gone"
        if self.backend not in (CSI, IN_TREE):
            kind = self.backend
            return f"its volume is of the kind {kind}, whose data stays on its machine or in its own system"
        return "" if self.handle else "its volume names no Cinder volume"


def parse_choices(words: Sequence[str]) -> tuple[VolumeChoice | None, dict[str, VolumeChoice]]:
    """Return the choice for all claims, and those by claim: `reattach`, `shop/data-db-0=empty`."""
    overall: VolumeChoice | None = None
    by_claim: dict[str, VolumeChoice] = {}
    for word in words:
        claim, equals, choice = word.rpartition("=")
        if equals:
            by_claim[claim] = VolumeChoice(choice)
        else:
            overall = VolumeChoice(choice)
    return overall, by_claim


def plan_volumes(
    inventory: Inventory, claims: Iterable[Object], words: Sequence[str], graph: OwnershipGraph
) -> tuple[PlannedVolume, ...]:
    """Return every claim that is copied, with its volume and the choice made for it in `words`."""
    overall, by_claim = parse_choices(words)
    consumers = _consumers(inventory, graph)
    planned = []
    for claim in claims:
        name, volume_name = ref_of(claim).short, spec_of(claim).get("volumeName", "")
        choice = by_claim.get(name, overall)
        unused = choice is VolumeChoice.REATTACH and name not in by_claim and not volume_name
        bound = status_of(claim).get("phase") == "Bound"
        volume = _of_claim(claim)
        if bound and (live := inventory.find("", "PersistentVolume", "", volume_name)) is not None:
            volume = _with_volume(volume, live)
        choice = VolumeChoice.EMPTY if unused else choice
        used_by = tuple(sorted(consumers.get(name, ())))
        planned.append(dataclasses.replace(volume, choice=choice, unused=unused, consumers=used_by))
    return tuple(planned)


def _consumers(inventory: Inventory, graph: OwnershipGraph) -> Mapping[str, set[str]]:
    """Return the topmost workloads that mount each claim, by the claim's `namespace/name`."""
    consumers: dict[str, set[str]] = defaultdict(set)
    for ref, obj in inventory.objects.items():
        for claim in claims_of(pod_spec_of(obj)):
            consumers[f"{ref.namespace}/{claim}"].add(str(ref_of(graph.root(obj))))
    return consumers


def _of_claim(claim: Object) -> PlannedVolume:
    spec = spec_of(claim)
    return PlannedVolume(
        claim=ref_of(claim),
        claim_uid=uid_of(claim),
        choice=None,
        volume_mode=spec.get("volumeMode", "Filesystem"),
        requested=((spec.get("resources") or {}).get("requests") or {}).get("storage", ""),
        access_modes=tuple(spec.get("accessModes") or ()),
        storage_class=spec.get("storageClassName") or "",
    )


def _with_volume(planned: PlannedVolume, volume: Object) -> PlannedVolume:
    spec = spec_of(volume)
    backend, handle, fs_type, attributes = _volume_source(spec)
    return dataclasses.replace(
        planned,
        volume=volume["metadata"]["name"],
        volume_uid=uid_of(volume),
        backend=backend,
        handle=handle,
        size=(spec.get("capacity") or {}).get("storage", ""),
        fs_type=fs_type,
        zone=_zone(spec),
        access_modes=tuple(spec.get("accessModes") or planned.access_modes),
        mount_options=tuple(spec.get("mountOptions") or ()),
        volume_mode=spec.get("volumeMode", planned.volume_mode),
        reclaim=spec.get("persistentVolumeReclaimPolicy", "Retain"),
        attributes=attributes,
        storage_class=spec.get("storageClassName") or "",
    )


def _volume_source(spec: Mapping[str, Any]) -> tuple[str, str, str, dict[str, str]]:
    """Return backend, handle, file system and attributes; today's CSI driver handles in-tree Cinder too."""
    csi, cinder = spec.get("csi"), spec.get("cinder")
    if csi:
        attributes = csi.get("volumeAttributes") or {}
        attributes = {name: attributes[name] for name in attributes if "csiProvisionerIdentity" not in name}
        return csi["driver"], csi["volumeHandle"], csi.get("fsType", ""), attributes
    if cinder:
        return IN_TREE, cinder["volumeID"], cinder.get("fsType", "ext4"), {}
    return next((field for field in spec if field not in SPEC_FIELDS), "unknown"), "", "", {}


def _zone(spec: Mapping[str, Any]) -> str:
    """Return the one availability zone that a volume's node affinity requires; empty if there is none."""
    terms = ((spec.get("nodeAffinity") or {}).get("required") or {}).get("nodeSelectorTerms") or []
    for expression in (expression for term in terms for expression in term.get("matchExpressions") or []):
        if expression["key"] in ZONES and len(expression.get("values") or []) == 1:
            return str(expression["values"][0])
    return ""

"""Volumes: claims without a choice, choices that cannot be followed, and what moving disks means."""

from collections.abc import Iterator, Sequence

from bot.common.wording import count
from bot.migration.objects.transforms.storage import CSI, IN_TREE
from bot.migration.planning.findings import PlanFinding, Subject
from bot.migration.planning.plan_inputs import PlanInputs
from bot.migration.volumes.choices import PlannedVolume, VolumeChoice, parse_choices

VOLUMES = Subject("volumes")


def check(inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Yield the choices that cannot be followed, and what people should know of the others."""
    for volume in inputs.volumes:
        yield from _check_choice(volume, inputs)
    moving_volumes = [volume for volume in inputs.volumes if volume.moves and not volume.why_not_movable]
    if moving_volumes:
        yield from _check_target(moving_volumes, inputs)
        yield VOLUMES.note("what is written after the switch stays on the disks, also after a roll-back")
    names = {volume.claim.short for volume in inputs.volumes}
    for claim in sorted(set(parse_choices(inputs.volume_words)[1]) - names):
        yield VOLUMES.blocker(f"there is no claim {claim} to choose for", fix="Correct `--volumes`.")


def _check_target(moving_volumes: Sequence[PlannedVolume], inputs: PlanInputs) -> Iterator[PlanFinding]:
    """Check that the target can attach disks of the source at all: they must be in one OpenStack project."""
    if inputs.same_project is False:
        yield VOLUMES.blocker(
            f"{count(len(moving_volumes), 'volume')} cannot be attached to the target",
            why="it is in another OpenStack project",
            fix=(
                "Choose `--volumes empty`, or transfer the volumes with `openstack volume transfer request"
                " create`."
            ),
        )
    if inputs.same_project is None:
        yield VOLUMES.warn(
            "nobody knows whether the target is in the same OpenStack project",
            why="volumes of another project cannot be attached",
            fix="Check it before the cut-over.",
        )
    if inputs.target.exists and inputs.target.csi_drivers and CSI not in inputs.target.csi_drivers:
        yield VOLUMES.blocker(
            f"the target does not run {CSI}",
            fix="Create it with the label `cinder_csi_enabled=true`.",
        )


def _check_choice(volume: PlannedVolume, inputs: PlanInputs) -> Iterator[PlanFinding]:
    name = volume.claim.short
    if volume.choice is None:
        yield _undecided(volume)
    elif volume.moves and volume.why_not_movable:
        yield VOLUMES.blocker(
            f"{name} cannot be reattached",
            why=volume.why_not_movable,
            fix=f"Add `--volumes {name}=empty` and copy the data yourself, or `{name}=skip`.",
            ref=volume.claim,
        )
    elif volume.moves:
        yield from _check_move(volume, inputs)
    elif volume.choice is VolumeChoice.EMPTY:
        yield from _check_empty(volume, inputs)
    elif volume.consumers:
        yield VOLUMES.warn(
            f"{name} is left out",
            why=f"{_use(volume)}, whose pods wait for it or get a new empty one",
            ref=volume.claim,
        )


def _use(volume: PlannedVolume) -> str:
    return f"it is used by {', '.join(volume.consumers)}" if volume.consumers else "no pod uses it"


def _undecided(volume: PlannedVolume) -> PlanFinding:
    name, obstacle = volume.claim.short, volume.why_not_movable
    first, options = ("empty", "empty or skip") if obstacle else ("reattach", "reattach, empty or skip")
    return VOLUMES.blocker(
        f"nobody has chosen what becomes of {name}",
        why=f"{obstacle}; {_use(volume)}" if obstacle and volume.volume else _use(volume),
        fix=f"Add `--volumes {name}={first}` ({options}).",
        ref=volume.claim,
    )


def _check_move(volume: PlannedVolume, inputs: PlanInputs) -> Iterator[PlanFinding]:
    name, zones = volume.claim.short, inputs.target.zones
    if volume.zone and zones and volume.zone not in zones:
        yield VOLUMES.blocker(
            f"{name} is in the zone {volume.zone}, where the target has no node",
            why=f"its nodes are in {', '.join(sorted(zones))}",
            fix="Add nodes in that zone.",
            ref=volume.claim,
        )
    shared = [mode for mode in volume.access_modes if mode in ("ReadWriteMany", "ReadOnlyMany")]
    if shared:
        yield VOLUMES.warn(
            f"{name} is {shared[0]}",
            why="Cinder attaches a volume to several machines only if its type is multi-attach",
            ref=volume.claim,
        )
    if volume.backend == IN_TREE:
        yield VOLUMES.note(f"{name} is an in-tree Cinder volume and becomes one of {CSI}", ref=volume.claim)


def _check_empty(volume: PlannedVolume, inputs: PlanInputs) -> Iterator[PlanFinding]:
    name, target = volume.claim.short, inputs.target
    if volume.unused:
        yield VOLUMES.warn(
            f"{name} has no volume to reattach, and gets an empty one",
            why="none was ever bound to it, so there is no data",
            fix=f"To leave it out, add `--volumes {name}=skip`.",
            ref=volume.claim,
        )
    if volume.volume:
        yield VOLUMES.warn(
            f"{name} starts empty",
            why=f"{volume.size} of data stay in the old cluster's volume {volume.handle or volume.volume}",
            ref=volume.claim,
        )
    storage_class = inputs.mappings.storage_classes.get(volume.storage_class, volume.storage_class)
    if target.exists and storage_class and storage_class not in target.storage_classes:
        yield VOLUMES.note(
            f"{name} needs the StorageClass {storage_class}, which is copied", ref=volume.claim
        )

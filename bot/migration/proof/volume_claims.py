"""Claims are bound, those whose disk moved to the same Cinder volume, which is not smaller than it was."""

from collections.abc import Iterator

from bot.adapters.kube.quantities import quantity
from bot.migration.inventory.baseline import Baseline
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.fields import Object, spec_of, status_of
from bot.migration.objects.kinds import CLAIM, VOLUME
from bot.migration.planning.plan import MigrationPlan
from bot.migration.proof.expected_pods import is_steady
from bot.migration.proof.proof_result import ProofFault, ProofResult
from bot.migration.proof.target_inventory import unread
from bot.migration.volumes.choices import PlannedVolume, VolumeChoice

CHECK = "claims"


def check(plan: MigrationPlan, before: Baseline, now: Inventory) -> ProofResult:
    """Compare the target's claims with the plan.

    A claim that starts empty must be bound only if something that runs uses it: a storage class may wait for
    the first consumer.
    """
    why = unread(now, CLAIM, VOLUME)
    if why:
        return ProofResult(check=CHECK, unchecked=(f"claims and their volumes: {why}",))
    running = {str(workload.ref) for workload in before.running if workload.ready and is_steady(workload.ref)}
    volumes = [
        volume
        for volume in plan.volumes
        if volume.moves or (volume.choice is VolumeChoice.EMPTY and running & set(volume.consumers))
    ]
    faults = tuple(fault for volume in volumes for fault in _faults(volume, now))
    return ProofResult(check=CHECK, checked_count=len(volumes), faults=faults)


def _faults(volume: PlannedVolume, now: Inventory) -> Iterator[ProofFault]:
    claim, about = now.objects.get(volume.claim, {}), str(volume.claim)
    phase = status_of(claim).get("phase", "missing")
    if phase != "Bound":
        yield ProofFault(about=about, actual=f"it is {phase}", expected="Bound")
        return
    if not volume.moves:
        return
    name = spec_of(claim).get("volumeName", "")
    live = spec_of(now.find("", "PersistentVolume", "", name) or {})
    handle = (live.get("csi") or {}).get("volumeHandle", "")
    if handle != volume.handle:
        volume_text = f"which is the Cinder volume {handle}" if live else "which is not there"
        binding = f"bound to {name}, {volume_text}"
        yield ProofFault(about=about, actual=binding, expected=f"the Cinder volume {volume.handle}")
        return
    for volume_text, size in (("its volume", _capacity(live)), ("it", _capacity(status_of(claim)))):
        if quantity(size) < quantity(volume.size):
            binding = f"{volume_text} is of {size or 'no size'}"
            yield ProofFault(about=about, actual=binding, expected=f"at least {volume.size}")


def _capacity(part: Object) -> str:
    return str((part.get("capacity") or {}).get("storage", ""))

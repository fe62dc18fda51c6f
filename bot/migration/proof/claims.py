"""Claims are bound; those whose disk moved to the same Cinder volume, which is not smaller than it was."""

from __future__ import annotations

from collections.abc import Iterator

from bot.migration.inventory.baseline import Baseline
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.manifest import Object, Ref, spec_of, status_of
from bot.migration.planning.plan import MigrationPlan
from bot.migration.proof.readiness import is_steady
from bot.migration.proof.target_view import CLAIM, VOLUME, unread
from bot.migration.proof.verdict import ProofFault, ProofResult
from bot.migration.volumes.choices import PlannedVolume, VolumeChoice, quantity

CHECK = "claims"


def check(plan: MigrationPlan, before: Baseline, now: Inventory) -> ProofResult:
    """Compare the target's claims with the plan. One that starts empty must be bound if something that runs
    uses it:
    a class may wait for the first consumer."""
    why = unread(now, CLAIM, VOLUME)
    if why:
        return ProofResult(check=CHECK, unchecked=(f"claims and their volumes: {why}",))
    running = {str(each.ref) for each in before.running if each.ready and is_steady(each.ref)}
    looked = [
        each
        for each in plan.volumes
        if each.moves or (each.choice is VolumeChoice.EMPTY and running & set(each.consumers))
    ]
    return ProofResult(
        check=CHECK, looked=len(looked), faults=tuple(fault for each in looked for fault in _of(each, now))
    )


def _of(volume: PlannedVolume, now: Inventory) -> Iterator[ProofFault]:
    claim, about = now.objects.get(volume.claim), str(volume.claim)
    phase = status_of(claim or {}).get("phase", "missing")
    if claim is None or phase != "Bound":
        yield ProofFault(about=about, seen=f"it is {phase}", expected="Bound")
        return
    if not volume.moves:
        return
    name = spec_of(claim).get("volumeName", "")
    bound = now.objects.get(Ref("", "PersistentVolume", "", name))
    handle = (spec_of(bound or {}).get("csi") or {}).get("volumeHandle", "")
    if handle != volume.handle:
        seen = (
            f"bound to {name}, which is the Cinder volume {handle}"
            if bound is not None
            else f"bound to {name}, which is not there"
        )
        yield ProofFault(about=about, seen=seen, expected=f"the Cinder volume {volume.handle}")
        return
    for what, size in (("its volume", _capacity(spec_of(bound or {}))), ("it", _capacity(status_of(claim)))):
        if quantity(size) < quantity(volume.size):
            yield ProofFault(
                about=about, seen=f"{what} is of {size or 'no size'}", expected=f"at least {volume.size}"
            )


def _capacity(part: Object) -> str:
    return str((part.get("capacity") or {}).get("storage", ""))

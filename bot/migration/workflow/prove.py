"""Proves that the new cluster does what the old one did, and lets it serve for a while before anything
is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.common.problems import Problem
from bot.common.wording import count, first_of, lasting
from bot.migration.copy import comparison, startup
from bot.migration.inventory import baseline
from bot.migration.objects.manifest import spec_of
from bot.migration.objects.target_objects import autoscaled
from bot.migration.proof.verdict import ProofResult
from bot.migration.volumes import reattachment
from bot.migration.workflow import cutover, proof_checks, source_drift
from bot.migration.workflow.cluster_views import ClusterViews, RunState, opened
from bot.migration.workflow.ports import Json, ProjectPorts
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step

NAMED = 8


class NotProven(Problem):
    """The new cluster is not what was planned."""


class NotSafe(Problem):
    """Something stands against deleting the old cluster."""


def prove(passage: Run, ground: ProjectPorts, recorded: RunState, ready_within: timedelta) -> None:
    """Driver, pods, configuration and images; endpoints, load balancers, rights, claims and HTTP. Raises
    `RollbackRequested`.
    """
    passage.enter(Step.PROVE)
    driver = str(passage.plan.target.driver)

    def look() -> list[str]:
        wrong = ground.driver_problem(recorded.target, driver)
        with opened(passage.plan, ground, recorded) as scene:
            return [*([wrong] if wrong else []), *cutover.not_as_ready(scene)] or proof_checks.settling(scene)

    passage.wait(
        "wait for health",
        look,
        what="become healthy",
        within=ready_within,
        detail="verifying driver and pods",
    )
    found = passage.do("prove", lambda: _proven(passage, ground, recorded))
    said = [*found["images"], *proof_checks.lines(found)]
    passage.leave(f"proven: {count(found['equal'], 'object')} as planned, {driver} healthy", said)


def _proven(passage: Run, ground: ProjectPorts, recorded: RunState) -> Json:
    with opened(passage.plan, ground, recorded) as scene:
        equal, wrong = differences(scene)
        refs = startup.top_level(scene.inventory, passage.plan.items)
        now = startup.now(scene.target, scene.into.surface, passage.plan, refs)
        checks = proof_checks.proof(scene, passage.flow.pause)
    wrong += proof_checks.faults(checks)
    if wrong:
        raise NotProven(
            f"{count(len(wrong), 'thing')} of the new cluster not as planned",
            why=first_of(wrong, NAMED),
            fix="Mend them in the new cluster, then resume; or roll back.",
        )
    images = baseline.changed_images(recorded.before, now) if recorded.before else []
    named = [f"another image: {line}" for line in images[:NAMED]]
    return {"equal": equal, "images": named, **proof_checks.kept(passage, "prove", checks)}


def differences(scene: ClusterViews) -> tuple[int, list[str]]:
    """How many objects are as they are to work, and those that are not. What an autoscaler sets may
    differ.
    """
    scaled = autoscaled(scene.inventory.objects.values())
    found = comparison.compare(scene.into, scene.forms.final)
    wrong = [
        f"{each.ref}: {each.what}"
        for each in found.differences
        if not (each.ref in scaled and each.what == "spec.replicas differ")
    ]
    return found.equal + len(found.differences) - len(wrong), wrong


def soak(passage: Run, length: timedelta) -> None:
    """Let the new cluster serve. Raises `RollbackRequested`."""
    passage.enter(Step.SOAK)
    end = passage.since + length

    def look() -> Json | None:
        return {"at": passage.now().isoformat()} if passage.now() >= end else None

    passage.do("soak: note", lambda: _noted(passage, f"serves until {end:%Y-%m-%d %H:%M} UTC"))
    passage.idle(
        "soak",
        look,
        detail=lambda: f"the new cluster serves; the deletion is asked for at {end:%Y-%m-%d %H:%M} UTC",
    )
    asked = passage.plan.source.of_magnum  # then the question is the next thing said
    passage.leave(f"the new cluster has served for {lasting(length)}", shown=asked)


def _noted(passage: Run, text: str) -> Json:
    passage.waits_for(text)
    passage.tell(text)
    return {}


def against(scene: ClusterViews, driver_wrong: str, checks: Sequence[ProofResult]) -> list[str]:
    """What stands against deleting the source now. Everything is looked at anew: evidence is never older
    than this.
    """
    found = [driver_wrong] if driver_wrong else []
    found += cutover.not_as_ready(scene)
    found += [f"not bound: {each}" for each in reattachment.unbound(scene.target, scene.plan.volumes)]
    found += [f"runs on the source: {each}" for each in cutover.running_on_source(scene)]
    found += [f"was changed back on the source: {each}" for each in cutover.pending(scene)]
    found += [f"still attached on the source: {each}" for each in cutover.attached_on_source(scene)]
    look = source_drift.drifted(scene)
    found += [f"changed on the source: {each}" for each in look.lines()]
    found += [
        f"may have changed on the source: {each}"
        for each in source_drift.unlike_their_copies(scene, look.unsure)
    ]
    found += _not_retained(scene)
    found += _unaccounted(scene)
    found += _wanted_addresses(scene)
    found += proof_checks.faults(checks)
    return found


def _not_retained(scene: ClusterViews) -> list[str]:
    """Until the old cluster is gone two PersistentVolumes stand for one disk: neither may be on Delete."""
    moved = {each.volume for each in scene.plan.volumes if each.moves}
    sides = ((scene.source, "the source"), (scene.target, "the new cluster"))
    return [
        f"the volume {each['metadata']['name']} of {side} is on"
        f" {spec_of(each).get('persistentVolumeReclaimPolicy')}"
        for kube, side in sides
        for each in kube.all_of("/api/v1/persistentvolumes", dict)
        if each["metadata"]["name"] in moved
        and spec_of(each).get("persistentVolumeReclaimPolicy") != "Retain"
    ]


def _unaccounted(scene: ClusterViews) -> list[str]:
    """Disks of the migrated namespaces that no choice was made for."""
    known = {each.volume for each in scene.plan.volumes} | {each.ref.name for each in scene.plan.left}
    inside = set(scene.plan.namespaces)
    return [
        f"nobody chose what becomes of the volume {ref.name}"
        for ref, obj in scene.inventory.objects.items()
        if ref.kind == "PersistentVolume"
        and (spec_of(obj).get("claimRef") or {}).get("namespace") in inside
        and ref.name not in known
    ]


def _wanted_addresses(scene: ClusterViews) -> list[str]:
    """Addresses that moved and that Magnum would take along, because their description still names the
    old cluster.
    """
    addresses = scene.ground.addresses
    if addresses is None:
        return []
    found = []
    for move in scene.recorded.moves:
        live = addresses.find(move.address)
        if live is None or live.port in ("", move.old_port):
            found.append(f"the address {move.address} is not with the new cluster")
        elif scene.plan.source.id in live.description:
            found.append(
                f"the address {move.address} would be deleted along: its description names the old cluster"
            )
    return found

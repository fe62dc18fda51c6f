"""Checks that the old cluster can be deleted safely. Nothing is cached: every check reads both clusters."""

from collections.abc import Iterator

from bot.common.problems import Problem
from bot.common.wording import count, first_lines
from bot.migration.objects.fields import spec_of
from bot.migration.source import changes
from bot.migration.volumes import reattachment
from bot.migration.workflow import proof_checks, readiness, source_drift
from bot.migration.workflow.cluster_views import ClusterViews
from bot.migration.workflow.failures import NAMED
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.steps.quiesce import still_running


class DeletionUnsafe(Problem):
    """The old cluster cannot be deleted safely."""


def check_deletion(run: Run, name: str) -> Json:
    """Prove the new cluster, and check that the old one is not needed for anything. Belongs within a step.

    Returns what was checked, as it is recorded; `name` is that of the step. Raises `DeletionUnsafe`.
    """
    run.progress.show("looking whether the old cluster may go")
    driver_problem = run.ports.driver_problem(run.recorded.target, str(run.plan.target.driver))
    with run.clusters() as clusters:
        results = proof_checks.run_checks(clusters, run.flow.sleep)
        obstacles = [driver_problem] if driver_problem else []
        obstacles += [*_obstacles(clusters), *proof_checks.faults(results)]
    if obstacles:
        raise DeletionUnsafe(
            f"{count(len(obstacles), 'thing stands', 'things stand')} against deleting"
            f" {run.plan.source.name}",
            why=first_lines(obstacles, NAMED),
            fix="Mend them, then resume: I look again. Or roll back.",
        )
    return proof_checks.note(run, name, results)


def _obstacles(clusters: ClusterViews) -> Iterator[str]:
    volumes, source = clusters.plan.volumes, clusters.source
    yield from readiness.not_as_ready(clusters)
    yield from (f"not bound: {claim}" for claim in reattachment.unbound_claims(clusters.target, volumes))
    yield from (f"runs on the source: {pod}" for pod in still_running(clusters))
    reverted = changes.not_in_effect(source, clusters.recorded.quiesced.image)
    yield from (f"was changed back on the source: {change}" for change in reverted)
    # Cinder knows these disks as the target's by now, so only the attachments of the source are asked for.
    attached = reattachment.still_attached(source, volumes, None)
    yield from (f"still attached on the source: {disk}" for disk in attached)
    drift = source_drift.find_drift(clusters)
    yield from (f"changed on the source: {line}" for line in drift.lines())
    unlike = source_drift.differing_copies(clusters, drift.unsure)
    yield from (f"may have changed on the source: {line}" for line in unlike)
    yield from _not_retained(clusters)
    yield from _unaccounted(clusters)
    yield from _endangered_addresses(clusters)


def _not_retained(clusters: ClusterViews) -> Iterator[str]:
    """Until the old cluster is gone two PersistentVolumes stand for one disk: neither may be on Delete."""
    moving_volumes = {volume.volume for volume in clusters.plan.volumes if volume.moves}
    for kube, side in ((clusters.source, "the source"), (clusters.target, "the new cluster")):
        for volume in kube.list_all("/api/v1/persistentvolumes", dict):
            name, policy = volume["metadata"]["name"], spec_of(volume).get("persistentVolumeReclaimPolicy")
            if name in moving_volumes and policy != "Retain":
                yield f"the volume {name} of {side} is on {policy}"


def _unaccounted(clusters: ClusterViews) -> Iterator[str]:
    """Disks of the migrated namespaces that no choice was made for."""
    plan = clusters.plan
    accounted = {volume.volume for volume in plan.volumes} | {excluded.ref.name for excluded in plan.left}
    for ref, obj in clusters.inventory.objects.items():
        if ref.kind != "PersistentVolume" or ref.name in accounted:
            continue
        if (spec_of(obj).get("claimRef") or {}).get("namespace") in plan.namespaces:
            yield f"nobody chose what becomes of the volume {ref.name}"


def _endangered_addresses(clusters: ClusterViews) -> Iterator[str]:
    """Addresses that moved, and would go all the same: Magnum deletes those whose description names it."""
    neutron = clusters.ports.floating_ips
    if neutron is None:
        return
    for move in clusters.recorded.quiesced.moves:
        address = neutron.address(move.address)
        if address is None or address.port in ("", move.old_port):
            yield f"the address {move.address} is not with the new cluster"
        elif clusters.plan.source.id in address.description:
            yield (
                f"the address {move.address} would be deleted along: its description names the old cluster"
            )

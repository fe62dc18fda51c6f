"""How much is moved, whether the target has room for it, and how long it may take."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bot.migration.objects.manifest import pod_spec_of, ref_of, spec_of, status_of
from bot.migration.objects.modes import is_workload
from bot.migration.planning.checks.placement import requested
from bot.migration.planning.findings import PlanFinding, blocker, warn
from bot.migration.planning.plan import MigrationSize, TimeEstimate
from bot.migration.planning.plan_inputs import PlanInputs
from bot.migration.volumes.choices import quantity

DEPLOYMENT = (480, 900)  # what Magnum takes for a cluster, as seen; a large one takes longer
OBJECTS_A_SECOND = (40, 400)
DETACHING = (20, 90)  # of volumes, all at once
STARTING = (30, 300)
LONGEST_GRACE = 600


def size(material: PlanInputs) -> MigrationSize:
    """How much is moved."""
    pods = [
        pod
        for pod in material.inventory.of("Pod")
        if status_of(pod).get("phase") not in ("Succeeded", "Failed")
        and ref_of(material.grounds.graph.root(pod)) in material.kept
    ]
    needs = [requested(spec_of(pod)) for pod in pods]
    return MigrationSize(
        objects=len(material.kept),
        bytes=sum(len(msgspec.json.encode(obj)) for obj in material.future.values()),
        workloads=sum(map(is_workload, material.kept)),
        pods=len(pods),
        volumes=sum(volume.moves for volume in material.volumes),
        disk=int(sum(quantity(volume.size) for volume in material.volumes if volume.moves)),
        cores=round(sum(cores for cores, _ in needs), 3),
        memory=sum(memory for _, memory in needs),
    )


def estimate(material: PlanInputs, found: MigrationSize) -> TimeEstimate:
    """How long steps may take."""
    grace = max(
        (spec_of(pod).get("terminationGracePeriodSeconds", 30) for pod in material.inventory.of("Pod")),
        default=0,
    )
    detaching = DETACHING if found.volumes else (0, 0)
    return TimeEstimate(
        deploy=(0, 0) if material.target.exists else DEPLOYMENT,
        copy=(found.objects // OBJECTS_A_SECOND[1] + 1, found.objects // OBJECTS_A_SECOND[0] + 5),
        outage=(STARTING[0] + detaching[0], min(grace, LONGEST_GRACE) + STARTING[1] + detaching[1]),
    )


def check(material: PlanInputs, found: MigrationSize) -> Iterator[PlanFinding]:
    """Whether the target's nodes and the copied quotas have room."""
    workers = [
        node
        for node in material.target.nodes
        if not any(taint.get("effect") == "NoSchedule" for taint in spec_of(node).get("taints") or [])
    ]
    room = [status_of(node).get("allocatable") or {} for node in workers]
    cores = float(sum(quantity(str(each.get("cpu", "0"))) for each in room))
    memory = int(sum(quantity(str(each.get("memory", "0"))) for each in room))
    pods = int(sum(quantity(str(each.get("pods", "110"))) for each in room))
    if not material.target.exists or not room:
        return
    for what, need, have, unit in (
        ("cores", found.cores, cores, ""),
        ("memory", found.memory / 2**30, memory / 2**30, " GiB"),
        ("pods", found.pods, pods, ""),
    ):
        if need > have:
            yield blocker(
                "room",
                f"the target has {have:.4g}{unit} of {what}, {need:.4g}{unit} are needed",
                fix="Add nodes to it.",
            )
        elif need > 0.9 * have:
            yield warn(
                "room", f"the target's {what} will be used to {need / have:.0%}", fix="Consider more nodes."
            )


def quotas(material: PlanInputs) -> Iterator[PlanFinding]:
    """Whether what was running fits into the namespaces' quotas: it does on the source, or was made
    before the quota.
    """
    for quota in material.of("ResourceQuota"):
        ref, hard = ref_of(quota), spec_of(quota).get("hard") or {}
        limit = hard.get("pods") or hard.get("count/pods")
        wanted = sum(
            int(spec_of(obj).get("replicas", 1))
            for each, obj in material.kept.items()
            if each.namespace == ref.namespace
            and is_workload(each)
            and pod_spec_of(obj)
            and "replicas" in spec_of(obj)
        )
        if limit is not None and wanted > quantity(str(limit)):
            yield blocker(
                "room",
                f"{wanted} pods do not fit into {ref}",
                why=f"its limit is {limit} pods",
                fix="Raise it on the source.",
                ref=ref,
            )

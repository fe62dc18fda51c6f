"""How much a migration moves, and how long its steps may take."""

import msgspec

from bot.adapters.kube.quantities import quantity
from bot.migration.objects.fields import Object, ref_of, spec_of, status_of
from bot.migration.objects.kinds import is_workload
from bot.migration.planning.plan import MigrationSize, TimeEstimate
from bot.migration.planning.plan_inputs import PlanInputs

# seconds, as observed: the least and the most that is usual
DEPLOYMENT = (480, 900)  # what Magnum takes for a cluster; a large one takes longer
DETACHING = (20, 90)  # of all volumes at once
STARTING = (30, 300)
LONGEST_GRACE = 600
OBJECTS_A_SECOND = (40, 400)


def migration_size(inputs: PlanInputs) -> MigrationSize:
    """Return how much is moved; cores and memory are what the running pods request."""
    root = inputs.exclusions.graph.root
    pods = [
        pod
        for pod in inputs.inventory.of("Pod")
        if status_of(pod).get("phase") not in ("Succeeded", "Failed") and ref_of(root(pod)) in inputs.copied
    ]
    requests = [requested(spec_of(pod)) for pod in pods]
    moving_volumes = [volume for volume in inputs.volumes if volume.moves]
    return MigrationSize(
        objects=len(inputs.copied),
        bytes=sum(len(msgspec.json.encode(obj)) for obj in inputs.target_objects.values()),
        workloads=sum(map(is_workload, inputs.copied)),
        pods=len(pods),
        volumes=len(moving_volumes),
        disk=int(sum(quantity(volume.size) for volume in moving_volumes)),
        cores=round(sum(cores for cores, _ in requests), 3),
        memory=sum(memory for _, memory in requests),
    )


def time_estimate(inputs: PlanInputs, size: MigrationSize) -> TimeEstimate:
    """Return how long deployment, copy and outage may take, each as the least and the most in seconds."""
    pods = inputs.inventory.of("Pod")
    grace = max((spec_of(pod).get("terminationGracePeriodSeconds", 30) for pod in pods), default=0)
    detaching = DETACHING if size.volumes else (0, 0)
    slow, fast = OBJECTS_A_SECOND
    return TimeEstimate(
        deploy=(0, 0) if inputs.target.exists else DEPLOYMENT,
        copy=(size.objects // fast + 1, size.objects // slow + 5),
        outage=(STARTING[0] + detaching[0], min(grace, LONGEST_GRACE) + STARTING[1] + detaching[1]),
    )


def requested(pod_spec: Object) -> tuple[float, int]:
    """Return the cores and the bytes of memory that the containers of a pod request."""
    containers = pod_spec.get("containers") or []
    requests = [(container.get("resources") or {}).get("requests") or {} for container in containers]
    cores = sum(float(quantity(str(request.get("cpu", "0")))) for request in requests)
    memory = sum(float(quantity(str(request.get("memory", "0")))) for request in requests)
    return cores, int(memory)

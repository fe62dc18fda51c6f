"""The baseline: how the source was doing before it was stopped. The target must do as well.

It counts ready pods, image digests and endpoints, and has no content of any object.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping

from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.fields import Object, Ref, labels_of, ref_of, spec_of, status_of, true_conditions
from bot.migration.objects.kinds import SLICE, is_workload
from bot.migration.objects.ownership import graph

SERVICE_NAME = "kubernetes.io/service-name"  # the label of an EndpointSlice with its Service


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunningWorkload:
    """One workload: how many of its pods are ready, and the digests of the images that run, by container."""

    ref: Ref
    ready: int
    images: Mapping[str, tuple[str, ...]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Baseline:
    """A cluster at one moment: its workloads, and the number of ready addresses of each Service.

    Services without a selector are left out, because they have no pods of their own.
    """

    running: tuple[RunningWorkload, ...]
    endpoints: tuple[tuple[Ref, int], ...]

    def ready(self, ref: Ref) -> int:
        """Return the number of ready pods of a workload."""
        return next((workload.ready for workload in self.running if workload.ref == ref), 0)


def measure(inventory: Inventory, workloads: Iterable[Ref]) -> Baseline:
    """Return the baseline of some workloads at the top, such as Deployments.

    Pods, ReplicaSets, Services and EndpointSlices must be in the inventory.
    """
    owners, measured = graph(inventory.objects.values()), frozenset(workloads)
    pods: dict[Ref, list[Object]] = defaultdict(list)
    for pod in inventory.of("Pod"):
        pods[ref_of(owners.root(pod))].append(pod)
    running = tuple(
        RunningWorkload(ref=ref, ready=sum(map(is_ready, pods[ref])), images=_images(pods[ref]))
        for ref in sorted(measured)
        if is_workload(ref)
    )
    return Baseline(running=running, endpoints=tuple(sorted(_endpoints(inventory).items())))


def is_ready(pod: Object) -> bool:
    """Return whether a pod is Ready and not being deleted."""
    return not pod["metadata"].get("deletionTimestamp") and "Ready" in true_conditions(pod)


def _images(pods: list[Object]) -> dict[str, tuple[str, ...]]:
    images: dict[str, set[str]] = defaultdict(set)
    for pod in pods:
        for status in status_of(pod).get("containerStatuses") or []:
            digest = str(status.get("imageID", "")).rpartition("@")[2]
            if digest and status.get("ready"):
                images[status["name"]].add(digest)
    return {name: tuple(sorted(digests)) for name, digests in sorted(images.items())}


def _endpoints(inventory: Inventory) -> dict[Ref, int]:
    counts = {ref_of(service): 0 for service in inventory.of("Service") if spec_of(service).get("selector")}
    for endpoint_slice in inventory.of("EndpointSlice", SLICE[0]):
        name = labels_of(endpoint_slice).get(SERVICE_NAME, "")
        service = Ref("", "Service", endpoint_slice["metadata"]["namespace"], name)
        if service in counts:
            counts[service] += sum(
                len(endpoint.get("addresses") or [])
                for endpoint in endpoint_slice.get("endpoints") or []
                if (endpoint.get("conditions") or {}).get("ready") is not False  # absent means ready
            )
    return counts


def regressions(before: Baseline, now: Baseline) -> list[str]:
    """Return a line for each workload with fewer ready pods, and each Service with fewer endpoints."""
    pods = [
        f"{workload.ref}: {now.ready(workload.ref)} of {workload.ready} pods ready"
        for workload in before.running
        if now.ready(workload.ref) < workload.ready
    ]
    counts = dict(now.endpoints)
    return pods + [
        f"{ref}: {counts.get(ref, 0)} of {count} endpoints"
        for ref, count in before.endpoints
        if counts.get(ref, 0) < count
    ]


def changed_images(before: Baseline, now: Baseline) -> list[str]:
    """Return a line for each container that runs another image than on the source: a tag has moved."""
    old = {workload.ref: workload.images for workload in before.running}
    return [
        f"{workload.ref}: {name} runs {', '.join(digests)}, it was {', '.join(old[workload.ref][name])}"
        for workload in now.running
        for name, digests in workload.images.items()
        if old.get(workload.ref, {}).get(name) and not set(digests) <= set(old[workload.ref][name])
    ]

"""How the source was doing before it was stopped: ready pods, image digests, endpoints. The target must
do as well.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping

from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.manifest import Object, Ref, labels_of, ref_of, spec_of, status_of
from bot.migration.objects.modes import is_workload
from bot.migration.objects.ownership import graph


@dataclasses.dataclass(frozen=True, kw_only=True)
class RunningWorkload:
    """One workload: how many of its pods are ready, and the digests of the images that run, by container."""

    ref: Ref
    ready: int
    images: Mapping[str, tuple[str, ...]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Baseline:
    """One moment of a cluster."""

    running: tuple[RunningWorkload, ...]
    endpoints: tuple[tuple[Ref, int], ...]  # Services with a selector, and how many ready addresses each has

    def ready(self, ref: Ref) -> int:
        """Ready pods of a workload."""
        return next((each.ready for each in self.running if each.ref == ref), 0)


def measure(inventory: Inventory, workloads: Iterable[Ref]) -> Baseline:
    """Of some workloads (Pods, ReplicaSets, Services and EndpointSlices must have been read)."""
    owners, wanted = graph(inventory.objects.values()), frozenset(workloads)
    pods: dict[Ref, list[Object]] = defaultdict(list)
    for pod in inventory.of("Pod"):
        root = ref_of(owners.root(pod))
        if root in wanted:
            pods[root].append(pod)
    running = tuple(
        RunningWorkload(ref=ref, ready=sum(map(is_ready, pods[ref])), images=_images(pods[ref]))
        for ref in sorted(wanted)
        if is_workload(ref)
    )
    return Baseline(running=running, endpoints=tuple(sorted(_endpoints(inventory).items())))


def is_ready(pod: Object) -> bool:
    """Whether a pod serves."""
    conditions = status_of(pod).get("conditions") or []
    live = not pod["metadata"].get("deletionTimestamp")
    return live and any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)


def _images(pods: list[Object]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = defaultdict(set)
    for pod in pods:
        for status in status_of(pod).get("containerStatuses") or []:
            digest = str(status.get("imageID", "")).rpartition("@")[2]
            if digest and status.get("ready"):
                found[status["name"]].add(digest)
    return {name: tuple(sorted(digests)) for name, digests in sorted(found.items())}


def _endpoints(inventory: Inventory) -> dict[Ref, int]:
    found = {ref_of(each): 0 for each in inventory.of("Service") if spec_of(each).get("selector")}
    for each in inventory.of("EndpointSlice", "discovery.k8s.io"):
        ref = Ref(
            "",
            "Service",
            each["metadata"]["namespace"],
            labels_of(each).get("kubernetes.io/service-name", ""),
        )
        if ref in found:
            found[ref] += sum(
                len(entry.get("addresses") or [])
                for entry in each.get("endpoints") or []
                if (entry.get("conditions") or {}).get("ready") is not False
            )
    return found


def regressions(before: Baseline, now: Baseline) -> list[str]:
    """What does not do as well as it did, as texts: fewer ready pods, fewer endpoints."""
    waits = [
        f"{each.ref}: {now.ready(each.ref)} of {each.ready} pods ready"
        for each in before.running
        if now.ready(each.ref) < each.ready
    ]
    have = dict(now.endpoints)
    return waits + [
        f"{ref}: {have.get(ref, 0)} of {count} endpoints"
        for ref, count in before.endpoints
        if have.get(ref, 0) < count
    ]


def changed_images(before: Baseline, now: Baseline) -> list[str]:
    """Containers whose image is another one than on the source: a tag has moved."""
    old = {each.ref: each.images for each in before.running}
    return [
        f"{each.ref}: {container} runs {', '.join(digests)}, it was {', '.join(old[each.ref][container])}"
        for each in now.running
        for container, digests in each.images.items()
        if old.get(each.ref, {}).get(container) and not set(digests) <= set(old[each.ref][container])
    ]

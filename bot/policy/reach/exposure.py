"""What is open to everyone in a cluster: a list to work off."""

import dataclasses
import functools
from collections.abc import Iterator

import numpy as np

from bot.policy.reach.aggregation import EndpointClasses, GroupLevel, Workloads
from bot.policy.reach.arrays import Numbers
from bot.policy.reach.connection_sets import EMPTY, FULL
from bot.policy.reach.connections import Connections
from bot.policy.reach.engine import Reachability
from bot.policy.reach.model import Direction, Workload


@dataclasses.dataclass(frozen=True, slots=True)
class ExposedWorkload:
    """A workload, what everyone may open to at least one of its pods, and how many running pods it has."""

    workload: Workload
    connections: Connections
    pods: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """The exposure of a cluster; each list is sorted by the workload's text.

    `cluster_wide`: what every other pod of the cluster may open to at least one pod of the workload.
    `from_outside`: what some address outside may open to at least one of its pods, over all addresses.
    `unselected_ingress` and `unselected_egress`: workloads with a pod that no policy isolates in that
    direction. Host-network pods, which no policy can isolate, are in `host_network` instead.
    """

    cluster_wide: tuple[ExposedWorkload, ...]
    from_outside: tuple[ExposedWorkload, ...]
    unselected_ingress: tuple[Workload, ...]
    unselected_egress: tuple[Workload, ...]
    host_network: tuple[Workload, ...]


def compute_exposure(reach: Reachability) -> Exposure:
    """Compute the exposure of every workload."""
    classes = EndpointClasses(reach)
    workloads = Workloads(reach.pod_index, classes.of_pod, GroupLevel.WORKLOAD)
    owners = {str(pod.owner): pod.owner for pod in reach.pod_index.pods}
    hosts = {pod.owner for pod in reach.pod_index.pods if pod.host_network}

    def exposed(by_class: Numbers) -> Iterator[ExposedWorkload]:
        by_workload = workloads.fold(by_class, reach.sets) if workloads.names else by_class[:0]
        for number in np.flatnonzero(by_workload).tolist():
            owner = owners[workloads.names[number]]
            yield ExposedWorkload(
                owner, reach.sets[int(by_workload[number])], int(workloads.pod_counts[number])
            )

    return Exposure(
        cluster_wide=tuple(exposed(_from_every_pod(reach, classes))),
        from_outside=tuple(exposed(_from_outside(reach, classes))),
        unselected_ingress=_unselected(reach, Direction.INGRESS),
        unselected_egress=_unselected(reach, Direction.EGRESS),
        host_network=tuple(sorted(hosts, key=str)),
    )


def _from_every_pod(reach: Reachability, classes: EndpointClasses) -> Numbers:
    """What every other pod may open to each class; a pod alone in the cluster is open to nobody."""
    pod_counts = np.bincount(classes.of_pod, minlength=classes.count)
    common = np.full(classes.count, FULL, dtype=np.int32)
    for source in np.flatnonzero(pod_counts).tolist():
        opened = classes.opened_by(source)
        if pod_counts[source] == 1:
            opened[source] = common[source]  # a pod to itself says nothing about others
        common = reach.sets.intersections(common, opened)
    return common if len(reach.pod_index.pods) > 1 else np.full_like(common, EMPTY)


def _from_outside(reach: Reachability, classes: EndpointClasses) -> Numbers:
    ranges = np.unique(classes.of_endpoint[reach.endpoints.pod_endpoint_count :]).tolist()
    return functools.reduce(reach.sets.unions, map(classes.opened_by, ranges))


def _unselected(reach: Reachability, direction: Direction) -> tuple[Workload, ...]:
    table = reach.table(direction)
    isolated = table.isolated_rows()[table.row_of[reach.endpoints.of_pod]].tolist()
    unselected = {
        pod.owner
        for pod, is_isolated in zip(reach.pod_index.pods, isolated, strict=True)
        if not is_isolated and not pod.host_network
    }
    return tuple(sorted(unselected, key=str))

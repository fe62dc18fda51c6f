"""What is open to everyone: a list to work off."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator

import numpy as np

from bot.policy.reach.aggregation import Classes, GroupLevel, Parties
from bot.policy.reach.connection_sets import EMPTY, FULL, Ids
from bot.policy.reach.connections import Connections
from bot.policy.reach.engine import Reachability
from bot.policy.reach.model import Direction, Workload


@dataclasses.dataclass(frozen=True, slots=True)
class Exposed:
    """A workload, what everyone may open to at least one of its pods, and how many running pods it has."""

    workload: Workload
    connections: Connections
    pods: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Lists sorted by the workload's text.

    `cluster_wide`: what every other pod of the cluster may open to at least one pod of the workload.
    `outside`: what at least one address outside may open to at least one of its pods, over all addresses.
    `unselected_ingress` and `unselected_egress`: workloads with a pod that no policy isolates in that
    direction; host-network pods, which no policy can isolate, are in `host_network` instead.
    """

    cluster_wide: tuple[Exposed, ...]
    outside: tuple[Exposed, ...]
    unselected_ingress: tuple[Workload, ...]
    unselected_egress: tuple[Workload, ...]
    host_network: tuple[Workload, ...]


def exposure(reach: Reachability) -> Exposure:
    """Compute the exposure of every workload."""
    classes = Classes(reach)
    parties = Parties(reach.population, classes.of_pod, GroupLevel.WORKLOAD)
    workloads = {str(pod.owner): pod.owner for pod in reach.population.pods}
    hosts = {pod.owner for pod in reach.population.pods if pod.host_network}

    def exposed(by_class: Ids) -> Iterator[Exposed]:
        folded = parties.fold(by_class, reach.sets) if parties.names else by_class[:0]
        for party in np.flatnonzero(folded).tolist():
            name = parties.names[party]
            yield Exposed(workloads[name], reach.sets[int(folded[party])], int(parties.pods[party]))

    return Exposure(
        cluster_wide=tuple(exposed(_from_every_pod(reach, classes))),
        outside=tuple(exposed(_from_outside(reach, classes))),
        unselected_ingress=_unselected(reach, Direction.INGRESS),
        unselected_egress=_unselected(reach, Direction.EGRESS),
        host_network=tuple(sorted(hosts, key=str)),
    )


def _from_every_pod(reach: Reachability, classes: Classes) -> Ids:
    """For each class what every other pod may open to it; a pod alone in the cluster is open to nobody."""
    sizes = np.bincount(classes.of_pod, minlength=classes.count)
    found = np.full(classes.count, FULL, dtype=np.int32)
    for source in np.flatnonzero(sizes).tolist():
        opened = classes.opened_by(source)
        if sizes[source] == 1:
            opened[source] = found[source]  # a pod to itself says nothing about others
        found = reach.sets.intersections(found, opened)
    return found if len(reach.population.pods) > 1 else np.full_like(found, EMPTY)


def _from_outside(reach: Reachability, classes: Classes) -> Ids:
    ranges = np.unique(classes.of_endpoint[reach.endpoints.units :]).tolist()
    return functools.reduce(reach.sets.unions, (classes.opened_by(one) for one in ranges))


def _unselected(reach: Reachability, direction: Direction) -> tuple[Workload, ...]:
    side = reach.side(direction)
    isolated = np.array([bool(policies) for policies in side.policies], dtype=bool)
    of_pod = isolated[side.rows_of[reach.endpoints.unit_of_pod]]
    found = {
        pod.owner
        for pod, selected in zip(reach.population.pods, of_pod.tolist(), strict=True)
        if not selected and not pod.host_network
    }
    return tuple(sorted(found, key=str))

"""What is open to everyone: a list to work off."""

from __future__ import annotations

import dataclasses

from bot.policy.reach.connections import Connections
from bot.policy.reach.engine import Reachability
from bot.policy.reach.model import Workload


@dataclasses.dataclass(frozen=True, slots=True)
class Exposed:
    """A workload, what everyone may open to each of its pods, and how many running pods it has."""

    workload: Workload
    connections: Connections
    pods: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Lists sorted by workload.

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
    raise NotImplementedError

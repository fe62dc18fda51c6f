"""The allowed connections as rows: `SRC => DST : CONNECTIONS`, by workload or by pod."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterator

from bot.policy.reach.connections import Connections
from bot.policy.reach.engine import Reachability


class Level(enum.StrEnum):
    """What a row stands for."""

    WORKLOAD = "workload"
    POD = "pod"


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One pair that may connect: `shop/cart[Deployment]` or `shop/cart-1`, or outside as a range `A-B`."""

    source: str
    destination: str
    connections: Connections

    def __str__(self) -> str:
        return f"{self.source} => {self.destination} : {self.connections}"


def rows(reach: Reachability, level: Level = Level.WORKLOAD) -> Iterator[Row]:
    """Every pair that may connect, sorted by source and destination.

    The connections of two workloads are the union over their pairs of pods. No row for a pod to itself, from
    outside to outside, or for pairs that may not connect at all.
    """
    raise NotImplementedError

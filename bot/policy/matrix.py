"""Who reaches whom before and after, workload by workload, for the picture: the ones that change first.

A whole cluster does not fit on a phone. The workloads that change are shown, then their neighbours in the
namespace; what is left out is counted. The connections of the few that are shown are computed exactly, from
the same policies, by giving the engine their pods alone.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping

from bot.policy.reach import engine, listing, model
from bot.policy.reach.connections import NOTHING, Connections
from bot.policy.reach.difference import Difference

MOST = 24  # workloads on an axis, beside outside
OUTSIDE = "outside"


class Cell(enum.Enum):
    """What becomes of one pair."""

    NONE = "no connection, before and after"
    KEPT = "allowed before and after"
    CLOSED = "closes entirely"
    NARROWED = "closes in part"
    OPENED = "opens"
    WIDENED = "opens in part"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Matrix:
    """Pairs of workloads (and `outside`), by name; a pair that is missing may not connect in either state."""

    workloads: tuple[str, ...]  # the axes, `outside` last
    before: frozenset[tuple[str, str]]  # pairs that may connect before
    cells: Mapping[tuple[str, str], Cell]  # the state after
    more: int  # workloads that are not shown

    @property
    def changed(self) -> int:
        """How many of the shown pairs change."""
        return sum(cell not in (Cell.NONE, Cell.KEPT) for cell in self.cells.values())


def matrix(before: model.Cluster, after: model.Cluster, changed: Difference, *, namespace: str) -> Matrix:
    """The matrix of what changes between two states of a cluster with the same pods."""
    every = {str(pod.owner): pod.owner for pod in before.pods if not pod.finished}
    touched = {name for each in changed.changes for name in (each.source, each.destination)} & every.keys()
    near = {name for name, owner in every.items() if owner.namespace == namespace}
    shown = sorted(touched)[:MOST]
    shown += sorted(near - set(shown))[: MOST - len(shown)]
    shown = sorted(shown, key=lambda name: (every[name].namespace != namespace, name))
    then, now = _pairs(before, frozenset(shown)), _pairs(after, frozenset(shown))
    axes = (*shown, OUTSIDE)
    cells = {
        (source, destination): _cell(
            then.get((source, destination), NOTHING), now.get((source, destination), NOTHING)
        )
        for source in axes
        for destination in axes
    }
    return Matrix(workloads=axes, before=frozenset(then), cells=cells, more=len(every) - len(shown))


def _pairs(cluster: model.Cluster, shown: frozenset[str]) -> dict[tuple[str, str], Connections]:
    alone = dataclasses.replace(cluster, pods=tuple(pod for pod in cluster.pods if str(pod.owner) in shown))
    found: dict[tuple[str, str], Connections] = {}
    for row in listing.rows(engine.compute(alone)):
        pair = tuple(name if name in shown else OUTSIDE for name in (row.source, row.destination))
        source, destination = pair
        found[source, destination] = found.get((source, destination), NOTHING) | row.connections
    return found


def _cell(before: Connections, after: Connections) -> Cell:
    if before == after:
        return Cell.KEPT if after else Cell.NONE
    if not after:
        return Cell.CLOSED
    if not before:
        return Cell.OPENED
    return Cell.NARROWED if before - after else Cell.WIDENED

"""Who reaches whom before and after, workload by workload, for the picture: the ones that change first.

A whole cluster does not fit on a phone. The workloads that change are shown, then their neighbours in the
namespace; what is left out is counted. The connections of the few that are shown are computed exactly, from
the same policies, by giving the engine their pods alone.
"""

from __future__ import annotations

import dataclasses
import enum
import itertools
from collections.abc import Iterable, Mapping

from bot.policy.reach import allowed_connections, engine, model
from bot.policy.reach.changes import ConnectionChange
from bot.policy.reach.connections import NOTHING, Connections

MOST = 24  # workloads on an axis, beside outside
OUTSIDE = "outside"
SYSTEM = "kube-system"  # its workloads are seldom what a change is about


class Cell(enum.Enum):
    """What becomes of one pair."""

    NONE = "no connection, before and after"
    KEPT = "allowed before and after"
    CLOSED = "closes entirely"
    NARROWED = "closes in part: for some ports or some pods"
    OPENED = "opens"
    WIDENED = "opens in part: for some ports or some pods"


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


def matrix(
    before: model.ClusterModel,
    after: model.ClusterModel,
    changed: Iterable[ConnectionChange],
    *,
    namespace: str,
) -> Matrix:
    """The matrix of what changes between two states of a cluster with the same pods."""
    changed = list(changed)
    every = {str(pod.owner): pod.owner for pod in before.pods if not pod.finished}
    touched = {name for each in changed for name in (each.source, each.destination)} & every.keys()
    near = {name for name, owner in every.items() if owner.namespace == namespace}

    def order(name: str) -> tuple[bool, bool, str]:
        found = every[name].namespace
        return found != namespace, found == SYSTEM, name

    shown = sorted(touched, key=order)[:MOST]
    shown += sorted(near - touched)[: MOST - len(shown)]
    shown.sort(key=order)
    then, now = _pairs(before, frozenset(shown)), _pairs(after, frozenset(shown))
    axes = (*shown, OUTSIDE)
    partly = _partly(changed, frozenset(shown))
    cells = {}
    for pair in itertools.product(axes, axes):
        cell = _cell(then.get(pair, NOTHING), now.get(pair, NOTHING))
        cells[pair] = partly.get(pair, cell) if cell is Cell.KEPT else cell
    return Matrix(workloads=axes, before=frozenset(then), cells=cells, more=len(every) - len(shown))


def _partly(changed: Iterable[ConnectionChange], shown: frozenset[str]) -> dict[tuple[str, str], Cell]:
    """Pairs of which some pods lose, or gain, what others of the same workloads keep."""
    found = {}
    for each in changed:
        pair = each.source, each.destination
        if set(pair) <= shown:
            found[pair] = Cell.NARROWED if each.closes else Cell.WIDENED
    return found


def _pairs(cluster: model.ClusterModel, shown: frozenset[str]) -> dict[tuple[str, str], Connections]:
    alone = dataclasses.replace(cluster, pods=tuple(pod for pod in cluster.pods if str(pod.owner) in shown))
    found: dict[tuple[str, str], Connections] = {}
    for row in allowed_connections.rows(engine.compute(alone)):
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

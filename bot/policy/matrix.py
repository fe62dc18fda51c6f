"""Who reaches whom before and after a change, workload by workload, as data for a picture.

A whole cluster does not fit on a phone. The workloads that change are shown, then their neighbours in the
namespace; the rest is counted. The connections between the few that are shown are computed exactly, from the
same policies, with their pods alone.
"""

import dataclasses
import enum
import itertools
from collections.abc import Iterable, Mapping

from bot.policy.reach import allowed_connections, engine, model
from bot.policy.reach.changes import ConnectionChange
from bot.policy.reach.connections import NOTHING, Connections

MOST_WORKLOADS = 24  # on an axis, beside outside
OUTSIDE = "outside"
SYSTEM = "kube-system"  # a change is seldom about its workloads

Pair = tuple[str, str]  # source and destination


class PairChange(enum.Enum):
    """What a change does to one pair."""

    NONE = "no connection, before and after"
    KEPT = "allowed before and after"
    CLOSED = "closes entirely"
    NARROWED = "closes in part: for some ports or some pods"
    OPENED = "opens"
    WIDENED = "opens in part: for some ports or some pods"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Matrix:
    """Pairs of workloads, and of `outside`, by name.

    `workloads` are the axes, `outside` last. `before` are the pairs that may connect before the change,
    `changes` says what it does to every pair. `omitted_count` counts the workloads that are not shown.
    """

    workloads: tuple[str, ...]
    before: frozenset[Pair]
    changes: Mapping[Pair, PairChange]
    omitted_count: int


def build_matrix(
    before: model.ClusterModel,
    after: model.ClusterModel,
    changes: Iterable[ConnectionChange],
    *,
    namespace: str,
) -> Matrix:
    """Build the matrix of the changes between two states of a cluster with the same pods.

    Workloads of `namespace`, which the change is about, come first, those of `kube-system` last.
    """
    changes = list(changes)
    owners = {str(pod.owner): pod.owner for pod in before.pods if not pod.finished}
    changed = {name for change in changes for name in (change.source, change.destination)} & owners.keys()
    neighbours = {name for name, owner in owners.items() if owner.namespace == namespace} - changed

    def order(name: str) -> tuple[bool, bool, str]:
        return owners[name].namespace != namespace, owners[name].namespace == SYSTEM, name

    workloads = sorted(changed, key=order)[:MOST_WORKLOADS]
    workloads += sorted(neighbours)[: MOST_WORKLOADS - len(workloads)]
    workloads.sort(key=order)
    old, new = _connections(before, frozenset(workloads)), _connections(after, frozenset(workloads))
    axes = (*workloads, OUTSIDE)
    pairs = {
        pair: _compare(old.get(pair, NOTHING), new.get(pair, NOTHING))
        for pair in itertools.product(axes, axes)
    }
    # the union over the pods of a pair may be the same although some of them lose or gain connections
    for change in changes:
        pair = change.source, change.destination
        if pairs.get(pair) is PairChange.KEPT:
            pairs[pair] = PairChange.NARROWED if change.closes else PairChange.WIDENED
    return Matrix(
        workloads=axes, before=frozenset(old), changes=pairs, omitted_count=len(owners) - len(workloads)
    )


def _connections(cluster: model.ClusterModel, workloads: frozenset[str]) -> dict[Pair, Connections]:
    pods = tuple(pod for pod in cluster.pods if str(pod.owner) in workloads)
    connections: dict[Pair, Connections] = {}
    for row in allowed_connections.list_allowed_connections(
        engine.compute(dataclasses.replace(cluster, pods=pods))
    ):
        ends = row.source, row.destination
        source, destination = (end if end in workloads else OUTSIDE for end in ends)
        earlier = connections.get((source, destination), NOTHING)
        connections[source, destination] = earlier | row.connections
    return connections


def _compare(before: Connections, after: Connections) -> PairChange:
    if before == after:
        return PairChange.KEPT if after else PairChange.NONE
    if not after:
        return PairChange.CLOSED
    if not before:
        return PairChange.OPENED
    return PairChange.NARROWED if before - after else PairChange.WIDENED

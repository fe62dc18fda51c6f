"""One measurement of the reachability engine in a process of its own, so that its memory is its own.

Prints JSON: seconds to compute a cluster and to work out the set of every pair of roles, seconds of previews,
the peak of resident memory in MB, and how varied the cluster was. Seconds are those of the processor, because
the engine runs on one core and waits for nothing; what the clock showed is told beside them.
"""

from __future__ import annotations

import gc
import json
import random
import resource
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import reach_clusters
from bot.policy.reach.arrays import Numbers, first_indices
from bot.policy.reach.difference import difference
from bot.policy.reach.engine import Reachability, compute
from bot.policy.reach.model import ClusterModel, Policy

ROWS_AT_ONCE = 32
PREVIEWED_NAMESPACES = 4
TRIES = 3  # the least counts: what another process takes is not ours


def main() -> None:
    """PODS POLICIES [previews]."""
    pods, policies = int(sys.argv[1]), int(sys.argv[2])
    cluster = reach_clusters.cluster(pods=pods, policies=policies)
    gc.collect()
    begun, on_the_clock = time.process_time(), time.perf_counter()
    reach = compute(cluster)
    open_pairs, pairs = every_pair(reach)
    seconds, clock = time.process_time() - begun, time.perf_counter() - on_the_clock
    previews = list(measured_previews(reach, cluster)) if "previews" in sys.argv else []
    found: dict[str, Any] = {
        "pods": pods,
        "policies": policies,
        "seconds": seconds,
        "clock": clock,
        "classes": int(reach.class_of.max(initial=-1)) + 1,
        "pairs": pairs,
        "open": open_pairs / max(1, pairs),
        "ranges": len(reach.endpoints.range_starts),
        "sets": len(reach.sets),
        "previews": previews,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


def every_pair(reach: Reachability) -> tuple[int, int]:
    """Work out the set of every pair of roles; how many may connect at all, and how many pairs there are."""
    sources, destinations = _one_of_each(reach.source_role_of), _one_of_each(reach.destination_role_of)
    found = 0
    for at in range(0, len(sources), ROWS_AT_ONCE):
        found += int(np.count_nonzero(reach.connection_matrix(sources[at : at + ROWS_AT_ONCE], destinations)))
    return found, len(sources) * len(destinations)


def _one_of_each(roles: Numbers) -> npt.NDArray[np.intp]:
    return first_indices(roles, int(roles.max(initial=-1)) + 1)


def measured_previews(reach: Reachability, cluster: ClusterModel) -> Iterator[tuple[float, int]]:
    """Seconds of one preview with every line of its answer, and the number of lines, for many policies."""
    for new in previewed(cluster):
        taken = []
        for _ in range(TRIES):
            begun = time.process_time()
            changes = difference(reach, reach.with_policy(new)).changes
            taken.append(time.process_time() - begun)
        yield min(taken), len(changes)


def previewed(cluster: ClusterModel) -> Iterator[Policy]:
    """One policy of each kind, in namespaces that no policy isolates yet and in others."""
    chance = random.Random(7)
    with_policies = {policy.namespace for policy in cluster.policies}
    free = [each.name for each in cluster.namespaces if each.name not in with_policies][:PREVIEWED_NAMESPACES]
    taken = sorted(with_policies)[:PREVIEWED_NAMESPACES]
    for namespace in (*free, *taken, "kube-system"):
        for kind in range(reach_clusters.KINDS):
            made = reach_clusters.policy(kind, namespace, chance)
            yield Policy(
                namespace=namespace, name="preview", pods=made.pods, ingress=made.ingress, egress=made.egress
            )


if __name__ == "__main__":
    main()

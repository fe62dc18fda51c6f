"""One measurement of the reachability engine in a process of its own, so that its memory is its own.

Prints JSON: seconds to compute a cluster and to work out the set of every pair of roles, seconds of previews,
the peak of resident memory in MB, and how varied the cluster was. Seconds are those of the processor, because
the engine runs on one core and waits for nothing; what the clock showed is told beside them.
"""

from __future__ import annotations

import dataclasses
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
from bot.policy.reach.difference import compare_states
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
    started, clock_started = time.process_time(), time.perf_counter()
    reach = compute(cluster)
    open_pairs, pairs = every_pair(reach)
    seconds, clock = time.process_time() - started, time.perf_counter() - clock_started
    previews = list(time_previews(reach, cluster)) if "previews" in sys.argv else []
    result: dict[str, Any] = {
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
    print(json.dumps(result))


def every_pair(reach: Reachability) -> tuple[int, int]:
    """Work out the set of every pair of roles; how many may connect at all, and how many pairs there are."""
    sources, destinations = (
        _representatives(reach.source_role_of),
        _representatives(reach.destination_role_of),
    )
    open_pairs = 0
    for at in range(0, len(sources), ROWS_AT_ONCE):
        matrix = reach.connection_matrix(sources[at : at + ROWS_AT_ONCE], destinations)
        open_pairs += int(np.count_nonzero(matrix))
    return open_pairs, len(sources) * len(destinations)


def _representatives(roles: Numbers) -> npt.NDArray[np.intp]:
    return first_indices(roles, int(roles.max(initial=-1)) + 1)


def time_previews(reach: Reachability, cluster: ClusterModel) -> Iterator[tuple[float, int]]:
    """Seconds of one preview with every line of its answer, and the number of lines, for many policies."""
    for new in policies_to_preview(cluster):
        seconds = []
        for _ in range(TRIES):
            started = time.process_time()
            changes = compare_states(reach, reach.with_policy(new)).changes
            seconds.append(time.process_time() - started)
        yield min(seconds), len(changes)


def policies_to_preview(cluster: ClusterModel) -> Iterator[Policy]:
    """One policy of each kind, in namespaces that no policy isolates yet and in others."""
    chance = random.Random(7)
    with_policies = {policy.namespace for policy in cluster.policies}
    names = [namespace.name for namespace in cluster.namespaces]
    free = [name for name in names if name not in with_policies][:PREVIEWED_NAMESPACES]
    isolated = sorted(with_policies)[:PREVIEWED_NAMESPACES]
    for namespace in (*free, *isolated, "kube-system"):
        for kind in range(reach_clusters.KINDS):
            template = reach_clusters.policy(kind, namespace, chance)
            yield dataclasses.replace(template, name="preview")


if __name__ == "__main__":
    main()

"""How many pods a workload of the target must have ready: as on the source, where the target means it so.

A DaemonSet has a pod on each node, and the target may have fewer; what an autoscaler scales is as large as
the load is by now; Jobs end by themselves. Everything else must do as well as it did.
"""

from bot.migration.inventory.baseline import RunningWorkload
from bot.migration.objects.fields import Object, Ref, ref_of, spec_of, status_of
from bot.migration.objects.kinds import DAEMON_SET, POD, SUSPENDED


def expected_ready_pods(before: RunningWorkload, live: Object | None, *, scaled: bool) -> int:
    """Return how many pods of a workload must be ready; `scaled` says whether an autoscaler sets replicas."""
    kind = before.ref.group_kind
    if kind in SUSPENDED:
        return 0
    if kind == DAEMON_SET:
        return min(before.ready, _scheduled(live, before.ready))
    if scaled and live is not None:
        return min(before.ready, int(spec_of(live).get("replicas", 1)))
    return before.ready


def pods_expected(workload: Object) -> int:
    """Return how many pods a workload of the target is meant to keep running."""
    kind = ref_of(workload).group_kind
    if kind in SUSPENDED:
        return 0
    if kind == DAEMON_SET:
        return _scheduled(workload, 0)
    if kind == POD:
        return int(status_of(workload).get("phase") not in ("Succeeded", "Failed"))
    return int(spec_of(workload).get("replicas", 1))


def is_steady(ref: Ref) -> bool:
    """Return whether something is meant to run all the time, unlike a Job."""
    return ref.group_kind not in SUSPENDED


def _scheduled(daemon_set: Object | None, default: int) -> int:
    """Return on how many nodes a DaemonSet runs; the default if its controller has not seen it yet."""
    status = status_of(daemon_set or {})
    observed = status.get("observedGeneration") == (daemon_set or {}).get("metadata", {}).get("generation")
    return int(status.get("desiredNumberScheduled", default)) if daemon_set and observed else default

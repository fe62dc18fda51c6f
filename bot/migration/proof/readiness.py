"""By what a workload of the target is measured: how it was on the source, as far as the target means it to be
so.

A DaemonSet has a pod on each node, and the target may have fewer; what an autoscaler scales is as large as
the load is by now; Jobs end by themselves. Everything else must do as well as it did.
"""

from __future__ import annotations

from bot.migration.inventory.baseline import RunningWorkload
from bot.migration.objects.manifest import Object, Ref, ref_of, spec_of, status_of
from bot.migration.objects.modes import DAEMON_SET, SUSPENDED


def ready_pods(before: RunningWorkload, live: Object | None, *, scaled: bool) -> int:
    """How many pods of a workload must be ready. `live` is the target's; `scaled`: an autoscaler sets
    its replicas.
    """
    kind = (before.ref.group, before.ref.kind)
    if kind in SUSPENDED:
        return 0
    if kind == DAEMON_SET:
        return min(before.ready, _scheduled(live, before.ready))
    if scaled and live is not None:
        return min(before.ready, int(spec_of(live).get("replicas", 1)))
    return before.ready


def pods_meant(workload: Object) -> int:
    """How many pods a workload of the target is meant to keep running."""
    ref = ref_of(workload)
    kind = (ref.group, ref.kind)
    if kind in SUSPENDED:
        return 0
    if kind == DAEMON_SET:
        return _scheduled(workload, 0)
    if kind == ("", "Pod"):
        return int(status_of(workload).get("phase") not in ("Succeeded", "Failed"))
    return int(spec_of(workload).get("replicas", 1))


def is_steady(ref: Ref) -> bool:
    """Whether something is meant to run all the time."""
    return (ref.group, ref.kind) not in SUSPENDED


def _scheduled(daemon_set: Object | None, otherwise: int) -> int:
    """How many nodes a DaemonSet has in the target."""
    status = status_of(daemon_set or {})
    seen = status.get("observedGeneration") == (daemon_set or {}).get("metadata", {}).get("generation")
    return int(status.get("desiredNumberScheduled", otherwise)) if daemon_set and seen else otherwise

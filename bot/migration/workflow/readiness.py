"""Compares how many pods are ready in the new cluster with how many were on the source before it stopped."""

from bot.migration.copy import startup
from bot.migration.copy.writer import existing
from bot.migration.objects.fields import Ref
from bot.migration.objects.fingerprint import autoscaled
from bot.migration.proof import expected_pods
from bot.migration.workflow.cluster_views import ClusterViews


def not_as_ready(clusters: ClusterViews, only: frozenset[Ref] | None = None) -> list[str]:
    """Name the workloads, all or `only` some, with fewer ready pods in the target than on the source."""
    planned = frozenset(startup.top_level(clusters.inventory, clusters.plan.items))
    now = startup.current_baseline(clusters.target, clusters.writer.surface, clusters.plan, planned)
    workloads = [
        workload
        for workload in clusters.recorded.quiesced.baseline.running
        if workload.ref in planned and (only is None or workload.ref in only)
    ]
    # What a DaemonSet or an autoscaler needs is up to the target; of the others as many as on the source.
    scaled = autoscaled(clusters.inventory.objects.values())
    refs = [workload.ref for workload in workloads]
    live = existing(clusters.writer, [ref for ref in refs if ref.kind == "DaemonSet" or ref in scaled])
    expected = {
        workload.ref: expected_pods.expected_ready_pods(
            workload, live.get(workload.ref), scaled=workload.ref in scaled
        )
        for workload in workloads
    }
    return [
        f"{ref}: {now.ready(ref)} of {ready} pods ready"
        for ref, ready in expected.items()
        if now.ready(ref) < ready
    ]


def first_pods_not_ready(clusters: ClusterViews) -> list[str]:
    """Name the StatefulSets, where disks move, of which no pod is ready yet, though one was on the source."""
    namespaces = {volume.claim.namespace for volume in clusters.plan.volumes if volume.moves}
    stateful_sets = [
        workload.ref
        for workload in clusters.recorded.quiesced.baseline.running
        if workload.ref.kind == "StatefulSet" and workload.ready and workload.ref.namespace in namespaces
    ]
    now = startup.current_baseline(clusters.target, clusters.writer.surface, clusters.plan, stateful_sets)
    return [
        f"{ref}: no pod is ready"
        for ref in stateful_sets
        if ref in clusters.plan.by_ref and not now.ready(ref)
    ]

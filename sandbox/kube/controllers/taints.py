"""Which nodes a pod may run on: node selectors, taints and tolerations.

https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
"""

from __future__ import annotations

from sandbox.kube.objects import Object, labels_of

NODE = "node.kubernetes.io"
DAEMON_TOLERATIONS = frozenset(  # what the DaemonSet controller adds to its pods
    f"{NODE}/{name}"
    for name in (
        "not-ready",
        "unreachable",
        "network-unavailable",
        "unschedulable",
        "disk-pressure",
        "memory-pressure",
    )
)


def fits(spec: Object, node: Object, *, daemon: bool = False) -> bool:
    """Tell whether a pod with this spec may run on a node; `daemon` for a pod of a DaemonSet."""
    labels = labels_of(node)
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    tolerated = DAEMON_TOLERATIONS if daemon else frozenset()
    return all(
        taint["effect"] == "PreferNoSchedule" or taint["key"] in tolerated or _is_tolerated(spec, taint)
        for taint in node.get("spec", {}).get("taints") or []
    )


def _is_tolerated(spec: Object, taint: Object) -> bool:
    for toleration in spec.get("tolerations") or []:
        if toleration.get("effect") and toleration["effect"] != taint["effect"]:
            continue
        if toleration.get("operator") == "Exists":
            if not toleration.get("key") or toleration["key"] == taint["key"]:
                return True
        elif toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get("value", ""):
            return True
    return False

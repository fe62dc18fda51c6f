"""The scale subresource of workloads."""

from __future__ import annotations

from sandbox.kube.objects import Object, status_of

METADATA = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def scale_of(obj: Object) -> Object:
    """Return the autoscaling/v1 Scale of a workload."""
    labels = obj["spec"].get("selector", {}).get("matchLabels", {})
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {field: obj["metadata"][field] for field in METADATA if field in obj["metadata"]},
        "spec": {"replicas": obj["spec"].get("replicas", 1)},
        "status": {"replicas": status_of(obj).get("replicas", 0), "selector": selector},
    }

"""The scale subresource of workloads."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def shown(obj: Object) -> Object:
    """A workload as an autoscaling/v1 Scale."""
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    selector = ",".join(
        f"{key}={value}" for key, value in obj["spec"].get("selector", {}).get("matchLabels", {}).items()
    )
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {field: obj["metadata"][field] for field in kept if field in obj["metadata"]},
        "spec": {"replicas": obj["spec"].get("replicas", 1)},
        "status": {"replicas": obj.get("status", {}).get("replicas", 0), "selector": selector},
    }

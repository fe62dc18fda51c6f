"""Priority: the priority of a pod follows from its PriorityClass."""

from __future__ import annotations

from sandbox.kube.api.errors import not_admitted
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store
from sandbox.kube.objects import Object

SYSTEM = {"system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000}


def admit(store: Store, kind: Kind, obj: Object) -> None:
    """Set the priority of a pod. Raises `ApiError` 403 for an unknown class."""
    if kind.kind != "Pod":
        return
    spec, classes = obj["spec"], store.registry.named("PriorityClass")
    name = spec.get("priorityClassName")
    if not name:
        spec.setdefault("priority", 0)
    elif name in SYSTEM:
        spec["priority"] = SYSTEM[name]
    elif store.has(classes, None, name):
        spec["priority"] = store.peek(classes, None, name)["value"]
    else:
        raise not_admitted(kind, obj, f"no PriorityClass with name {name} was found")
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")

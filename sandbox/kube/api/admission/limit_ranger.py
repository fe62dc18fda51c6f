"""LimitRanger: default resources of containers, and the minimum and maximum of containers and claims."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.kube.api.errors import not_admitted
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.quantities import number
from sandbox.kube.api.store import Store
from sandbox.kube.objects import Object


def admit(store: Store, kind: Kind, obj: Object) -> None:
    """Complete and check a pod or a claim. Raises `ApiError` 403."""
    if kind.kind not in ("Pod", "PersistentVolumeClaim"):
        return
    problems: list[str] = []
    for limit_range in store.all_of(store.registry.named("LimitRange"), obj["metadata"]["namespace"]):
        for limit in limit_range["spec"].get("limits") or []:
            if kind.kind == "Pod" and limit["type"] == "Container":
                for container in [*obj["spec"].get("initContainers", []), *obj["spec"]["containers"]]:
                    _default(container, limit)
                    problems += _problems("Container", container.get("resources") or {}, limit)
            elif kind.kind == "PersistentVolumeClaim" and limit["type"] == "PersistentVolumeClaim":
                problems += _problems("PersistentVolumeClaim", obj["spec"].get("resources") or {}, limit)
    if problems:
        listed = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
        raise not_admitted(kind, obj, listed)


def _default(container: Object, limit: Object) -> None:
    resources = container["resources"] = dict(container.get("resources") or {})
    own_limits = resources.get("limits") or {}
    limits = {**(limit.get("default") or {}), **own_limits}
    requests = {**(limit.get("defaultRequest") or {}), **own_limits, **(resources.get("requests") or {})}
    if limits:
        resources["limits"] = limits
    if requests:
        resources["requests"] = requests


def _problems(subject: str, resources: Object, limit: Object) -> Iterator[str]:
    for name, maximum in (limit.get("max") or {}).items():
        for part in ("limits", "requests"):
            amount = (resources.get(part) or {}).get(name)
            if amount is not None and number(amount) > number(maximum):
                yield f"maximum {name} usage per {subject} is {maximum}, but {part.rstrip('s')} is {amount}"
                break
    for name, minimum in (limit.get("min") or {}).items():
        amount = (resources.get("requests") or {}).get(name)
        if amount is None:
            yield f"minimum {name} usage per {subject} is {minimum}. No request is specified"
        elif number(amount) < number(minimum):
            yield f"minimum {name} usage per {subject} is {minimum}, but request is {amount}"

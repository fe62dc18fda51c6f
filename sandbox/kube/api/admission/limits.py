"""LimitRanges: defaults of containers, and the least and the most that they and claims may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.quantities import number
from sandbox.kube.api.store import Store

Object = dict[str, Any]


def admit(store: Store, kind: Kind, obj: Object) -> None:
    """Fill in and check a pod or a claim. Raises `ApiError` 403."""
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
        name = obj["metadata"].get("name") or obj["metadata"].get("generateName", "")
        listed = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
        message = f'{kind.plural} "{name}" is forbidden: {listed}'
        raise ApiError(403, "Forbidden", message, details={"name": name, "kind": kind.plural})


def _default(container: Object, limit: Object) -> None:
    resources = container["resources"] = dict(container.get("resources") or {})
    limits = {**(limit.get("default") or {}), **(resources.get("limits") or {})}
    given = resources.get("limits") or {}
    requests = {**(limit.get("defaultRequest") or {}), **given, **(resources.get("requests") or {})}
    if limits:
        resources["limits"] = limits
    if requests:
        resources["requests"] = requests


def _problems(word: str, resources: Object, limit: Object) -> Iterator[str]:
    for name, most in (limit.get("max") or {}).items():
        for part in ("limits", "requests"):
            asked = (resources.get(part) or {}).get(name)
            if asked is not None and number(asked) > number(most):
                yield f"maximum {name} usage per {word} is {most}, but {part.rstrip('s')} is {asked}"
                break
    for name, least in (limit.get("min") or {}).items():
        asked = (resources.get("requests") or {}).get(name)
        if asked is None:
            yield f"minimum {name} usage per {word} is {least}. No request is specified"
        elif number(asked) < number(least):
            yield f"minimum {name} usage per {word} is {least}, but request is {asked}"

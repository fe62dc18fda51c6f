"""The fields of an object as paths, as server-side apply keeps them in the `fieldsV1` of managedFields.

A path is a tuple of `f:name`, `k:{"name":"x"}` and `v:value` steps. Lists with keys are merged by them and
the others are atomic, as in the API's schemas
(https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sandbox.kube.objects import Object

Path = tuple[str, ...]
Fields = frozenset[Path]

LIST_KEYS: dict[str, tuple[str, ...]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "ephemeralContainers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "volumeDevices": ("devicePath",),
    "imagePullSecrets": ("name",),
    "conditions": ("type",),
    "hostAliases": ("ip",),
    "ownerReferences": ("uid",),
    "secrets": ("name",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "addresses": ("type",),
}
SETS = frozenset({"finalizers"})
ATOMIC_MAPS = frozenset(
    {"selector", "nodeSelector", "podSelector", "namespaceSelector", "resources", "defaultBackend"}
)
UNTRACKED = frozenset(
    {
        ("f:metadata", f"f:{name}")
        for name in (
            "name",
            "namespace",
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "managedFields",
            "selfLink",
        )
    }
    | {("f:apiVersion",), ("f:kind",), ("f:status",)}
)


def keys_of(name: str, items: list[Any], kind: str) -> tuple[str, ...] | None:
    """Return the fields that tell the items of a list apart; None for a list that is replaced as a whole."""
    if not items or not all(isinstance(item, dict) for item in items):
        return None
    keys = LIST_KEYS.get(name)
    if name == "ports" and kind == "Service":
        keys = ("port", "protocol")
    elif name == "ports" and all("containerPort" in item for item in items):
        keys = ("containerPort", "protocol")
    return keys if keys and all(keys[0] in item for item in items) else None


def _key_step(item: Object, keys: Iterable[str]) -> str:
    defaults = {"protocol": "TCP"}
    values = {key: item.get(key, defaults.get(key)) for key in sorted(keys)}
    return "k:" + json.dumps(values, separators=(",", ":"))


def fields_of(obj: Object) -> Fields:
    """Return the paths of all fields; a map or keyed item that others may share also has a path `.`."""
    paths = set(_walk(obj, (), "", str(obj.get("kind", ""))))
    return frozenset(path for path in paths if not any(path[: len(cut)] == cut for cut in UNTRACKED))


def _walk(value: Any, path: Path, name: str, kind: str) -> Iterator[Path]:
    """Yield the paths below a value, which is the field `name` of an object of this kind."""
    keys = keys_of(name, value, kind) if isinstance(value, list) else None
    atomic = name in ATOMIC_MAPS and path[:1] == ("f:spec",) and kind != "Deployment"
    if isinstance(value, dict) and value and not atomic:
        for key, inner in value.items():
            yield from _walk(inner, (*path, f"f:{key}"), key, kind)
    elif keys:
        for item in value:
            step = (*path, _key_step(item, keys))
            yield (*step, ".")
            for key, inner in item.items():
                yield from _walk(inner, (*step, f"f:{key}"), key, kind)
    elif isinstance(value, list) and name in SETS:
        yield from ((*path, f"v:{json.dumps(item)}") for item in value)
    else:
        yield path


def encode(fields: Fields) -> Object:
    """Return paths as a fieldsV1 tree."""
    tree: Object = {}
    for path in sorted(fields):
        node = tree
        for step in path:
            node = node.setdefault(step, {})
    return tree


def decode(tree: Object) -> Fields:
    """Return the paths of a fieldsV1 tree."""
    return frozenset(path for path in _leaves(tree, ()) if path)


def _leaves(node: Object, path: Path) -> Iterator[Path]:
    if not node:
        yield path
    for step, inner in node.items():
        yield from _leaves(inner, (*path, step))


def read(obj: Object, path: Path) -> Any:
    """Return the value at a path; None if there is none."""
    value: Any = obj
    for step in path:
        if step == ".":
            return value
        value = _child(value, step)
        if value is None:
            return None
    return value


def remove(obj: Object, path: Path) -> None:
    """Remove the value at a path from an object, if there is one."""
    *parents, last = path[:-1] if path[-1] == "." else path
    holder = read(obj, tuple(parents))
    child = _child(holder, last)
    if child is not None and isinstance(holder, dict):
        del holder[last[2:]]
    elif child is not None:
        holder.remove(child)


def _child(holder: Any, step: str) -> Any:
    mark, argument = step[:2], step[2:]
    if mark == "f:" and isinstance(holder, dict):
        return holder.get(argument)
    if mark == "k:" and isinstance(holder, list):
        keys = json.loads(argument)
        items = (item for item in holder if isinstance(item, dict) and _key_step(item, keys) == step)
        return next(items, None)
    if mark == "v:" and isinstance(holder, list):
        value = json.loads(argument)
        return value if value in holder else None
    return None


def merge(live: Any, applied: Any, name: str = "", kind: str = "") -> Any:
    """Return an applied value laid over a live one: maps and keyed lists merge, all else is replaced."""
    if isinstance(live, dict) and isinstance(applied, dict) and name not in ATOMIC_MAPS:
        merged = dict(live)
        for key, value in applied.items():
            merged[key] = merge(live.get(key), value, key, kind)
        return merged
    if isinstance(live, list) and isinstance(applied, list):
        keys = keys_of(name, applied, kind) or keys_of(name, live, kind)
        if keys:
            return _merge_items(live, applied, keys, kind)
        if name in SETS:
            return live + [item for item in applied if item not in live]
    return applied


def _merge_items(live: list[Any], applied: list[Any], keys: tuple[str, ...], kind: str) -> list[Any]:
    steps = {_key_step(item, keys): item for item in applied}
    merged = [merge(item, steps.pop(_key_step(item, keys), item), "", kind) for item in live]
    return merged + list(steps.values())


def text(path: Path) -> str:
    """Return a path as conflict messages write it: `.spec.containers[name="c"].image`."""
    parts = []
    for step in path:
        if step.startswith("f:"):
            parts.append(f".{step[2:]}")
        elif step.startswith("k:"):
            pairs = json.loads(step[2:])
            parts.append("[" + ",".join(f"{key}={json.dumps(value)}" for key, value in pairs.items()) + "]")
        elif step.startswith("v:"):
            parts.append(f"[={step[2:]}]")
    return "".join(parts)

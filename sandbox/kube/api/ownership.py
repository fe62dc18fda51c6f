"""Server-side apply: who manages which field, in the `fieldsV1` form of managedFields.

A set of fields is kept as a set of paths; a path is a tuple of `f:name`, `k:{"name":"x"}` and `v:value`
steps. Lists with keys are merged by them, the others are atomic, as in the API's schemas
(https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

Object = dict[str, Any]
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
    """The fields that tell the items of a list apart; None for a list that is replaced as a whole."""
    if not items or not all(isinstance(item, dict) for item in items):
        return None
    if name == "ports":
        if kind == "Service":
            keys: tuple[str, ...] = ("port", "protocol")
        elif all("containerPort" in item for item in items):
            keys = ("containerPort", "protocol")
        else:
            return None
    else:
        found = LIST_KEYS.get(name)
        if found is None:
            return None
        keys = found
    return keys if all(keys[0] in item for item in items) else None


def _key_step(item: Object, keys: Iterable[str]) -> str:
    defaults = {"protocol": "TCP"}
    values = {key: item.get(key, defaults.get(key)) for key in sorted(keys)}
    return "k:" + json.dumps(values, separators=(",", ":"))


def fields_of(obj: Object) -> Fields:
    """Every field of an object as paths; for a map or keyed item that others may share, also `.`."""
    found: set[Path] = set()
    _collect(obj, (), "", str(obj.get("kind", "")), found)
    return frozenset(path for path in found if not any(path[: len(cut)] == cut for cut in UNTRACKED))


def _collect(value: Any, path: Path, name: str, kind: str, found: set[Path]) -> None:
    if (
        isinstance(value, dict)
        and value
        and not (name in ATOMIC_MAPS and path[:1] == ("f:spec",) and kind != "Deployment")
    ):
        for key, inner in value.items():
            _collect(inner, (*path, f"f:{key}"), key, kind, found)
        return
    if isinstance(value, list):
        keys = keys_of(name, value, kind)
        if keys:
            for item in value:
                step = (*path, _key_step(item, keys))
                found.add((*step, "."))
                for key, inner in item.items():
                    _collect(inner, (*step, f"f:{key}"), key, kind, found)
            return
        if name in SETS:
            found.update((*path, f"v:{json.dumps(item)}") for item in value)
            return
    found.add(path)


def encode(fields: Fields) -> Object:
    """Paths as a fieldsV1 tree."""
    tree: Object = {}
    for path in sorted(fields):
        at = tree
        for step in path:
            at = at.setdefault(step, {})
    return tree


def decode(tree: Object) -> Fields:
    """A fieldsV1 tree as paths."""
    found: set[Path] = set()

    def walk(node: Object, path: Path) -> None:
        if not node:
            if path:
                found.add(path)
            return
        for step, inner in node.items():
            walk(inner, (*path, step))

    walk(tree, ())
    return frozenset(found)


def read(obj: Object, path: Path) -> Any:
    """The value at a path; None if there is none."""
    at: Any = obj
    for step in path:
        if step == ".":
            return at
        if step.startswith("f:") and isinstance(at, dict):
            at = at.get(step[2:])
        elif step.startswith("k:") and isinstance(at, list):
            at = _item(at, step)
        elif step.startswith("v:") and isinstance(at, list):
            wanted = json.loads(step[2:])
            return wanted if wanted in at else None
        else:
            return None
        if at is None:
            return None
    return at


def _item(items: list[Any], step: str) -> Any:
    keys = json.loads(step[2:])
    return next((item for item in items if isinstance(item, dict) and _key_step(item, keys) == step), None)


def remove(obj: Object, path: Path) -> None:
    """Take a field out of an object, and what is empty because of it."""
    parents: list[tuple[Any, Any]] = []
    at: Any = obj
    for step in path:
        if step == ".":
            break
        if step.startswith("f:") and isinstance(at, dict):
            parents.append((at, step[2:]))
            at = at.get(step[2:])
        elif step.startswith("k:") and isinstance(at, list):
            item = _item(at, step)
            parents.append((at, item))
            at = item
        elif step.startswith("v:") and isinstance(at, list):
            wanted = json.loads(step[2:])
            if wanted in at:
                at.remove(wanted)
            return
        if at is None:
            return
    if parents:
        holder, key = parents[-1]
        if isinstance(holder, dict):
            holder.pop(key, None)
        elif key in holder:
            holder.remove(key)


def merge(live: Any, applied: Any, name: str = "", kind: str = "") -> Any:
    """Lay an applied value over a live one: maps and keyed lists merge, the rest is replaced."""
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


def shown(path: Path) -> str:
    """A path as conflict messages write it: `.spec.containers[name="c"].image`."""
    text = ""
    for step in path:
        if step.startswith("f:"):
            text += f".{step[2:]}"
        elif step.startswith("k:"):
            pairs = json.loads(step[2:])
            text += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in pairs.items()) + "]"
        elif step.startswith("v:"):
            text += f"[={step[2:]}]"
    return text

"""managedFields: which manager owns which fields, conflicts of an apply, and what an update takes over.

https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

from typing import NamedTuple

from sandbox.kube.api import errors, field_paths
from sandbox.kube.api.field_paths import Fields, Path
from sandbox.kube.api.kinds import Kind
from sandbox.kube.objects import Object, clone

SERVER_METADATA = ("uid", "resourceVersion", "creationTimestamp", "generation")


class Manager(NamedTuple):
    """A field manager and its operation, `Apply` or `Update`: each pair owns fields of its own."""

    name: str
    operation: str


def lay_over(live: Object, obj: Object, applied: Fields, manager: str, *, force: bool) -> Object:
    """Return a live object with an applied one laid over it.

    `applied` are the fields of the applied object. What the manager applied before and leaves out now is
    removed, unless somebody else owns it too. Raises `ApiError` 409 with the conflicts, unless `force`d.
    """
    applier, managers = Manager(manager, "Apply"), managers_of(live)
    other_managers = {owner: owned for owner, owned in managers.items() if owner != applier}
    conflicts = [
        (owner, path)
        for owner, owned in other_managers.items()
        for path in sorted(owned & applied)
        if path[-1] != "." and field_paths.read(live, path) != field_paths.read(obj, path)
    ]
    if conflicts and not force:
        raise errors.apply_conflict([(owner.name, field_paths.text(path)) for owner, path in conflicts])
    merged = clone(live)
    abandoned = managers.get(applier, frozenset()) - applied - frozenset().union(*other_managers.values())
    for path in sorted(abandoned, key=len, reverse=True):
        field_paths.remove(merged, path)
    merged = dict(field_paths.merge(merged, clone(obj), kind=live["kind"]))
    for field in SERVER_METADATA:
        if field in live["metadata"]:
            merged["metadata"][field] = live["metadata"][field]
    disown(merged, set(conflicts))
    return merged


def managers_of(obj: Object) -> dict[Manager, Fields]:
    """Return the fields of each manager; what was written to subresources is left out."""
    return {
        _manager(entry): field_paths.decode(entry["fieldsV1"])
        for entry in _entries(obj)
        if not entry.get("subresource")
    }


def disown(obj: Object, lost: set[tuple[Manager, Path]]) -> None:
    """Take fields away from their managers; a manager that loses its last field loses its entry."""
    entries = []
    for entry in _entries(obj):
        paths = {path for manager, path in lost if manager == _manager(entry)}
        remaining = field_paths.decode(entry["fieldsV1"]) - paths
        if remaining or not paths:
            entries.append({**entry, "fieldsV1": field_paths.encode(remaining)} if paths else entry)
    obj["metadata"]["managedFields"] = entries


def own(obj: Object, manager: Manager, kind: Kind, fields: Fields, *, now: str) -> None:
    """Write the entry of a manager; its time stays if its fields do."""
    entry = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": kind.api_version,
        "time": now,
        "fieldsType": "FieldsV1",
        "fieldsV1": field_paths.encode(fields),
    }
    old = next((old for old in _entries(obj) if _manager(old) == manager), None)
    if old is not None and old["fieldsV1"] == entry["fieldsV1"]:
        entry["time"] = old["time"]
    remaining = [
        present for present in _entries(obj) if _manager(present) != manager or present.get("subresource")
    ]
    obj["metadata"]["managedFields"] = sorted(
        [*remaining, entry], key=lambda entry: (entry["operation"], entry["manager"])
    )


def own_changes(obj: Object, live: Object, manager: str, kind: Kind, *, unowned: Fields, now: str) -> None:
    """Give the manager of an update the fields that it changed, except for `unowned`, which the server
    itself set.
    """
    updater, managers = Manager(manager, "Update"), managers_of(live)
    fields, old_fields = field_paths.fields_of(obj), field_paths.fields_of(live)
    changed = {
        path
        for path in fields - unowned
        if path not in old_fields or field_paths.read(obj, path) != field_paths.read(live, path)
    }
    if not changed and fields == old_fields:
        return
    lost = {
        (owner, path)
        for owner, owned in managers.items()
        if owner != updater
        for path in owned
        if path in changed or path not in fields
    }
    disown(obj, lost)
    own(obj, updater, kind, frozenset((managers.get(updater, frozenset()) & fields) | changed), now=now)


def _entries(obj: Object) -> list[Object]:
    return list(obj["metadata"].get("managedFields") or [])


def _manager(entry: Object) -> Manager:
    return Manager(entry["manager"], entry["operation"])

"""managedFields: which manager owns which fields, conflicts of an apply, and what an update takes over."""

from __future__ import annotations

from typing import Any

from sandbox.kube.api import errors, ownership
from sandbox.kube.api.clone import clone
from sandbox.kube.api.kinds import Kind

Object = dict[str, Any]


def applied_to(live: Object, obj: Object, applied: ownership.Fields, manager: str, *, force: bool) -> Object:
    """A live object with an applied one laid over it. Raises `ApiError` 409 with the conflicts."""
    managers = managers_of(live)
    before = managers.get((manager, "Apply"), frozenset())
    conflicts = []
    for (other, operation), owned in managers.items():
        if (other, operation) == (manager, "Apply"):
            continue
        conflicts += [
            (other, operation, path)
            for path in sorted(owned & applied)
            if path[-1] != "." and ownership.read(live, path) != ownership.read(obj, path)
        ]
    if conflicts and not force:
        raise errors.apply_conflict([(other, ownership.shown(path)) for other, _, path in conflicts])
    made = clone(live)
    others = frozenset().union(*(owned for name, owned in managers.items() if name != (manager, "Apply")))
    for path in sorted(before - applied - others, key=len, reverse=True):
        ownership.remove(made, path)
    made = dict(ownership.merge(made, clone(obj), kind=live["kind"]))
    for field in ("uid", "resourceVersion", "creationTimestamp", "generation"):
        if field in live["metadata"]:
            made["metadata"][field] = live["metadata"][field]
    disown(made, {(other, operation, path) for other, operation, path in conflicts})
    return made


def managers_of(obj: Object) -> dict[tuple[str, str], ownership.Fields]:
    """Which fields each (manager, operation) owns; what was written to subresources is left out."""
    return {
        (entry["manager"], entry["operation"]): ownership.decode(entry["fieldsV1"])
        for entry in obj["metadata"].get("managedFields", [])
        if not entry.get("subresource")
    }


def disown(obj: Object, lost: set[tuple[str, str, ownership.Path]]) -> None:
    """Take fields from their managers."""
    kept = []
    for entry in obj["metadata"].get("managedFields", []):
        gone = {
            path
            for manager, operation, path in lost
            if (manager, operation) == (entry["manager"], entry["operation"])
        }
        left = ownership.decode(entry["fieldsV1"]) - gone
        if left or not gone:
            kept.append({**entry, "fieldsV1": ownership.encode(left)} if gone else entry)
    obj["metadata"]["managedFields"] = kept


def own(obj: Object, manager: str, operation: str, kind: Kind, fields: ownership.Fields, *, now: str) -> None:
    """Write a manager's entry; its time stays if its fields do."""
    entries = [
        entry
        for entry in obj["metadata"].get("managedFields", [])
        if (entry["manager"], entry["operation"]) != (manager, operation) or entry.get("subresource")
    ]
    old = next(
        (
            e
            for e in obj["metadata"].get("managedFields", [])
            if (e["manager"], e["operation"]) == (manager, operation)
        ),
        None,
    )
    entry = {
        "manager": manager,
        "operation": operation,
        "apiVersion": kind.api_version,
        "time": now,
        "fieldsType": "FieldsV1",
        "fieldsV1": ownership.encode(fields),
    }
    if old is not None and old["fieldsV1"] == entry["fieldsV1"]:
        entry["time"] = old["time"]
    entries.append(entry)
    obj["metadata"]["managedFields"] = sorted(entries, key=lambda e: (e["operation"], e["manager"]))


def own_changes(
    made: Object, live: Object, manager: str, kind: Kind, unowned: ownership.Fields, *, now: str
) -> None:
    """An update: what it changed is its manager's from now on, but for `unowned`, which the server gave
    it.
    """
    current, then = ownership.fields_of(made), ownership.fields_of(live)
    changed = {
        path
        for path in current
        if path not in then or ownership.read(made, path) != ownership.read(live, path)
    }
    changed -= unowned
    if not changed and current == then:
        return
    mine = managers_of(live).get((manager, "Update"), frozenset())
    lost = {
        (other, operation, path)
        for (other, operation), owned in managers_of(live).items()
        if (other, operation) != (manager, "Update")
        for path in owned
        if path in changed or path not in current
    }
    disown(made, lost)
    own(made, manager, "Update", kind, frozenset((mine & current) | changed), now=now)

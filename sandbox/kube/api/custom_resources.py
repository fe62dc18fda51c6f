"""Custom resources: a CustomResourceDefinition is served from the moment it is written.

All its versions show the same objects, which stay stored under the version that came first.
"""

from __future__ import annotations

from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store
from sandbox.kube.objects import Object, key_of, status_of


def serve(store: Store, kind: Kind, definition: Object) -> None:
    """Register the served versions of a definition, and report that it is established."""
    spec, registry = definition["spec"], store.registry
    for served, custom in _kinds(store, spec):
        old = registry.find(custom.group, custom.version, custom.plural)
        if old is not None and not old.stored and not custom.stored:
            continue  # the same kind, whose objects are stored under it
        if served:
            registry.register(custom)
        elif old is not None:
            registry.unregister(old)
    live = store.peek(kind, *key_of(definition))
    if not status_of(live).get("conditions"):
        store.set_status(kind, live, _status(store, spec))


def _kinds(store: Store, spec: Object) -> list[tuple[bool, Kind]]:
    """Return the kind of each version, and whether it is served."""
    group, names = spec["group"], spec["names"]
    registered = [
        kind.version
        for kind in store.registry.all()
        if (kind.group, kind.plural) == (group, names["plural"]) and not kind.stored
    ]
    stored = [version["name"] for version in spec["versions"] if version.get("storage", True)]
    home = (registered or stored)[0]  # objects stay where the first version put them
    return [
        (
            version.get("served", True),
            Kind(
                group,
                version["name"],
                names["kind"],
                names["plural"],
                spec["scope"] == "Namespaced",
                tuple(names.get("shortNames", ())),
                tuple(name for name in ("status", "scale") if name in (version.get("subresources") or {})),
                custom=True,
                stored="" if version["name"] == home else home,
            ),
        )
        for version in spec["versions"]
    ]


def _status(store: Store, spec: Object) -> Object:
    conditions = [
        {
            "type": type_,
            "status": "True",
            "reason": reason,
            "message": message,
            "lastTransitionTime": store.now(),
        }
        for type_, reason, message in (
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        )
    ]
    return {
        "conditions": conditions,
        "acceptedNames": spec["names"],
        "storedVersions": [version["name"] for version in spec["versions"] if version.get("storage", True)],
    }

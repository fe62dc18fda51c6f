"""A CustomResourceDefinition is served from the moment it is written, and says so in its conditions."""

from __future__ import annotations

from typing import Any

from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store

Object = dict[str, Any]


def serve(store: Store, kind: Kind, made: Object) -> None:
    """Serve the versions of a definition; all of them show the same objects."""
    spec = made["spec"]
    stored = next(version["name"] for version in spec["versions"] if version.get("storage", True))
    known = next(
        (
            k
            for k in store.registry.all()
            if (k.group, k.plural) == (spec["group"], spec["names"]["plural"]) and not k.stored
        ),
        None,
    )
    home = known.version if known else stored  # objects stay where the first version put them
    for version in spec["versions"]:
        subresources = tuple(
            name for name in ("status", "scale") if name in (version.get("subresources") or {})
        )
        found = Kind(
            spec["group"],
            version["name"],
            spec["names"]["kind"],
            spec["names"]["plural"],
            spec["scope"] == "Namespaced",
            tuple(spec["names"].get("shortNames", ())),
            subresources,
            custom=True,
            stored="" if version["name"] == home else home,
        )
        old = store.registry.find(found.group, found.version, found.plural)
        if old is not None and not old.stored and not found.stored:
            continue  # the same kind, whose objects are kept under it
        if version.get("served", True):
            store.registry.register(found)
        elif old is not None:
            store.registry.unregister(old)
    status = (store.peek(kind, None, made["metadata"]["name"]).get("status") or {}).get("conditions")
    if not status:
        store.mutate(
            kind,
            None,
            made["metadata"]["name"],
            lambda obj: obj.update(status=_status(store, spec)),
            subresource="status",
        )


def _status(store: Store, spec: Object) -> Object:
    conditions = [
        {"type": word, "status": "True", "reason": reason, "message": text, "lastTransitionTime": store.now()}
        for word, reason, text in (
            ("NamesAccepted", "NoConflicts", "no conflicts found"),
            ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
        )
    ]
    return {
        "conditions": conditions,
        "acceptedNames": spec["names"],
        "storedVersions": [version["name"] for version in spec["versions"] if version.get("storage", True)],
    }

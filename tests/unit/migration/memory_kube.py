"""A cluster in memory: the few answers of an API server that the code under test relies on."""

from __future__ import annotations

import copy
import itertools
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from bot.adapters.kube.client import JSON, KubeClient, Reply
from bot.adapters.kube.errors import Conflict, Forbidden, KubeError, NotFound
from bot.adapters.kube.writes import APPLY
from bot.migration.inventory.served_apis import ApiSurface
from bot.migration.objects.fields import Object, labels_of, ref_of
from bot.migration.objects.merge_patch import merged
from tests.unit.migration.builders import SERVED


class MemoryKube(KubeClient):
    """Serves objects by their paths. `requests` are the writes that it took, `failures` errors by path.

    A write that changes nothing keeps the resourceVersion, as a real API server does. A dry run is answered
    and not stored.
    """

    def __init__(self, *objects: Object, surface: ApiSurface = SERVED) -> None:
        self.surface = surface
        self.objects: dict[str, Object] = {}
        self.requests: list[str] = []
        self.failures: dict[str, KubeError] = {}
        self.versions = itertools.count(100)
        for obj in objects:
            self.put(obj)

    def put(self, obj: Object) -> None:
        """Store an object as if somebody else had written it."""
        resource = self.surface.find(ref_of(obj))
        assert resource is not None, ref_of(obj)
        stored = copy.deepcopy(obj)
        stored["metadata"].setdefault("uid", f"stored-{next(self.versions)}")
        stored["metadata"].setdefault("resourceVersion", str(next(self.versions)))
        self.objects[resource.path(ref_of(obj))] = stored

    def live(self, obj: Object) -> Object | None:
        """Return what is stored under the reference of an object."""
        resource = self.surface.find(ref_of(obj))
        return self.objects.get(resource.path(ref_of(obj))) if resource is not None else None

    def exchange(
        self,
        method: str,
        path: str,
        *,
        doing: str,
        body: bytes | None = None,
        content: str = JSON,
        accept: str = JSON,
        repeatable: bool = True,
    ) -> Reply:
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path in self.failures:
            raise self.failures[parts.path]
        if method == "GET":
            return self.answer_read(parts.path, query)
        if "dryRun" not in query:
            self.requests.append(f"{method} {parts.path}")
        change = msgspec.json.decode(body or b"{}")
        if method == "DELETE":
            return self.answer_delete(parts.path, change)
        return self.answer_patch(parts.path, change, query, created_if_missing=content == APPLY)

    def answer_read(self, path: str, query: dict[str, str]) -> Reply:
        if path in self.objects:
            return _reply(self.objects[path])
        if path == "/version":
            return _reply({"gitVersion": self.surface.version})
        if path in ("/api", "/apis"):
            return _reply({"items": self._discovery(core=path == "/api")})
        plurals = {resource.plural for resource in self.surface.resources}
        if path.rpartition("/")[2] not in plurals:
            raise NotFound("not found")
        name, _, value = query.get("labelSelector", "").partition("=")
        items = [obj for key, obj in self.objects.items() if _is_in(key, path)]
        return _reply({"items": [obj for obj in items if not name or labels_of(obj).get(name) == value]})

    def _discovery(self, *, core: bool) -> list[dict[str, Any]]:
        return [
            {
                "metadata": {"name": resource.group},
                "versions": [
                    {
                        "version": resource.version,
                        "resources": [
                            {
                                "resource": resource.plural,
                                "responseKind": {"kind": resource.kind},
                                "scope": "Namespaced" if resource.namespaced else "Cluster",
                                "verbs": sorted(resource.verbs),
                            }
                        ],
                    }
                ],
            }
            for resource in self.surface.resources
            if (resource.group == "") is core
        ]

    def answer_patch(
        self, path: str, change: Object, query: dict[str, str], *, created_if_missing: bool
    ) -> Reply:
        live = self.objects.get(path)
        if live is None and not created_if_missing:
            raise NotFound("not found")
        metadata = change.get("metadata", {})
        for field in ("uid", "resourceVersion"):
            if field in metadata and metadata[field] != (live or {"metadata": {}})["metadata"].get(field):
                raise Conflict("conflict", why=f"another {field}")
        stored = merged(live or {}, change)
        stored["metadata"].setdefault("uid", f"stored-{next(self.versions)}")
        if stored != live:
            stored["metadata"]["resourceVersion"] = str(next(self.versions))
        if "dryRun" not in query:
            self.objects[path] = stored
        return _reply(stored, status=200 if live is not None else 201)

    def answer_delete(self, path: str, options: Object) -> Reply:
        live = self.objects.get(path)
        if live is None:
            raise NotFound("not found")
        uid = options.get("preconditions", {}).get("uid")
        if uid and uid != live["metadata"]["uid"]:
            raise Conflict("conflict", why="another uid")
        del self.objects[path]
        return _reply({"kind": "Status"})


FORBIDDEN = Forbidden("The bot may not do this", why="HTTP 403: no right")


def _reply(value: Any, status: int = 200) -> Reply:
    return Reply(status=status, data=msgspec.json.encode(value))


def _is_in(path: str, collection: str) -> bool:
    """Return whether the path of an object belongs to a list, in one namespace or in all."""
    root, _, plural = collection.rpartition("/")
    parent, _, _ = path.rpartition("/")
    return parent == collection or (
        parent.startswith(f"{root}/namespaces/") and parent.endswith(f"/{plural}")
    )

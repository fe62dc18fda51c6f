"""Watches: resumed from a resourceVersion, filtered by selectors, with bookmarks, and 410 when too late.

https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable

import msgspec

from sandbox.kube.api import selectors
from sandbox.kube.api.change_log import ADDED, DELETED, MODIFIED, Event
from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.store import Store
from sandbox.kube.api.target import Target
from sandbox.kube.objects import Object

LONGEST = 1_800.0  # seconds
BOOKMARK_EVERY = 30.0


@dataclasses.dataclass(frozen=True)
class _Filter:
    """What a watcher sees of the changes."""

    target: Target
    selects: Callable[[Object], bool]

    def line(self, event: Event) -> bytes | None:
        """Return what a change is to this watcher: an object may begin or cease to match."""
        is_selected = event.type != DELETED and self.matches(event.obj)
        was_selected = event.before is not None and self.matches(event.before)
        if is_selected:
            return _line(MODIFIED if was_selected else ADDED, self.target.convert(event.obj))
        return _line(DELETED, self.target.convert(event.obj)) if was_selected else None

    def matches(self, obj: Object) -> bool:
        namespace = self.target.namespace
        return (not namespace or obj["metadata"].get("namespace") == namespace) and self.selects(obj)


async def stream(store: Store, target: Target, query: dict[str, str]) -> AsyncIterator[bytes]:
    """Yield lines of JSON, one event each, until the time is over."""
    watcher = _Filter(target, selectors.from_query(query))
    subscription = store.subscribe([target.kind])
    try:
        version = query.get("resourceVersion", "")
        if version in ("", "0"):
            for obj in store.all_of(target.kind, target.namespace):
                if watcher.matches(obj):
                    yield _line(ADDED, target.convert(obj))
        else:
            for event in store.changes.since(int(version)):
                if event.kind == target.kind and (line := watcher.line(event)):
                    yield line
        async for line in _live(store, subscription.queue, watcher, query):
            yield line
    except ApiError as error:
        yield _line("ERROR", error.body)
    finally:
        subscription.close()


async def _live(
    store: Store, queue: asyncio.Queue[Event], watcher: _Filter, query: dict[str, str]
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    end = loop.time() + float(query.get("timeoutSeconds") or LONGEST)
    while (remaining := end - loop.time()) > 0:
        try:
            event = await asyncio.wait_for(queue.get(), min(remaining, BOOKMARK_EVERY))
        except TimeoutError:
            if query.get("allowWatchBookmarks") in ("1", "true"):
                kind = watcher.target.kind
                metadata = {"resourceVersion": str(store.resource_version), "creationTimestamp": None}
                bookmark = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata}
                yield _line("BOOKMARK", bookmark)
            continue
        if line := watcher.line(event):
            yield line


def _line(type_: str, obj: Object) -> bytes:
    return msgspec.json.encode({"type": type_, "object": obj}) + b"\n"

"""Watches: resumed from a resourceVersion, filtered by selectors, with bookmarks, and 410 when too late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from sandbox.kube.api import selectors
from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import ADDED, DELETED, MODIFIED, Event, Store

Object = dict[str, Any]
LONGEST = 1_800.0  # seconds
BOOKMARK_EVERY = 30.0


async def stream(
    store: Store,
    kind: Kind,
    namespace: str | None,
    query: dict[str, str],
    shown: Callable[[Object], Object] = lambda obj: obj,
) -> AsyncIterator[bytes]:
    """Lines of JSON, one event each, until the time is over."""
    matches = [
        selectors.labels(query.get("labelSelector", "")),
        selectors.fields(query.get("fieldSelector", "")),
    ]

    def selected(obj: Object | None) -> bool:
        if obj is None or (namespace and obj["metadata"].get("namespace") != namespace):
            return False
        return all(match(obj) for match in matches)

    subscription = store.subscribe([kind])
    try:
        version = query.get("resourceVersion", "")
        if version in ("", "0"):
            for obj in store.all_of(kind, namespace):
                if selected(obj):
                    yield _line(ADDED, shown(obj))
        else:
            for event in store.since(int(version)):
                if event.kind == kind and (line := _transition(event, selected, shown)):
                    yield line
        async for line in _live(store, subscription.queue, selected, query, kind, shown):
            yield line
    except ApiError as error:
        yield _line("ERROR", error.body)
    finally:
        subscription.close()


async def _live(
    store: Store,
    queue: asyncio.Queue[Event],
    selected: Any,
    query: dict[str, str],
    kind: Kind,
    shown: Callable[[Object], Object],
) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    end = loop.time() + float(query.get("timeoutSeconds") or LONGEST)
    bookmarks = query.get("allowWatchBookmarks") in ("1", "true")
    while (left := end - loop.time()) > 0:
        try:
            event = await asyncio.wait_for(queue.get(), min(left, BOOKMARK_EVERY))
        except TimeoutError:
            if bookmarks:
                metadata = {"resourceVersion": str(store.resource_version), "creationTimestamp": None}
                yield _line(
                    "BOOKMARK", {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata}
                )
            continue
        line = _transition(event, selected, shown)
        if line:
            yield line


def _transition(event: Event, selected: Any, shown: Callable[[Object], Object]) -> bytes | None:
    """What a change is to a reader with selectors: an object may begin or cease to match."""
    now, then = event.type != DELETED and selected(event.obj), selected(event.before)
    if now:
        return _line(MODIFIED if then else ADDED, shown(event.obj))
    return _line(DELETED, shown(event.obj)) if then else None


def _line(type_: str, obj: Object) -> bytes:
    return msgspec.json.encode({"type": type_, "object": obj}) + b"\n"

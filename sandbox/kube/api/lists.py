"""Lists: selectors, pages whose continue tokens expire, and the forms a client may ask for.

https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable

from sandbox.kube.api import errors, selectors, tables
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store
from sandbox.kube.objects import Object

TOKEN_SECONDS = 300.0  # etcd keeps old revisions for five minutes
TABLE, METADATA_LIST = "Table", "PartialObjectMetadataList"
EXPIRED_TOKEN = (
    "The provided continue parameter is too old to display a consistent list result. "
    "You can start a new list without the continue parameter."
)


class Lister:
    """Answers lists; it keeps the snapshots that continue tokens point into."""

    def __init__(self, store: Store, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic
        self._snapshots: dict[tuple[object, ...], tuple[float, list[Object]]] = {}

    def page(self, kind: Kind, namespace: str | None, query: dict[str, str]) -> tuple[list[Object], Object]:
        """Return the objects of a page and the list's metadata. Raises `ApiError` 400 and 410."""
        selects = selectors.from_query(query)
        limit = int(query.get("limit") or 0)
        key = (kind, namespace or "", query.get("labelSelector", ""), query.get("fieldSelector", ""))
        if query.get("continue"):
            version, start, objects = self._resume(query["continue"], key)
        else:
            version, start = self._store.resource_version, 0
            objects = [obj for obj in self._store.all_of(kind, namespace) if selects(obj)]
        metadata: Object = {"resourceVersion": str(version)}
        paged = limit and query.get("resourceVersion") != "0"
        page = objects[start : start + limit] if paged else objects[start:]
        remaining = len(objects) - start - len(page)
        if remaining > 0:
            self._keep((*key, version), objects)
            metadata["continue"] = _continue_token(version, start + len(page))
            metadata["remainingItemCount"] = remaining
        return page, metadata

    def expire(self) -> None:
        """Forget every snapshot: continue tokens are answered 410 from now on."""
        self._snapshots.clear()

    def _keep(self, key: tuple[object, ...], objects: list[Object]) -> None:
        now = self._monotonic()
        fresh = {
            key: snapshot for key, snapshot in self._snapshots.items() if now - snapshot[0] < TOKEN_SECONDS
        }
        self._snapshots = {**fresh, key: (now, objects)}

    def _resume(self, token: str, key: tuple[object, ...]) -> tuple[int, int, list[Object]]:
        try:
            data = json.loads(_decode(token))
            version, start = int(data["rv"]), int(data["start"])
        except (ValueError, KeyError, TypeError):
            raise errors.bad_request(
                "invalid continue token: continue key is not valid: invalid character"
                f" '{token_text(token)[:1]}' looking for beginning of value"
            ) from None
        taken_at, objects = self._snapshots.get((*key, version), (float("-inf"), []))
        if self._monotonic() - taken_at >= TOKEN_SECONDS:
            raise errors.expired(EXPIRED_TOKEN)
        return version, start, objects


def _continue_token(version: int, start: int) -> str:
    data = json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": start}, separators=(",", ":"))
    return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


def _decode(token: str) -> str:
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode(errors="replace")


def token_text(token: str) -> str:
    """Return what a continue token says, as far as it can be read."""
    try:
        return _decode(token)
    except ValueError:
        return token


def requested_form(accept: str) -> str:
    """Return the form that an Accept header asks for; empty for plain objects."""
    for part in accept.split(","):
        settings = dict(piece.strip().split("=", 1) for piece in part.split(";")[1:] if "=" in piece)
        if settings.get("as") in (TABLE, METADATA_LIST):
            return settings["as"]
    return ""


def body(kind: Kind, items: list[Object], metadata: Object, *, form: str = "", include: str = "") -> Object:
    """Return a list in the form that was asked for; `include` is `includeObject` of a table.

    Items of a plain list carry no kind and apiVersion, except those of custom resources.
    """
    if form == TABLE:
        return tables.table(kind, items, metadata, include=include or "Metadata")
    if form == METADATA_LIST:
        items = [tables.partial_metadata(item) for item in items]
        return {"kind": METADATA_LIST, "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": items}
    if not kind.custom:
        items = [
            {field: value for field, value in item.items() if field not in ("kind", "apiVersion")}
            for item in items
        ]
    return {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": metadata, "items": items}

"""Lists: selectors, pages whose continue tokens expire, and the forms a client may ask for."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

from sandbox.kube.api import errors, selectors, tables
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.store import Store

Object = dict[str, Any]

TOKEN_SECONDS = 300.0  # etcd keeps old revisions for five minutes
TABLE, METADATA_LIST = "Table", "PartialObjectMetadataList"


class Lister:
    """Answers lists; it keeps the snapshots that continue tokens point into."""

    def __init__(self, store: Store, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._now = monotonic
        self._snapshots: dict[tuple[object, ...], tuple[float, list[Object]]] = {}

    def page(self, kind: Kind, namespace: str | None, query: dict[str, str]) -> tuple[list[Object], Object]:
        """Objects and the list's metadata. Raises `ApiError` 400 and 410."""
        matches = [
            selectors.labels(query.get("labelSelector", "")),
            selectors.fields(query.get("fieldSelector", "")),
        ]
        limit = int(query.get("limit") or 0)
        token = query.get("continue")
        asked = (kind, namespace or "", query.get("labelSelector", ""), query.get("fieldSelector", ""))
        if token:
            version, start, found = self._resume(token, asked)
        else:
            version, start = self._store.resource_version, 0
            found = [
                obj for obj in self._store.all_of(kind, namespace) if all(match(obj) for match in matches)
            ]
        metadata: Object = {"resourceVersion": str(version)}
        shown = (
            found[start : start + limit] if limit and query.get("resourceVersion") != "0" else found[start:]
        )
        rest = len(found) - start - len(shown)
        if rest > 0:
            self._keep((*asked, version), found)
            metadata |= {"continue": _token(version, start + len(shown)), "remainingItemCount": rest}
        return shown, metadata

    def expire(self) -> None:
        """Forget every snapshot: continue tokens are answered 410 from now on."""
        self._snapshots.clear()

    def _keep(self, key: tuple[object, ...], found: list[Object]) -> None:
        now = self._now()
        self._snapshots = {v: kept for v, kept in self._snapshots.items() if now - kept[0] < TOKEN_SECONDS}
        self._snapshots[key] = (now, found)

    def _resume(self, token: str, asked: tuple[object, ...]) -> tuple[int, int, list[Object]]:
        try:
            text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode(errors="replace")
            data = json.loads(text)
            version, start = int(data["rv"]), int(data["start"])
        except (ValueError, KeyError, TypeError):
            first = token_text(token)[:1]
            raise errors.bad_request(
                f"invalid continue token: continue key is not valid: invalid character '{first}' looking for"
                " beginning of value"
            ) from None
        kept = self._snapshots.get((*asked, version))
        if kept is None or self._now() - kept[0] >= TOKEN_SECONDS:
            raise errors.expired(
                "The provided continue parameter is too old to display a consistent list result. "
                "You can start a new list without the continue parameter."
            )
        return version, start, kept[1]


def _token(version: int, start: int) -> str:
    data = json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": start}, separators=(",", ":"))
    return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")


def token_text(token: str) -> str:
    """What a token says, as far as it can be read."""
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode(errors="replace")
    except ValueError:
        return token


def wanted_form(accept: str) -> str:
    """The form that an Accept header asks for; empty for plain objects."""
    for part in accept.split(","):
        settings = dict(piece.strip().split("=", 1) for piece in part.split(";")[1:] if "=" in piece)
        if settings.get("as") in (TABLE, METADATA_LIST):
            return settings["as"]
    return ""


def body(kind: Kind, items: list[Object], metadata: Object, *, form: str, include: str) -> Object:
    """A list in the form that was asked for. Items of a list carry no kind and apiVersion."""
    if form == TABLE:
        return tables.table(kind, items, metadata, include=include or "Metadata")
    bare = [
        {key: value for key, value in item.items() if key not in ("kind", "apiVersion")} for item in items
    ]
    if form == METADATA_LIST:
        partial = [
            {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}
            for item in items
        ]
        return {"kind": METADATA_LIST, "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "items": partial}
    shown = items if kind.custom else bare
    return {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": metadata, "items": shown}

"""Lists of Magnum's API: sorted, paged by a marker, with a link to the next page."""

from __future__ import annotations

import re

from starlette.requests import Request

from sandbox.openstack.cloud import Json
from sandbox.openstack.magnum.errors import MagnumError, invalid_field

LARGEST = 1_000
SORTABLE = ("id", "uuid", "name", "created_at", "updated_at", "status")
PARAMETERS = ("limit", "marker", "sort_key", "sort_dir", "fields", "resource")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def base_url(request: Request) -> str:
    """Return scheme and authority of the URL that a client used."""
    return f"{request.url.scheme}://{request.url.netloc}"


def linked(obj: Json, kind: str, request: Request) -> Json:
    """Return an object with its links; `kind` is its word in URLs."""
    base = base_url(request)
    links = [
        {"href": f"{base}/v1/{kind}/{obj['uuid']}", "rel": "self"},
        {"href": f"{base}/{kind}/{obj['uuid']}", "rel": "bookmark"},
    ]
    return {**obj, "links": links}


def page(request: Request, kind: str, items: list[Json], *, noun: str) -> Json:
    """Return one page of a list; `noun` is the word for an item in errors. Raises `MagnumError`."""
    query = dict(request.query_params)
    unknown = [name for name in query if name not in PARAMETERS]
    if unknown:
        raise MagnumError(400, f'Unknown argument: "{unknown[0]}"')
    limit = _limit(query.get("limit"))
    direction, key = query.get("sort_dir", "asc"), query.get("sort_key", "id")
    items = _sorted(items, key, direction)
    if query.get("marker"):
        items = items[_position(query["marker"], items, noun) :]
    answer: Json = {kind: items[:limit]}
    if len(items) >= limit:
        parameters = f"sort_key={key}&sort_dir={direction}&limit={limit}&marker={items[limit - 1]['uuid']}"
        answer["next"] = f"{base_url(request)}/v1/{kind}?{parameters}"
    return answer


def _sorted(items: list[Json], key: str, direction: str) -> list[Json]:
    if direction not in ("asc", "desc"):
        raise MagnumError(400, f"Invalid sort direction: {direction}. Acceptable values are 'asc' or 'desc'")
    if key not in SORTABLE:
        raise MagnumError(400, f'The sort_key value "{key}" is an invalid field for sorting')
    if key != "id":
        items = sorted(items, key=lambda item: str(item.get(key, "")))
    return items[::-1] if direction == "desc" else items


def _limit(text: str | None) -> int:
    if text is None:
        return LARGEST
    try:
        number = int(text)
    except ValueError as error:
        raise invalid_field("limit", text, f"unable to convert to int. Error: {error}") from None
    if number <= 0:
        raise MagnumError(400, "Limit must be positive")
    return min(number, LARGEST)


def _position(marker: str, items: list[Json], noun: str) -> int:
    """Return the position after the item that a marker names."""
    if not UUID.fullmatch(marker):
        why = f"unable to convert to uuid. Error: Expected a uuid but received {marker}."
        raise invalid_field("marker", marker, why)
    for number, item in enumerate(items):
        if item["uuid"] == marker:
            return number + 1
    raise MagnumError(404, f"{noun} {marker} could not be found.")

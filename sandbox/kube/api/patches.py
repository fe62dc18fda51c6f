"""The kinds of PATCH except apply: JSON patch (RFC 6902), merge patch (RFC 7386), strategic merge patch.

https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply
"""

from __future__ import annotations

from typing import Any

import jsonpatch

from sandbox.kube.api import errors, field_paths
from sandbox.kube.api.errors import ApiError
from sandbox.kube.objects import Object, clone

APPLY, JSON_PATCH, MERGE, STRATEGIC = (
    f"application/{name}"
    for name in ("apply-patch+yaml", "json-patch+json", "merge-patch+json", "strategic-merge-patch+json")
)
DIRECTIVE, DELETE_FROM, RETAIN, ORDER = (
    "$patch",
    "$deleteFromPrimitiveList/",
    "$retainKeys",
    "$setElementOrder/",
)


def patch_object(live: Object, patch: Any, content: str, *, custom: bool) -> Object:
    """Return a copy of an object with a patch of a media type applied.

    Custom resources have no strategic merge patch. Raises `ApiError` 400, 415 and 422.
    """
    if content == JSON_PATCH:
        try:
            return dict(jsonpatch.apply_patch(live, patch))
        except jsonpatch.JsonPatchTestFailed as error:
            raise ApiError(
                422, "Invalid", f"the server rejected our request due to an error in our request: {error}"
            ) from None
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            raise errors.bad_request(str(error)) from None
    if content == MERGE:
        return dict(merge(live, patch))
    if content == STRATEGIC and not custom:
        return dict(_strategic(clone(live), patch, live.get("kind", "")))
    accepted = [JSON_PATCH, MERGE, APPLY] if custom else [JSON_PATCH, MERGE, STRATEGIC, APPLY]
    why = (
        "the body of the request was in an unknown format - accepted media types include:"
        f" {', '.join(accepted)}"
    )
    raise ApiError(415, "UnsupportedMediaType", why)


def merge(live: Any, patch: Any) -> Any:
    """Return a value with a JSON merge patch applied (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    base = dict(live) if isinstance(live, dict) else {}
    for key, value in patch.items():
        if value is None:
            base.pop(key, None)
        else:
            base[key] = merge(base.get(key), value)
    return base


def _strategic(live: Any, patch: Any, kind: str, name: str = "") -> Any:
    if isinstance(patch, dict):
        return _strategic_map(live if isinstance(live, dict) else {}, patch, kind)
    if isinstance(patch, list):
        keys = field_paths.keys_of(name, [*(live or []), *patch], kind)
        if keys and isinstance(live, list):
            return _strategic_list(live, patch, keys, kind)
        if name in field_paths.SETS and isinstance(live, list):
            return live + [item for item in patch if item not in live]
    return patch


def _strategic_map(live: Object, patch: Object, kind: str) -> Object:
    if patch.get(DIRECTIVE) == "replace":
        return {key: value for key, value in patch.items() if key != DIRECTIVE}
    result = {key: value for key, value in live.items() if RETAIN not in patch or key in patch[RETAIN]}
    for key, value in patch.items():
        if key.startswith(DELETE_FROM):
            listed = key.removeprefix(DELETE_FROM)
            result[listed] = [item for item in result.get(listed, []) if item not in value]
        elif key in (DIRECTIVE, RETAIN) or key.startswith(ORDER):
            continue
        elif value is None:
            result.pop(key, None)
        else:
            result[key] = _strategic(result.get(key), value, kind, key)
    return result


def _strategic_list(live: list[Any], patch: list[Any], keys: tuple[str, ...], kind: str) -> list[Any]:
    result = list(live)
    for item in patch:
        matching = (n for n, element in enumerate(result) if _key(element, keys) == _key(item, keys))
        index = next(matching, None)
        if item.get(DIRECTIVE) == "delete":
            if index is not None:
                del result[index]
        elif index is None:
            result.append(item)
        else:
            result[index] = _strategic(result[index], item, kind)
    return result


def _key(item: Object, keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(item.get(key, "TCP" if key == "protocol" else None) for key in keys)

"""The four kinds of PATCH but apply: JSON patch, merge patch, strategic merge patch, and what is wrong
with one.
"""

from __future__ import annotations

from typing import Any

import jsonpatch

from sandbox.kube.api import errors, ownership
from sandbox.kube.api.clone import clone
from sandbox.kube.api.errors import ApiError

Object = dict[str, Any]
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


def patched(live: Object, patch: Any, content: str, *, custom: bool) -> Object:
    """A copy of an object with a patch applied. Raises `ApiError` 400, 415 and 422."""
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
        return dict(merged(live, patch))
    if content == STRATEGIC and not custom:
        return dict(_strategic(clone(live), patch, live.get("kind", "")))
    accepted = [JSON_PATCH, MERGE, APPLY] if custom else [JSON_PATCH, MERGE, STRATEGIC, APPLY]
    why = (
        "the body of the request was in an unknown format - accepted media types include:"
        f" {', '.join(accepted)}"
    )
    raise ApiError(415, "UnsupportedMediaType", why)


def merged(live: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    base = dict(live) if isinstance(live, dict) else {}
    for key, value in patch.items():
        if value is None:
            base.pop(key, None)
        else:
            base[key] = merged(base.get(key), value)
    return base


def _strategic(live: Any, patch: Any, kind: str, name: str = "") -> Any:
    if isinstance(patch, dict):
        return _strategic_map(live if isinstance(live, dict) else {}, patch, kind)
    if isinstance(patch, list):
        keys = ownership.keys_of(name, [*(live or []), *patch], kind)
        if keys and isinstance(live, list):
            return _strategic_list(live, patch, keys, kind)
        if name in ownership.SETS and isinstance(live, list):
            return live + [item for item in patch if item not in live]
    return patch


def _strategic_map(live: Object, patch: Object, kind: str) -> Object:
    if patch.get(DIRECTIVE) == "replace":
        return {key: value for key, value in patch.items() if key != DIRECTIVE}
    made = {key: value for key, value in live.items() if RETAIN not in patch or key in patch[RETAIN]}
    for key, value in patch.items():
        if key.startswith(DELETE_FROM):
            listed = key.removeprefix(DELETE_FROM)
            made[listed] = [item for item in made.get(listed, []) if item not in value]
        elif key in (DIRECTIVE, RETAIN) or key.startswith(ORDER):
            continue
        elif value is None:
            made.pop(key, None)
        else:
            made[key] = _strategic(made.get(key), value, kind, key)
    return made


def _strategic_list(live: list[Any], patch: list[Any], keys: tuple[str, ...], kind: str) -> list[Any]:
    made = list(live)
    for item in patch:
        at = next(
            (n for n, each in enumerate(made) if all(_key(each, key) == _key(item, key) for key in keys)),
            None,
        )
        if item.get(DIRECTIVE) == "delete":
            if at is not None:
                del made[at]
        elif at is None:
            made.append(item)
        else:
            made[at] = _strategic(made[at], item, kind)
    return made


def _key(item: Object, key: str) -> Any:
    return item.get(key, "TCP" if key == "protocol" else None)

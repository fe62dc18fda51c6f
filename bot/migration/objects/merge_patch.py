"""JSON merge patches (RFC 7386) and their inverse: how a change to the source is reverted exactly.

The inverse is computed from the object as it was, so a roll-back needs no knowledge of kinds: a field that
was missing is removed, one that was there gets its value again.
"""

import copy
from typing import Any


def merged(live: Any, patch: Any) -> Any:
    """Return what a server makes of `live` and a merge patch (RFC 7386, section 2); neither is changed."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    base = dict(live) if isinstance(live, dict) else {}
    for key, value in patch.items():
        if value is None:
            base.pop(key, None)
        else:
            base[key] = merged(base.get(key), value)
    return base


def inverse(live: Any, patch: dict[str, Any]) -> dict[str, Any]:
    """Return the patch that leads from `merged(live, patch)` back to `live`.

    `live` is JSON as a Kubernetes API gives it: without nulls, which a merge patch cannot set.
    """
    restored: dict[str, Any] = {}
    for key, value in patch.items():
        before = live.get(key) if isinstance(live, dict) else None
        if isinstance(value, dict) and isinstance(before, dict):
            restored[key] = inverse(before, value)
        else:
            restored[key] = copy.deepcopy(before)
    return restored


def is_applied(live: Any, patch: Any) -> bool:
    """Return whether a patch would change nothing: what it sets is set, what it removes is missing."""
    if not isinstance(patch, dict):
        return bool(live == patch)
    if not isinstance(live, dict):
        return False  # even an empty patch would make it a map
    return all(
        (key not in live) if value is None else is_applied(live.get(key), value)
        for key, value in patch.items()
    )

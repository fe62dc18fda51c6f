"""Canonical JSON: one text for one value, so that a digest over it can be stored and compared later.

The audit chain, approvals and the digests of migrated objects are over `canonical`. Its bytes must never
change: a stored digest would no longer match what it is about.
"""

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """Return JSON with sorted keys, no spaces, and characters beyond ASCII as they are."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def spaced_digest(value: Any) -> str:
    """Return the SHA-256 of JSON with sorted keys, a space after each separator, and ASCII characters only.

    Digests of buttons' actions and of App Homes are stored in this older form; new ones take `digest`.
    """
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()

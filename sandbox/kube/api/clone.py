"""Copies of JSON values, several times faster than `copy.deepcopy`, which knows more than JSON."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def clone(value: T) -> T:
    """A deep copy of dicts, lists and plain values."""
    if isinstance(value, dict):
        return {key: clone(inner) for key, inner in value.items()}  # type: ignore[return-value]
    if isinstance(value, list):
        return [clone(inner) for inner in value]  # type: ignore[return-value]
    return value

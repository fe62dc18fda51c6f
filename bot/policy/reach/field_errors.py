"""Walks a manifest field by field and keeps every mistake with its path, as an API server reports them."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from typing import Any

_KINDS = {
    dict: "a mapping",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
}


@dataclasses.dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: its path (`spec.ingress[0].from[1].ipBlock.cidr`) and the reason."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


class Mistakes:
    """Collects the errors of one manifest."""

    def __init__(self) -> None:
        self.found: list[FieldError] = []

    def add(self, field: str, reason: str) -> None:
        """Keep one."""
        self.found.append(FieldError(field, reason))

    def mapping(self, value: Any, field: str, known: frozenset[str] | None = None) -> Mapping[str, Any]:
        """A mapping, with no other keys than `known`; empty if it is absent or something else."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.add(field, f"must be a mapping, not {kind_of(value)}")
            return {}
        for key in value:
            if known is not None and key not in known:
                self.add(f"{field}.{key}" if field else str(key), f"unknown field{_nearest(str(key), known)}")
        return value

    def items(self, value: Any, field: str) -> Iterator[tuple[str, Any]]:
        """The entries of a list with their paths; nothing if it is absent or something else."""
        if value is None:
            return
        if not isinstance(value, list):
            self.add(field, f"must be a list, not {kind_of(value)}")
            return
        for index, item in enumerate(value):
            yield f"{field}[{index}]", item

    def text(self, value: Any, field: str) -> str:
        """Text; empty if it is absent or something else."""
        if value is None:
            return ""
        if not isinstance(value, str):
            self.add(field, f"must be text, not {kind_of(value)}: put it in quotes")
            return ""
        return value


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    return "nothing" if value is None else _KINDS.get(type(value), type(value).__name__)


def _nearest(word: str, known: frozenset[str]) -> str:
    near = difflib.get_close_matches(word, sorted(known), n=1)
    return f", did you mean {near[0]}?" if near else f"; there are {', '.join(sorted(known))}"

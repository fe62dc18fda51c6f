"""Collects what is wrong with a manifest, field by field, in the way of the API server's own validation."""

import dataclasses
import difflib
from collections.abc import Iterator, Mapping
from typing import Any

_TYPES = {
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


class FieldErrors:
    """The errors of one manifest, in the order in which its fields were read.

    The reading methods return an empty value for a field that is absent, and also for one of the wrong type,
    after they have added the error. So a caller reads on, and all mistakes are reported at once.
    """

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def add(self, field: str, reason: str) -> None:
        """Add an error of the field with this path."""
        self.errors.append(FieldError(field, reason))

    def mapping(self, value: Any, field: str, fields: frozenset[str] | None = None) -> Mapping[str, Any]:
        """Read a mapping; a key that is not among `fields` is an error too."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.add(field, f"must be a mapping, not {type_name(value)}")
            return {}
        for key in value:
            if fields is not None and key not in fields:
                path = f"{field}.{key}" if field else str(key)
                self.add(path, f"unknown field{_suggestion(str(key), fields)}")
        return value

    def items(self, value: Any, field: str) -> Iterator[tuple[str, Any]]:
        """Yield the entries of a list with their paths."""
        if value is None:
            return
        if not isinstance(value, list):
            self.add(field, f"must be a list, not {type_name(value)}")
            return
        for index, item in enumerate(value):
            yield f"{field}[{index}]", item

    def text(self, value: Any, field: str) -> str:
        """Read a text, which YAML may need quotes for: without them `1` and `true` are none."""
        if value is None:
            return ""
        if not isinstance(value, str):
            self.add(field, f"must be text, not {type_name(value)}: put it in quotes")
            return ""
        return value


def type_name(value: Any) -> str:
    """Return what a value is, in words: `a mapping`, `a number`, `nothing`."""
    return "nothing" if value is None else _TYPES.get(type(value), type(value).__name__)


def _suggestion(word: str, fields: frozenset[str]) -> str:
    near = difflib.get_close_matches(word, sorted(fields), n=1)
    return f", did you mean {near[0]}?" if near else f"; there are {', '.join(sorted(fields))}"

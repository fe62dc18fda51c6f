"""Looks through the events of a YAML text before a value is built of it, so that a bomb is refused unopened.

Aliases are legitimate: one anchor for labels that stand in three places. They are also what bombs are made
of, so each counts as much as what it stands for, with its own aliases written out. Events carry no values
yet: what an anchor weighs is worked out as it closes, and the largest bomb costs as much as its own few
lines.
"""

from __future__ import annotations

import dataclasses

import yaml

from bot.policy import yaml_loader


class OutOfBounds(ValueError):
    """More than is taken: the line, counted from 1, and what is too much."""

    def __init__(self, event: yaml.Event, what: str) -> None:
        self.line = yaml_loader.line(event)
        self.what = what
        super().__init__(f"line {self.line}: {what}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much is taken of one text.

    `deepest` counts nested lists and mappings, `largest` characters with all aliases written out; `parts` are
    values and names as they stand in the text, `documents` its documents. None is no limit.
    """

    deepest: int
    largest: int
    parts: int | None = None
    documents: int | None = None


@dataclasses.dataclass(slots=True)
class _Open:
    """A list or mapping that is not closed yet: what was counted before it, and how deep it goes below."""

    anchor: str | None
    before: int
    height: int = 1


def look(text: str, bounds: Bounds) -> None:
    """Raises `OutOfBounds`, and `yaml.YAMLError` for what is no YAML."""
    looking = _Looking(bounds)
    for number, event in enumerate(yaml_loader.events(text)):
        if bounds.parts is not None and number > bounds.parts:
            raise OutOfBounds(event, f"more than {bounds.parts:,} names and values")
        looking.at(event)


class _Looking:
    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._documents = self._counted = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[int, int]] = {}  # what each weighs, and how deep it is

    def at(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._counted += len(event.value) + 1
            if event.anchor is not None:
                self._anchors[event.anchor] = (len(event.value) + 1, 0)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open.append(_Open(event.anchor, self._counted))
            self._counted += 1
            self._within_depth(event, 0)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors.clear()
            self._documents += 1
            if self._bounds.documents is not None and self._documents > self._bounds.documents:
                raise OutOfBounds(event, f"more than {self._bounds.documents} documents")

    def _close(self) -> None:
        closed = self._open.pop()
        if closed.anchor is not None:
            self._anchors[closed.anchor] = (self._counted - closed.before, closed.height)
        if self._open:
            self._open[-1].height = max(self._open[-1].height, closed.height + 1)

    def _alias(self, event: yaml.AliasEvent) -> None:
        name = str(event.anchor)
        if any(each.anchor == name for each in self._open):
            raise OutOfBounds(event, f"*{name} stands inside of what it stands for")
        weight, height = self._anchors.get(name, (0, 0))  # an unknown one is told when values are built
        self._counted += weight
        if self._counted > self._bounds.largest:
            raise OutOfBounds(event, f"with *{name} and the aliases before it written out, it is too large")
        self._within_depth(event, height)
        if self._open:
            self._open[-1].height = max(self._open[-1].height, height + 1)

    def _within_depth(self, event: yaml.Event, below: int) -> None:
        if len(self._open) + below > self._bounds.deepest:
            raise OutOfBounds(event, "nested too deep")

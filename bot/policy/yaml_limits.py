"""Checks the limits of a YAML text on the parser's events, so that a bomb is refused before a value is built.

Aliases are legitimate: one anchor for labels that occur in three places. They are also what bombs are made
of, so an alias counts as much as what it stands for, with the aliases in there written out. Events carry no
values yet; the weight of an anchor is known as soon as its collection ends, and checking the largest bomb
costs as much as reading its few lines.
"""

import dataclasses

import yaml

from bot.policy import yaml_loader


class LimitExceeded(ValueError):
    """A text exceeds a limit: which one, in words, and on which line, from 1; 0 if that is unknown."""

    def __init__(self, event: yaml.Event, limit: str) -> None:
        self.line = event.start_mark.line + 1 if event.start_mark is not None else 0
        self.limit = limit
        super().__init__(f"line {self.line}: {limit}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class YamlLimits:
    """The limits of one text.

    `depth` counts nested lists and mappings, `characters` those of the text with all aliases written out;
    `nodes` are its names and values as they are written, `documents` its documents. None is no limit.
    """

    depth: int
    characters: int
    nodes: int | None = None
    documents: int | None = None


@dataclasses.dataclass(slots=True)
class _OpenCollection:
    """A list or mapping that has not ended yet.

    `start` is what was counted before it, `height` how deep the collections below it are nested.
    """

    anchor: str | None
    start: int
    height: int = 1


def check(text: str, limits: YamlLimits) -> None:
    """Check a text. Raises `LimitExceeded`, and `yaml.YAMLError` for what is not YAML."""
    counter = _EventCounter(limits)
    for number, event in enumerate(yaml_loader.events(text)):
        if limits.nodes is not None and number > limits.nodes:
            raise LimitExceeded(event, f"more than {limits.nodes:,} names and values")
        counter.count(event)


class _EventCounter:
    def __init__(self, limits: YamlLimits) -> None:
        self._limits = limits
        self._documents = self._characters = 0
        self._open: list[_OpenCollection] = []
        self._anchors: dict[str, tuple[int, int]] = {}  # the characters and the height of each

    def count(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._characters += len(event.value) + 1
            if event.anchor is not None:
                self._anchors[event.anchor] = (len(event.value) + 1, 0)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open.append(_OpenCollection(event.anchor, self._characters))
            self._characters += 1
            self._check_depth(event, 0)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end_collection()
        elif isinstance(event, yaml.AliasEvent):
            self._count_alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors.clear()
            self._documents += 1
            if self._limits.documents is not None and self._documents > self._limits.documents:
                raise LimitExceeded(event, f"more than {self._limits.documents} documents")

    def _end_collection(self) -> None:
        collection = self._open.pop()
        if collection.anchor is not None:
            self._anchors[collection.anchor] = (self._characters - collection.start, collection.height)
        if self._open:
            self._open[-1].height = max(self._open[-1].height, collection.height + 1)

    def _count_alias(self, event: yaml.AliasEvent) -> None:
        name = str(event.anchor)
        if any(collection.anchor == name for collection in self._open):
            raise LimitExceeded(event, f"*{name} stands inside of what it stands for")
        characters, height = self._anchors.get(name, (0, 0))  # an unknown one is an error of the loader
        self._characters += characters
        if self._characters > self._limits.characters:
            raise LimitExceeded(event, f"with *{name} and the aliases before it written out, it is too large")
        self._check_depth(event, height)
        if self._open:
            self._open[-1].height = max(self._open[-1].height, height + 1)

    def _check_depth(self, event: yaml.Event, below: int) -> None:
        if len(self._open) + below > self._limits.depth:
            raise LimitExceeded(event, "nested too deep")

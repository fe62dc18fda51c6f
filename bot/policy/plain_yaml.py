"""YAML as plain values: what the parser sees, and what it means. No dates, no key twice, no tags of Python.

Kubernetes reads YAML so: a date stays text, every key is text. Whoever reads looks at the events first, in
bounds of its own, so that a bomb is refused before a value is built.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's parser, where PyYAML was built with it


class _Loader(_BASE):  # type: ignore[misc]  # which of the two is known at run time only
    yaml_implicit_resolvers: dict[str, Any] = {  # noqa: RUF012 - as in the base
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise yaml.constructor.ConstructorError(
                None, None, f"{key!r} is not a name: quote it", key_node.start_mark
            )
        if key in found:
            raise yaml.constructor.ConstructorError(None, None, f"{key} is given twice", key_node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def events(text: str) -> Iterator[yaml.Event]:
    """The events of a text, one by one; nothing is built. Raises `yaml.YAMLError`."""
    return iter(yaml.parse(text, Loader=_BASE))


def values(text: str) -> Iterator[Any]:
    """The value of each document. Raises `yaml.YAMLError`, `ValueError`."""
    return iter(yaml.load_all(text, Loader=_Loader))


def line(event: yaml.Event) -> int:
    """The line that an event begins on, counted from 1; 0 if it is not known."""
    return event.start_mark.line + 1 if event.start_mark is not None else 0

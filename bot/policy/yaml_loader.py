"""YAML as plain values: what the parser sees, and what it means. No dates, no key twice, no tags of Python.

Kubernetes reads YAML so: a date and a lone `=` stay text, a key that is a number or a truth becomes text, and
`<<` merges. Aliases stand for one and the same value: whoever reads looks first whether the text stays in
bounds of its own (`yaml_bounds`), and changes nothing in what was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's parser, where PyYAML was built with it


_TEXT = (
    "tag:yaml.org,2002:timestamp",
    "tag:yaml.org,2002:value",
)  # what YAML 1.1 knows, and Kubernetes does not
_MERGE = "tag:yaml.org,2002:merge"


class _Loader(_BASE):  # type: ignore[misc]  # which of the two is known at run time only
    yaml_implicit_resolvers: dict[str, Any] = {  # noqa: RUF012 - as in the base
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _TEXT]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[str, Any]:
    found: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if key_node.tag == _MERGE:
            for each in reversed(_merges(loader, value_node)):  # of two that give a key, the first one counts
                merged |= each
            continue
        key = _key(loader, key_node)
        if key in found:
            raise yaml.constructor.ConstructorError(None, None, f"{key} is given twice", key_node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
    return {**merged, **found} if merged else found


def _key(loader: Any, node: yaml.Node) -> str:
    key = loader.construct_object(node, deep=True)
    if isinstance(key, bool):
        return str(key).lower()
    if isinstance(key, int | float):
        return str(key).removesuffix(".0")
    if not isinstance(key, str):
        raise yaml.constructor.ConstructorError(
            None, None, f"{key!r} is not a name: quote it", node.start_mark
        )
    return key


def _merges(loader: Any, node: yaml.Node) -> list[dict[str, Any]]:
    value = loader.construct_object(node, deep=True)
    several = value if isinstance(value, list) else [value]
    if not all(isinstance(each, dict) for each in several):
        raise yaml.constructor.ConstructorError(None, None, "<< merges mappings only", node.start_mark)
    return several


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

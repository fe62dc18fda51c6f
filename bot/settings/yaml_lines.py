"""YAML with the line of every key, and without keys that stand twice."""

from typing import Any

import yaml

Location = tuple[str | int, ...]  # the keys and list indexes that lead to a value
Lines = dict[Location, int]


class _UniqueKeyLoader(yaml.SafeLoader):
    """Refuses a mapping that has a key twice: YAML would silently take the second one."""


def _construct_mapping(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in keys:
            mark = key_node.start_mark
            raise yaml.constructor.ConstructorError(None, None, f"{key!r} is given twice", mark)
        keys.add(key)
    return loader.construct_mapping(node, deep=True)


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_mapping)


def parse(text: str) -> tuple[Any, Lines]:
    """Return the data of a YAML document, and the line of every key. Raises `yaml.YAMLError`."""
    data = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a SafeLoader
    return data, _lines(yaml.compose(text, Loader=yaml.SafeLoader))


def _lines(node: yaml.Node | None, location: Location = ()) -> Lines:
    lines: Lines = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*location, str(key.value))
            lines[inner] = key.start_mark.line + 1
            lines |= _lines(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            lines[*location, number] = value.start_mark.line + 1
            lines |= _lines(value, (*location, number))
    return lines

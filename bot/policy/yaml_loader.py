"""Loads YAML as plain values, in the way Kubernetes reads it: no dates, no repeated keys, no tags of Python.

A date and a lone `=` stay text, a key that is a number or a boolean becomes text, and `<<` merges. Aliases
stand for one and the same value: callers check first that the text keeps their limits (`yaml_limits`), and do
not change what they read.
"""

from collections.abc import Iterator
from typing import Any

import yaml

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's parser, where PyYAML was built with it
_YAML_1_1_ONLY = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")  # Kubernetes does not know them
_MERGE = "tag:yaml.org,2002:merge"


class _Loader(_BASE):  # type: ignore[misc]  # which of the two is known at run time only
    yaml_implicit_resolvers: dict[str, Any] = {  # noqa: RUF012 - as in the base
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _YAML_1_1_ONLY]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _construct_mapping(loader: Any, node: yaml.MappingNode) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if key_node.tag == _MERGE:
            for source in reversed(_merge_sources(loader, value_node)):  # the first one to give a key counts
                merged |= source
            continue
        key = _construct_key(loader, key_node)
        if key in mapping:
            raise yaml.constructor.ConstructorError(None, None, f"{key} is given twice", key_node.start_mark)
        mapping[key] = loader.construct_object(value_node, deep=True)
    return {**merged, **mapping} if merged else mapping


def _construct_key(loader: Any, node: yaml.Node) -> str:
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


def _merge_sources(loader: Any, node: yaml.Node) -> list[dict[str, Any]]:
    value = loader.construct_object(node, deep=True)
    sources = value if isinstance(value, list) else [value]
    if not all(isinstance(source, dict) for source in sources):
        raise yaml.constructor.ConstructorError(None, None, "<< merges mappings only", node.start_mark)
    return sources


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_mapping)


def events(text: str) -> Iterator[yaml.Event]:
    """Yield the parser's events; no value is built. Raises `yaml.YAMLError`."""
    return iter(yaml.parse(text, Loader=_BASE))


def values(text: str) -> Iterator[Any]:
    """Yield the value of each document. Raises `yaml.YAMLError` or `ValueError`."""
    return iter(yaml.load_all(text, Loader=_Loader))

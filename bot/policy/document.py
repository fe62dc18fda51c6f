"""Text that a person sent, read as exactly one YAML (or JSON) document of plain values.

Read in two passes: the first only looks at the parser's events, so that a bomb (aliases that multiply,
endless nesting, many documents) is refused before a single value is built. The second builds plain values:
duplicate keys are mistakes, and a date stays text.
"""

from __future__ import annotations

from typing import Any

import yaml

from bot.policy.errors import BadManifest

LARGEST = 256 * 1024  # bytes; Kubernetes itself takes objects up to 1.5 MB, policies are a few hundred bytes
DEEPEST = 32  # a NetworkPolicy needs 9
MOST_EVENTS = 50_000
_EVENTS = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's parser, where PyYAML was built with it
ONE_AT_A_TIME = "Send one NetworkPolicy at a time."


class _Loader(yaml.SafeLoader):
    """Plain values only: no dates, no duplicate keys."""

    yaml_implicit_resolvers: dict[str, Any] = {  # noqa: RUF012 - as in the base
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise yaml.constructor.ConstructorError(None, None, f"{key!r} is no name of a field", key_node.start_mark)
        if key in found:
            raise yaml.constructor.ConstructorError(None, None, f"{key} is given twice", key_node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read(sent: str | bytes) -> dict[str, Any]:
    """The one document of a text. Raises `BadManifest`."""
    text = _text(sent)
    try:
        _look(text)
        # the loader above is PyYAML's safe one
        documents = [found for found in yaml.load_all(text, Loader=_Loader) if found is not None]
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise BadManifest("This is no YAML", why=_explained(error), fix="Mend it and send it again.") from error
    if not documents:
        raise BadManifest("There is nothing in this YAML", fix="Send a NetworkPolicy.")
    if len(documents) > 1:
        raise BadManifest(f"There are {len(documents)} documents in this YAML", fix=ONE_AT_A_TIME)
    if not isinstance(documents[0], dict):
        raise BadManifest(
            "This is no Kubernetes object", why="it has no `apiVersion`, `kind`, `metadata`", fix=ONE_AT_A_TIME
        )
    return documents[0]


def too_large(size: int) -> BadManifest:
    """The refusal of a text of so many bytes."""
    return BadManifest(
        "That is too large for a policy",
        why=f"{size:,} bytes; at most {LARGEST:,} are taken", fix="Send only the NetworkPolicy.",
    )  # fmt: skip


def _text(sent: str | bytes) -> str:
    data = sent.encode(errors="surrogatepass") if isinstance(sent, str) else sent
    if len(data) > LARGEST:
        raise too_large(len(data))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadManifest("This is no text", why=f"it is not UTF-8: {error.reason}", fix=ONE_AT_A_TIME) from error


def _look(text: str) -> None:
    depth = documents = 0
    for number, event in enumerate(yaml.parse(text, Loader=_EVENTS)):
        if isinstance(event, yaml.AliasEvent):
            raise BadManifest(
                "Aliases are not taken",
                why=f"line {_line(event)} refers to another part with `*{event.anchor}`",
                fix="Write it out: aliases can make a small file endless.",
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        if depth > DEEPEST or number > MOST_EVENTS or documents > 100:
            what = "nested too deep" if depth > DEEPEST else "too many parts"
            raise BadManifest("This is no policy", why=f"{what} (line {_line(event)})", fix=ONE_AT_A_TIME)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 0


def _explained(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__

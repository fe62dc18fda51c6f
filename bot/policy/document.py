"""Text that a person sent, read as exactly one YAML (or JSON) document of plain values.

Read in two passes: the first only looks at the parser's events, so that a bomb (aliases that multiply,
endless nesting, many documents) is refused before a single value is built. The second builds plain values.
"""

from __future__ import annotations

from typing import Any

import yaml

from bot.policy import plain_yaml
from bot.policy.errors import BadManifest

LARGEST = 256 * 1024  # bytes; Kubernetes itself takes objects up to 1.5 MB, policies are a few hundred bytes
DEEPEST = 32  # a NetworkPolicy needs 9
MOST_EVENTS = 50_000
ONE_AT_A_TIME = "Send one NetworkPolicy at a time."


def read(sent: str | bytes) -> dict[str, Any]:
    """The one document of a text. Raises `BadManifest`."""
    text = _text(sent)
    try:
        _look(text)
        documents = [found for found in plain_yaml.values(text) if found is not None]
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
    for number, event in enumerate(plain_yaml.events(text)):
        if isinstance(event, yaml.AliasEvent):
            raise BadManifest(
                "Aliases are not taken",
                why=f"line {plain_yaml.line(event)} refers to another part with `*{event.anchor}`",
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
            raise BadManifest("This is no policy", why=f"{what} (line {plain_yaml.line(event)})", fix=ONE_AT_A_TIME)


def _explained(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__

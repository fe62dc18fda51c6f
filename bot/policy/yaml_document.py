"""Reads a text that a person sent as exactly one YAML (or JSON) document of plain values.

The limits are checked first, on the parser's events alone, so that a bomb (aliases that multiply, endless
nesting, many documents) is refused before a single value is built.
"""

from typing import Any

import yaml

from bot.policy import yaml_limits, yaml_loader
from bot.policy.errors import InvalidManifest

LARGEST = 256 * 1024  # bytes, and characters with aliases written out; policies are a few hundred bytes
DEEPEST = 32  # a NetworkPolicy needs 9
_LIMITS = yaml_limits.YamlLimits(depth=DEEPEST, characters=LARGEST, nodes=50_000, documents=100)
ONE_AT_A_TIME = "Send one NetworkPolicy at a time."


def read_document(raw: str | bytes) -> dict[str, Any]:
    """Return the one document of a text. Raises `InvalidManifest`."""
    text = _decode(raw)
    try:
        yaml_limits.check(text, _LIMITS)
        documents = [value for value in yaml_loader.values(text) if value is not None]
    except yaml_limits.LimitExceeded as error:
        why = f"{error.limit} (line {error.line})"
        raise InvalidManifest("This is no policy", why=why, fix=ONE_AT_A_TIME) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidManifest(
            "This is no YAML", why=_explain(error), fix="Mend it and send it again."
        ) from error
    if not documents:
        raise InvalidManifest("There is nothing in this YAML", fix="Send a NetworkPolicy.")
    if len(documents) > 1:
        raise InvalidManifest(f"There are {len(documents)} documents in this YAML", fix=ONE_AT_A_TIME)
    if not isinstance(documents[0], dict):
        raise InvalidManifest(
            "This is no Kubernetes object",
            why="it has no `apiVersion`, `kind`, `metadata`",
            fix=ONE_AT_A_TIME,
        )
    return documents[0]


def too_large(size: int) -> InvalidManifest:
    """Return the refusal of a text of so many bytes."""
    return InvalidManifest(
        "That is too large for a policy",
        why=f"{size:,} bytes; at most {LARGEST:,} are taken",
        fix="Send only the NetworkPolicy.",
    )


def _decode(raw: str | bytes) -> str:
    data = raw.encode(errors="surrogatepass") if isinstance(raw, str) else raw
    if len(data) > LARGEST:
        raise too_large(len(data))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        why = f"it is not UTF-8: {error.reason}"
        raise InvalidManifest("This is no text", why=why, fix=ONE_AT_A_TIME) from error


def _explain(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__

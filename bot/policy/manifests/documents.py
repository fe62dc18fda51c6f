"""Reads YAML and JSON files, within bounds, as plain values.

The limits are checked on the parser's events before any value is built, so that aliases that multiply (the
stuff of YAML bombs) and endless nesting are refused. A key that is given twice is a mistake, and a date stays
text, as in Kubernetes.
"""

import dataclasses
import functools
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.common.problems import Refusal
from bot.policy import yaml_limits, yaml_loader

LARGEST = 10_000_000  # bytes of one file, and characters of it with all aliases written out
DEEPEST = 100
SUFFIXES = frozenset({".yaml", ".yml", ".json"})
STANDARD_INPUT = "-"
_MOST_MISTAKES = 20  # that are listed; the rest is counted
_LIMITS = yaml_limits.YamlLimits(depth=DEEPEST, characters=LARGEST)


class InvalidManifestFiles(Refusal):
    """The input cannot be used; each mistake names its file, and its document and field where it has one."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        remaining = len(self.mistakes) - _MOST_MISTAKES
        why = "\n".join(
            [*self.mistakes[:_MOST_MISTAKES], *([f"… and {remaining} more"] if remaining > 0 else [])]
        )
        super().__init__("The manifests cannot be read", why=why, fix="Correct what is named above.")


@dataclasses.dataclass(frozen=True, slots=True)
class ManifestDocument:
    """One document: its file, its number there, counted from 1, and its value."""

    file: str
    number: int
    value: Any

    def __str__(self) -> str:
        return f"{self.file}, document {self.number}"


def read(paths: Iterable[str | Path]) -> tuple[ManifestDocument, ...]:
    """Read all documents of files and folders (with their folders), in the order of their paths.

    `-` is the standard input. Hidden folders are passed over. Raises `InvalidManifestFiles`.
    """
    documents: list[ManifestDocument] = []
    mistakes: list[str] = []
    for name, load in _sources(paths, mistakes):
        try:
            data = load()
            if len(data) > LARGEST:
                mistakes.append(f"{name}: larger than {LARGEST // 1_000_000} MB")
            else:
                documents += _documents(name, data)
        except OSError as error:
            mistakes.append(f"{name}: {error.strerror}")
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            mistakes.append(f"{name}{_explain(error)}")
    if mistakes:
        raise InvalidManifestFiles(mistakes)
    return tuple(documents)


def _sources(paths: Iterable[str | Path], mistakes: list[str]) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for path in paths:
        if str(path) == STANDARD_INPUT:
            yield "standard input", lambda: sys.stdin.buffer.read(LARGEST + 1)
            continue
        files = sorted(_files(Path(path)))
        if not files:
            mistakes.append(
                f"{path}: " + ("no .yaml, .yml or .json file in it" if Path(path).is_dir() else "not there")
            )
        yield from ((str(file), functools.partial(_load, file)) for file in files)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        if path.exists():
            yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder, name) for name in names if Path(name).suffix.lower() in SUFFIXES)


def _load(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(LARGEST + 1)


def _documents(name: str, data: bytes) -> list[ManifestDocument]:
    text = data.decode("utf-8-sig")
    if text.lstrip()[:1] == "{" and (value := _parse_json(text)) is not None:
        return [ManifestDocument(name, 1, value)]
    yaml_limits.check(text, _LIMITS)
    values = enumerate(yaml_loader.values(text), 1)
    return [ManifestDocument(name, number, value) for number, value in values if value is not None]


def _parse_json(text: str) -> Any:
    """Parse JSON, ten times as fast as a YAML parser does; None if it is YAML that only begins like JSON."""
    try:
        value = json.loads(text, object_pairs_hook=_without_repeated_keys)
    except json.JSONDecodeError:
        return None
    if _depth(value) > DEEPEST:
        raise ValueError("nested too deep")
    return value


def _depth(value: Any) -> int:
    """How deep lists and mappings are nested, counted layer by layer and not by recursion."""
    depth, layer = 0, [value]
    while layer and depth <= DEEPEST:
        containers = [item for item in layer if isinstance(item, dict | list)]
        layer = [
            child
            for container in containers
            for child in (container.values() if isinstance(container, dict) else container)
        ]
        depth += bool(containers)
    return depth


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{next(key for key in keys if keys.count(key) > 1)} is given twice")
    return mapping


def _explain(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f", line {error.problem_mark.line + 1}: {error.problem}"
    if isinstance(error, yaml_limits.LimitExceeded):
        return f", {error}"
    if isinstance(error, UnicodeDecodeError):
        return ": it is not UTF-8 text"
    if isinstance(error, RecursionError):
        return ": nested too deep"
    return f": {str(error).splitlines()[0][:200]}" if str(error) else f": {type(error).__name__}"

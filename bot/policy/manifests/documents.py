"""Reads YAML and JSON files, within bounds, into plain values.

The parser's events are looked at first, so that aliases that multiply (the stuff of YAML bombs) and endless
nesting are refused before a value is built. Keys that are given twice are mistakes, and a date stays text, as
in Kubernetes.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.common.problems import Refusal
from bot.policy import yaml_limits, yaml_loader

LARGEST = 10_000_000  # bytes of one file, and characters of it with all aliases written out
DEEPEST = 100
SUFFIXES = frozenset({".yaml", ".yml", ".json"})
STANDARD_INPUT = "-"
_SHOWN = 20  # mistakes; more are counted
_BOUNDS = yaml_limits.Bounds(deepest=DEEPEST, largest=LARGEST)


class BadManifests(Refusal):
    """The input cannot be used; each mistake names its file, and its document and field where there is
    one.
    """

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        more = len(self.mistakes) - _SHOWN
        shown = [*self.mistakes[:_SHOWN], *([f"… and {more} more"] if more > 0 else [])]
        super().__init__(
            "The manifests cannot be read", why="\n".join(shown), fix="Correct what is named above."
        )


@dataclasses.dataclass(frozen=True, slots=True)
class ManifestDocument:
    """One document: where it stands, counted from 1, and its value."""

    file: str
    number: int
    value: Any

    def __str__(self) -> str:
        return f"{self.file}, document {self.number}"


def read(paths: Iterable[str | Path]) -> tuple[ManifestDocument, ...]:
    """All documents of files and folders (with their folders), in the order of their paths.

    `-` is the standard input. Hidden folders are passed over. Raises `BadManifests`.
    """
    found: list[ManifestDocument] = []
    mistakes: list[str] = []
    for name, load in _sources(paths, mistakes):
        try:
            data = load()
            if len(data) > LARGEST:
                mistakes.append(f"{name}: larger than {LARGEST // 1_000_000} MB")
            else:
                found += _documents(name, data)
        except OSError as error:
            mistakes.append(f"{name}: {error.strerror}")
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            mistakes.append(f"{name}{_explained(error)}")
    if mistakes:
        raise BadManifests(mistakes)
    return tuple(found)


def _sources(paths: Iterable[str | Path], mistakes: list[str]) -> Iterator[tuple[str, Any]]:
    for path in paths:
        if str(path) == STANDARD_INPUT:
            yield "standard input", lambda: sys.stdin.buffer.read(LARGEST + 1)
            continue
        files = sorted(_files(Path(path)))
        if not files:
            mistakes.append(
                f"{path}: " + ("no .yaml, .yml or .json file in it" if Path(path).is_dir() else "not there")
            )
        yield from ((str(file), _Bounded(file)) for file in files)


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        if path.exists():
            yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = [each for each in folders if not each.startswith(".")]
        yield from (Path(folder, name) for name in names if Path(name).suffix.lower() in SUFFIXES)


@dataclasses.dataclass(frozen=True, slots=True)
class _Bounded:
    file: Path

    def __call__(self) -> bytes:
        with self.file.open("rb") as opened:
            return opened.read(LARGEST + 1)


def _documents(name: str, data: bytes) -> list[ManifestDocument]:
    text = data.decode("utf-8-sig")
    if text.lstrip()[:1] == "{" and (value := _json(text)) is not None:
        return [ManifestDocument(name, 1, value)]
    yaml_limits.look(text, _BOUNDS)
    values = yaml_loader.values(text)
    return [
        ManifestDocument(name, number, value) for number, value in enumerate(values, 1) if value is not None
    ]


def _json(text: str) -> Any:
    """JSON is read ten times as fast by its own parser; None if it is YAML that only begins like it."""
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError:
        return None
    if _depth(found) > DEEPEST:
        raise ValueError("nested too deep")
    return found


def _depth(value: Any) -> int:
    """How deep lists and mappings are nested, found layer by layer and not by recursion."""
    depth, layer = 0, [value]
    while layer and depth <= DEEPEST:
        containers = [each for each in layer if isinstance(each, dict | list)]
        layer = [
            inner for each in containers for inner in (each.values() if isinstance(each, dict) else each)
        ]
        depth += bool(containers)
    return depth


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{next(key for key in keys if keys.count(key) > 1)} is given twice")
    return found


def _explained(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f", line {error.problem_mark.line + 1}: {error.problem}"
    if isinstance(error, yaml_limits.OutOfBounds):
        return f", {error}"
    if isinstance(error, UnicodeDecodeError):
        return ": it is not UTF-8 text"
    if isinstance(error, RecursionError):
        return ": nested too deep"
    return f": {str(error).splitlines()[0][:200]}" if str(error) else f": {type(error).__name__}"

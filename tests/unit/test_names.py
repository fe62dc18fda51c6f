"""The rules of the house for names, docstrings and sizes, checked on the source of every room.

A room is a folder of `bot/`, or `storage/`. Nothing is imported: the rules are about the text that people
search and read, so the syntax tree is all they need.
"""

from __future__ import annotations

import ast
import collections
import dataclasses
import functools
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = sorted(path for path in (ROOT / "bot").iterdir() if path.is_dir() and list(path.glob("*.py")))
ROOMS.append(ROOT / "storage")

# Words that say nothing about the thing they name: a reader has to open the code to learn what it is.
EMPTY_WORDS = """
    asked asks begun brought carried comes done each few found given gives gone goes got held here his how
    its kept known left looked looks made makes many meant mine moved needed noted one others ours own rest
    said same say says seen several shown shows some stand standing stands stays such taken takes tell
    telling tells that theirs there these this those thing things told want wanted wants was way what when
    where which who why wish within wrong
"""
EMPTY_NAMES = frozenset(EMPTY_WORDS.split())
# A module is named by a noun. These are terms of the field that happen to end in -ing.
GERUND_MODULES = {
    "logging": "the field's word for writing log records",
    "audit_encoding": "the noun: how an event is written as the bytes that are hashed",
    "long_running": "half of the term 'long-running operation' that cloud APIs use",
    "mapping": "the noun: which old value becomes which new one",
    "wiring": "the field's word for the place where a program's parts are connected",
    "wording": "the noun: how sentences are phrased",
}
SHORTEST_DOCSTRING = 4  # words
LONGEST_MODULE = 400  # lines
POSITIONAL = 4  # parameters, without self or cls
P90_FUNCTION = 20  # lines, from `def` to the end

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@dataclasses.dataclass(frozen=True)
class Module:
    """One source file and its syntax tree."""

    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def where(self, node: Definition) -> str:
        return f"{self.path.relative_to(ROOT)}:{node.lineno} {node.name}"


def modules_of(room: Path) -> list[Module]:
    return [Module(path) for path in sorted(room.rglob("*.py"))]


def public_definitions(body: list[ast.stmt]) -> Iterator[Definition]:
    """The public classes and functions of a module, and the public methods and classes inside its classes."""
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body)


def functions_of(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def positional_parameters(function: Function) -> list[str]:
    names = [parameter.arg for parameter in (*function.args.posonlyargs, *function.args.args)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


@functools.cache
def modules_by_class_name() -> dict[str, list[str]]:
    modules: dict[str, list[str]] = collections.defaultdict(list)
    for module in (module for room in ROOMS for module in modules_of(room)):
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                modules[node.name].append(str(module.path.relative_to(ROOT)))
    return modules


@pytest.fixture(params=[pytest.param(room, id=str(room.relative_to(ROOT))) for room in ROOMS])
def room(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_no_public_name_is_empty(room: Path) -> None:
    names = [
        module.where(node)
        for module in modules_of(room)
        for node in public_definitions(module.tree.body)
        if node.name.lower() in EMPTY_NAMES
    ]
    names += [str(module.path) for module in modules_of(room) if module.path.stem in EMPTY_NAMES]
    assert names == []


def test_no_module_is_a_gerund(room: Path) -> None:
    gerunds = [
        str(module.path.relative_to(ROOT))
        for module in modules_of(room)
        if re.search(r"[a-z]{2}ing$", module.path.stem) and module.path.stem not in GERUND_MODULES
    ]
    assert gerunds == []


def test_a_public_class_name_stands_in_one_module(room: Path) -> None:
    folder = f"{room.relative_to(ROOT)}/"
    repeated = {
        name: paths
        for name, paths in modules_by_class_name().items()
        if len(paths) > 1 and any(path.startswith(folder) for path in paths)
    }
    assert repeated == {}


def test_a_docstring_says_more_than_the_name(room: Path) -> None:
    short = [
        f"{module.where(node)}: {docstring!r}"
        for module in modules_of(room)
        for node in public_definitions(module.tree.body)
        if (docstring := ast.get_docstring(node)) is not None and len(docstring.split()) < SHORTEST_DOCSTRING
    ]
    assert short == []


def test_a_module_can_be_read_at_one_sitting(room: Path) -> None:
    lines = {str(module.path.relative_to(ROOT)): len(module.text.splitlines()) for module in modules_of(room)}
    assert {path: count for path, count in lines.items() if count > LONGEST_MODULE} == {}


def test_more_than_four_parameters_are_keywords(room: Path) -> None:
    long = [
        f"{module.where(function)}: {', '.join(positional_parameters(function))}"
        for module in modules_of(room)
        for function in functions_of(module.tree)
        if len(positional_parameters(function)) > POSITIONAL
    ]
    assert long == []


def test_nine_functions_of_ten_are_short(room: Path) -> None:
    lengths = sorted(
        (function.end_lineno or function.lineno) - function.lineno + 1
        for module in modules_of(room)
        for function in functions_of(module.tree)
    )
    assert not lengths or lengths[math.ceil(0.9 * len(lengths)) - 1] <= P90_FUNCTION

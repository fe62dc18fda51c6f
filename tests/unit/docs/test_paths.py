"""What the pages name is there: files, folders, modules and their attributes, and the targets of links."""

from __future__ import annotations

import functools
import importlib
import itertools
import pathlib
import re
from collections.abc import Callable, Iterator

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + sorted(
    (ROOT / "docs").glob("*.md")
)
ROOTS = ("bot", "storage", "sandbox", "tests", "deploy", "docs", "benchmarks", "requirements")
# Everywhere in a page, so that drawings and commands are read as well; not inside a longer path or address.
PATH = re.compile(
    r"(?<![\w/.-])(?:bot|storage|sandbox|tests|deploy|docs|benchmarks|requirements|\.ci)/[\w./{},*-]*"
)
MODULE = re.compile(r"(?<![\w/.@-])(?:bot|storage|sandbox|tests|benchmarks)(?:\.[A-Za-z_]\w*)+(?![\w/])")
# The end of a path whose beginning the sentence says.
NAME = re.compile(r"`((?:[\w-]+/)*[\w-]+\.py|(?:[a-z_]+/)+)`")
# `CHECKS` in `bot/drivers/flannel/checks.py`, also with a comma or `of`, and with a line's end in between.
DEFINITION = re.compile(r"`([A-Za-z_]\w*(?:\.\w+)?)`(?:,| in| of)\s+`((?:bot|storage|sandbox)/[\w/]+)\.py`")
LINK = re.compile(r"\]\((?!https?://)([^)\s]+)\)")
PLACEHOLDER = re.compile(r"\b[A-Z]{4,}\b")  # `bot/drivers/NAME/` stands for every driver


def page_id(page: pathlib.Path) -> str:
    return page.relative_to(ROOT).as_posix()


def alternatives(path: str) -> Iterator[str]:
    """`a/{b,c}.py` → `a/b.py`, `a/c.py`."""
    parts = [part.split(",") for part in re.split(r"[{}]", path)]
    for choice in itertools.product(*parts) if "{" in path else [(path,)]:
        yield "".join(choice)


def path_exists(path: str) -> bool:
    return any(ROOT.glob(PLACEHOLDER.sub("*", path)))


def missing_paths(text: str) -> list[str]:
    paths = (match.rstrip(".,-") for match in PATH.findall(text))
    return [path for pattern in paths for path in alternatives(pattern) if not path_exists(path)]


def missing_names(text: str) -> list[str]:
    return [name for name in NAME.findall(text) if f"/{name.rstrip('/')}" not in path_ends()]


@functools.cache
def path_ends() -> frozenset[str]:
    """The ends of all paths, each from a slash on: `/bot/cli/main.py`, `/cli/main.py`, `/main.py`."""
    paths = (path for root in ROOTS for path in [ROOT / root, *(ROOT / root).rglob("*")])
    parts = (path.relative_to(ROOT).parts for path in paths if path.suffix != ".pyc")
    return frozenset("/" + "/".join(names[start:]) for names in parts for start in range(len(names)))


def resolves(name: str) -> bool:
    """Whether a dotted name is a module, or what a module has."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            value: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[length:]:
            value = getattr(value, attribute, None)
        return value is not None
    return False


def missing_modules(text: str) -> list[str]:
    return [name for name in MODULE.findall(text) if not name.endswith((".py", ".md")) and not resolves(name)]


def missing_definitions(text: str) -> list[str]:
    return [
        f"{name} in {path}.py"
        for name, path in DEFINITION.findall(text)
        if not resolves(f"{path.replace('/', '.')}.{name}")
    ]


def anchors(page: pathlib.Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: pathlib.Path) -> list[str]:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    return [link for link in links if not leads_somewhere(page, link)]


def leads_somewhere(page: pathlib.Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not anchor or anchor in anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
@pytest.mark.parametrize("missing", [missing_paths, missing_names, missing_modules, missing_definitions])
def test_what_a_page_names_is_there(page: pathlib.Path, missing: Callable[[str], list[str]]) -> None:
    assert missing(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_somewhere(page: pathlib.Path) -> None:
    assert broken_links(page) == []


@pytest.mark.parametrize(
    ("missing", "text", "names"),
    [
        (missing_paths, "in `bot/cli/` and bot/{cli,nowhere}/main.py.", ["bot/nowhere/main.py"]),
        (
            missing_paths,
            "every `bot/drivers/NAME/profile.py`, no `bot/drivers/NAME/nothing.py`",
            ["bot/drivers/NAME/nothing.py"],
        ),
        (missing_paths, "https://example.org/docs/nowhere.html", []),
        (
            missing_names,
            "`pipeline.py`, `stages/`, `objects/transforms/`, not `cli/pipeline.py`",
            ["cli/pipeline.py"],
        ),
        (
            missing_modules,
            "bot.cli, bot.cli.main, bot.requests.pipeline.TO_SERVICE, bot.nowhere",
            ["bot.nowhere"],
        ),
        (
            missing_definitions,
            "`Bot.start`, `bot/app/process.py`; `Bot.fly` in `bot/app/process.py`",
            ["Bot.fly in bot/app/process.py"],
        ),
        (missing_modules, "bot.requests.pipeline.NOTHING", ["bot.requests.pipeline.NOTHING"]),
    ],
)
def test_what_is_not_there_is_found(missing: Callable[[str], list[str]], text: str, names: list[str]) -> None:
    assert missing(text) == names

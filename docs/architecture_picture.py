"""Draws docs/images/architecture.svg from the import graph: `make picture`.

Rooms stand in the order of the layers in `.importlinter`, so that every import goes downwards: a room's row
has a dot under each room that it imports, larger if many of its modules do (three sizes, so that the picture
changes when the structure does and not with every module). A dot left of the grey diagonal would be an import
that the contract forbids. A test compares the picture with the code.
"""

from __future__ import annotations

import ast
import collections
import configparser
import html
import pathlib

import grimp

ROOT = pathlib.Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "architecture.svg"
ROW, LEFT, CHARTER, CELL, TOP = 30, 120, 590, 30, 96  # pixels
LONGEST = 88  # characters of a charter
INK, FAINT, DOT = "#1d1c1d", "#616061", "#1264a3"


def rooms() -> list[str]:
    """The rooms from the top layer to the bottom, by the contract of the layers."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    layers = contracts["importlinter:contract:layers"]["layers"].split("\n")
    return [room.strip() for layer in layers for room in layer.split("|") if room.strip()]


def charter(room: str) -> str:
    """The first sentence of a room's docstring."""
    source = (ROOT / room.replace(".", "/") / "__init__.py").read_text()
    text = " ".join((ast.get_docstring(ast.parse(source)) or "").split("\n\n")[0].split())
    sentence = text.split(". ")[0].rstrip(".").replace("`", "")
    return sentence if len(sentence) <= LONGEST else sentence[: LONGEST - 1].rsplit(" ", 1)[0] + "…"


def imports(order: list[str]) -> collections.Counter[tuple[str, str]]:
    """How many modules of one room import another room."""
    graph = grimp.build_graph(*sorted({room.partition(".")[0] for room in order}))
    importers: dict[tuple[str, str], set[str]] = collections.defaultdict(set)
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            pair = _room_of(module, order), _room_of(imported, order)
            if pair[0] and pair[1] and pair[0] != pair[1]:
                importers[pair].add(module)
    return collections.Counter({pair: len(modules) for pair, modules in importers.items()})


def _room_of(module: str, order: list[str]) -> str:
    return next((room for room in order if module == room or module.startswith(f"{room}.")), "")


def picture() -> str:
    """The whole picture as SVG, the same bytes for the same code."""
    order = rooms()
    counts = imports(order)
    width, height = LEFT + CHARTER + CELL * len(order) + 20, TOP + ROW * len(order) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family="Helvetica, Arial, sans-serif" role="img"'
        ' aria-label="The rooms of xk8s from top to bottom, and which room imports which">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for row, room in enumerate(order):
        y = TOP + row * ROW
        if row % 2 == 0:
            parts.append(f'<rect x="10" y="{y}" width="{width - 20}" height="{ROW}" fill="#f4f6f8"/>')
        parts += _row(room, y)
        x = LEFT + CHARTER + row * CELL
        parts.append(
            f'<text transform="translate({x + 19},{TOP - 8}) rotate(-60)" font-size="13" fill="{INK}">'
            f"{room.removeprefix('bot.')}</text>"
        )
        parts.append(f'<rect x="{x}" y="{y}" width="{CELL}" height="{ROW}" fill="#dde3e8"/>')
        for column, imported in enumerate(order):
            if modules := counts[room, imported]:
                parts.append(_dot(LEFT + CHARTER + column * CELL + CELL // 2, y + ROW // 2, modules))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _row(room: str, y: int) -> list[str]:
    name, text = html.escape(room.removeprefix("bot.")), html.escape(charter(room))
    return [
        f'<text x="20" y="{y + 20}" font-size="15" font-weight="bold" fill="{INK}">{name}</text>',
        f'<text x="{LEFT}" y="{y + 20}" font-size="12" fill="{INK}">{text}</text>',
    ]


def _dot(x: int, y: int, modules: int) -> str:
    radius = 4 if modules < 3 else 6 if modules < 10 else 9
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{DOT}"/>'


if __name__ == "__main__":
    PICTURE.write_text(picture())

"""Draws a matrix before and after as a PNG: sources down, destinations across, two grids side by side.

What closes is red with a cross, what opens is green with a plus, so that it also reads without colours. The
picture is drawn at twice its size, for phones with fine screens; its largest is about 2,800 pixels wide.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

from bot.policy.matrix import OUTSIDE, Cell, Matrix

SCALE = 2
MARGIN, GAP, TITLE, LEGEND, HEADING = 16, 28, 34, 44, 20
SMALLEST, LARGEST = 20, 34  # of a cell; few workloads get larger ones
GRIDS_WIDE = 1_050  # what both grids may take together
LONGEST_LABEL = 36  # characters
PAPER, INK, QUIET, LINE = "#ffffff", "#1f2328", "#656d76", "#d8dee4"
EMPTY, ALLOWED = "#f6f8fa", "#a3b1c2"
CROSS, PLUS = "cross", "plus"
COLOURS: dict[Cell, tuple[str, str, str]] = {  # fill, mark, colour of the mark
    Cell.NONE: (EMPTY, "", INK),
    Cell.KEPT: (ALLOWED, "", INK),
    Cell.CLOSED: ("#cf222e", CROSS, "#ffffff"),
    Cell.NARROWED: ("#ffc1ba", CROSS, "#a40e26"),
    Cell.OPENED: ("#1a7f37", PLUS, "#ffffff"),
    Cell.WIDENED: ("#aceebb", PLUS, "#116329"),
}
WORDS: dict[Cell, str] = {
    Cell.KEPT: "allowed",
    Cell.CLOSED: "closes",
    Cell.NARROWED: "closes in part",
    Cell.OPENED: "opens",
    Cell.WIDENED: "opens in part",
}

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw(matrix: Matrix, *, title: str) -> bytes:
    """The picture of a matrix, as PNG."""
    return _Drawing(matrix, title).png()


class _Drawing:
    def __init__(self, matrix: Matrix, title: str) -> None:
        self._matrix = matrix
        self._title = title
        number = len(matrix.workloads)
        self._cell = max(SMALLEST, min(LARGEST, GRIDS_WIDE // (2 * number)))
        self._font, self._small, self._large = (ImageFont.load_default(size * SCALE) for size in (12, 11, 16))
        self._names = [_label(name) for name in matrix.workloads]
        self._widest = max(self._width(name, self._font) for name in self._names)
        self._side = number * self._cell
        self._left = MARGIN + self._widest + 8
        self._top = MARGIN + TITLE + HEADING + self._widest + 8
        width = self._left + 2 * self._side + GAP + MARGIN
        self._wide = max(width, MARGIN * 2 + self._width(title, self._large), 560)
        self._high = self._top + self._side + LEGEND + MARGIN
        self._image = Image.new("RGB", (int(self._wide * SCALE), int(self._high * SCALE)), PAPER)
        self._pen = ImageDraw.Draw(self._image)

    def png(self) -> bytes:
        self._text(MARGIN, MARGIN, self._title, self._large)
        second = self._left + self._side + GAP
        self._grid(self._left, "before", lambda pair: Cell.KEPT if pair in self._matrix.before else Cell.NONE)
        self._grid(second, "after", lambda pair: self._matrix.cells[pair])
        for number, name in enumerate(self._names):
            at = self._top + number * self._cell + self._cell / 2
            self._text(self._left - 6, at, name, self._font, anchor="rm", fill=self._ink(number))
        self._legend()
        out = io.BytesIO()
        self._image.quantize(64, method=Image.Quantize.FASTOCTREE).save(out, "PNG", compress_level=6)
        return out.getvalue()

    def _grid(self, left: float, heading: str, cell: Callable[[tuple[str, str]], Cell]) -> None:
        self._text(left, MARGIN + TITLE, heading, self._font, fill=QUIET)
        for number, name in enumerate(self._names):
            self._upright(left + number * self._cell + self._cell / 2, self._top - 6, name, self._ink(number))
        for row, source in enumerate(self._matrix.workloads):
            for column, destination in enumerate(self._matrix.workloads):
                x, y = left + column * self._cell, self._top + row * self._cell
                self._square(x, y, self._cell, cell((source, destination)), diagonal=row == column)

    def _square(self, x: float, y: float, size: float, cell: Cell, *, diagonal: bool = False) -> None:
        fill, mark, colour = COLOURS[cell]
        box = [x * SCALE, y * SCALE, (x + size) * SCALE, (y + size) * SCALE]
        self._pen.rectangle(box, fill=fill, outline=LINE)
        if diagonal and cell is Cell.NONE:
            self._pen.line(box, fill=LINE, width=SCALE)
        if mark:
            self._mark(x + size / 2, y + size / 2, size / 4, mark, colour)

    def _mark(self, x: float, y: float, reach: float, mark: str, colour: str) -> None:
        """A plus or a cross, drawn: the font has no cross."""
        lean = reach * 0.8 if mark == CROSS else 0.0
        for dx, dy in (
            ((reach - lean, lean), (lean, lean - reach)) if mark == PLUS else ((lean, lean), (lean, -lean))
        ):
            ends = [(x - dx) * SCALE, (y - dy) * SCALE, (x + dx) * SCALE, (y + dy) * SCALE]
            self._pen.line(ends, fill=colour, width=2 * SCALE)

    def _legend(self) -> None:
        x, y = float(MARGIN), self._top + self._side + 16
        shown = {cell for cell in self._matrix.cells.values() if cell is not Cell.NONE} | {Cell.KEPT}
        for cell, words in WORDS.items():
            if cell in shown:
                self._square(x, y, 16, cell)
                self._text(x + 22, y + 8, words, self._small, anchor="lm")
                x += 22 + self._width(words, self._small) + 18
        more = self._matrix.more
        left_out = f"{more:,} more workload{'' if more == 1 else 's'} not shown" if more else ""
        note = " · ".join(part for part in ("from: rows, to: columns", left_out) if part)
        self._text(MARGIN, y + 24, note, self._small, fill=QUIET)

    def _ink(self, number: int) -> str:
        return QUIET if self._matrix.workloads[number] == OUTSIDE else INK

    def _width(self, text: str, font: Font) -> float:
        return float(font.getlength(text)) / SCALE

    def _text(
        self, x: float, y: float, text: str, font: Font, *, anchor: str = "la", fill: str = INK
    ) -> None:
        self._pen.text((x * SCALE, y * SCALE), text, font=font, fill=fill, anchor=anchor)

    def _upright(self, x: float, bottom: float, text: str, fill: str) -> None:
        """Text that reads upwards and ends above its column."""
        high = int(self._width(text, self._font) * SCALE) + 4
        strip = Image.new("RGB", (high, 18 * SCALE), PAPER)
        ImageDraw.Draw(strip).text((0, 9 * SCALE), text, font=self._font, fill=fill, anchor="lm")
        turned = strip.rotate(90, expand=True)
        self._image.paste(turned, (int(x * SCALE - turned.width / 2), int(bottom * SCALE) - turned.height))


def _label(workload: str) -> str:
    """`shop/cart[Deployment]` as `shop/cart`; the end of a long name says more than its middle."""
    name = workload.partition("[")[0]
    if len(name) <= LONGEST_LABEL:
        return name
    return f"{name[: LONGEST_LABEL - 11]}…{name[-10:]}"

"""Draws a matrix before and after a change as a PNG: two grids with sources down and destinations across.

What closes is red with a cross and what opens is green with a plus, so that it can be read without colours
too. The picture is drawn at twice its size, for phones with fine screens; the largest is about 2,800 pixels
wide.
"""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

from bot.common.wording import count
from bot.policy.matrix import OUTSIDE, Matrix, Pair, PairChange

SCALE = 2
MARGIN, GAP, TITLE, LEGEND, HEADING = 16, 28, 34, 44, 20
SMALLEST, LARGEST = 20, 34  # side of a cell: the fewer workloads, the larger
GRIDS_WIDTH = 1_050  # what both grids may take together
LONGEST_LABEL = 36  # characters
PAPER, INK, QUIET, LINE = "#ffffff", "#1f2328", "#656d76", "#d8dee4"
EMPTY, ALLOWED = "#f6f8fa", "#a3b1c2"
CROSS, PLUS = "cross", "plus"
COLOURS: dict[PairChange, tuple[str, str, str]] = {  # fill, mark, colour of the mark
    PairChange.NONE: (EMPTY, "", INK),
    PairChange.KEPT: (ALLOWED, "", INK),
    PairChange.CLOSED: ("#cf222e", CROSS, "#ffffff"),
    PairChange.NARROWED: ("#ffc1ba", CROSS, "#a40e26"),
    PairChange.OPENED: ("#1a7f37", PLUS, "#ffffff"),
    PairChange.WIDENED: ("#aceebb", PLUS, "#116329"),
}
LEGEND_TEXTS: dict[PairChange, str] = {
    PairChange.KEPT: "allowed",
    PairChange.CLOSED: "closes",
    PairChange.NARROWED: "closes in part",
    PairChange.OPENED: "opens",
    PairChange.WIDENED: "opens in part",
}

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw(matrix: Matrix, *, title: str) -> bytes:
    """Return the picture of a matrix, as PNG."""
    return _Drawing(matrix, title).png()


class _Drawing:
    """Lengths are in units of `SCALE` pixels."""

    def __init__(self, matrix: Matrix, title: str) -> None:
        self._matrix = matrix
        self._title = title
        number = len(matrix.workloads)
        self._cell = max(SMALLEST, min(LARGEST, GRIDS_WIDTH // (2 * number)))
        self._font, self._small, self._large = (ImageFont.load_default(size * SCALE) for size in (12, 11, 16))
        self._labels = [_label(name) for name in matrix.workloads]
        label_width = max(self._text_width(label, self._font) for label in self._labels)
        self._side = number * self._cell
        self._left = MARGIN + label_width + 8
        self._top = MARGIN + TITLE + HEADING + label_width + 8
        grids = self._left + 2 * self._side + GAP + MARGIN
        width = max(grids, MARGIN * 2 + self._text_width(title, self._large), 560)
        height = self._top + self._side + LEGEND + MARGIN
        self._image = Image.new("RGB", (int(width * SCALE), int(height * SCALE)), PAPER)
        self._pen = ImageDraw.Draw(self._image)

    def png(self) -> bytes:
        self._text(MARGIN, MARGIN, self._title, self._large)
        before = self._matrix.before
        second = self._left + self._side + GAP
        self._grid(self._left, "before", lambda pair: PairChange.KEPT if pair in before else PairChange.NONE)
        self._grid(second, "after", self._matrix.changes.__getitem__)
        for row, label in enumerate(self._labels):
            middle = self._top + row * self._cell + self._cell / 2
            self._text(self._left - 6, middle, label, self._font, anchor="rm", fill=self._label_colour(row))
        self._legend()
        stream = io.BytesIO()
        image = self._image.quantize(64, method=Image.Quantize.FASTOCTREE)
        image.save(stream, "PNG", compress_level=6)
        return stream.getvalue()

    def _grid(self, left: float, heading: str, change_of: Callable[[Pair], PairChange]) -> None:
        self._text(left, MARGIN + TITLE, heading, self._font, fill=QUIET)
        for column, label in enumerate(self._labels):
            middle = left + column * self._cell + self._cell / 2
            self._upright(middle, self._top - 6, label, self._label_colour(column))
        for row, source in enumerate(self._matrix.workloads):
            for column, destination in enumerate(self._matrix.workloads):
                x, y = left + column * self._cell, self._top + row * self._cell
                change = change_of((source, destination))
                self._square(x, y, self._cell, change, diagonal=row == column)

    def _square(self, x: float, y: float, size: float, change: PairChange, *, diagonal: bool = False) -> None:
        fill, mark, colour = COLOURS[change]
        box = [x * SCALE, y * SCALE, (x + size) * SCALE, (y + size) * SCALE]
        self._pen.rectangle(box, fill=fill, outline=LINE)
        if diagonal and change is PairChange.NONE:
            self._pen.line(box, fill=LINE, width=SCALE)
        if mark:
            self._mark(x + size / 2, y + size / 2, size / 4, mark=mark, colour=colour)

    def _mark(self, x: float, y: float, radius: float, *, mark: str, colour: str) -> None:
        """Draw a plus or a cross, because the font has no cross."""
        diagonal = radius * 0.8
        upright, oblique = ((radius, 0.0), (0.0, -radius)), ((diagonal, diagonal), (diagonal, -diagonal))
        for dx, dy in upright if mark == PLUS else oblique:
            ends = [(x - dx) * SCALE, (y - dy) * SCALE, (x + dx) * SCALE, (y + dy) * SCALE]
            self._pen.line(ends, fill=colour, width=2 * SCALE)

    def _legend(self) -> None:
        x, y = float(MARGIN), self._top + self._side + 16
        occurring = {*self._matrix.changes.values(), PairChange.KEPT}
        for change, text in LEGEND_TEXTS.items():
            if change in occurring:
                self._square(x, y, 16, change)
                self._text(x + 22, y + 8, text, self._small, anchor="lm")
                x += 22 + self._text_width(text, self._small) + 18
        hidden = self._matrix.omitted_count
        left_out = f" · {count(hidden, 'more workload')} not shown" if hidden else ""
        self._text(MARGIN, y + 24, f"from: rows, to: columns{left_out}", self._small, fill=QUIET)

    def _label_colour(self, number: int) -> str:
        return QUIET if self._matrix.workloads[number] == OUTSIDE else INK

    def _text_width(self, text: str, font: Font) -> float:
        return float(font.getlength(text)) / SCALE

    def _text(
        self, x: float, y: float, text: str, font: Font, *, anchor: str = "la", fill: str = INK
    ) -> None:
        self._pen.text((x * SCALE, y * SCALE), text, font=font, fill=fill, anchor=anchor)

    def _upright(self, x: float, bottom: float, text: str, fill: str) -> None:
        """Write text that reads upwards and ends above its column."""
        length = int(self._text_width(text, self._font) * SCALE) + 4
        strip = Image.new("RGB", (length, 18 * SCALE), PAPER)
        ImageDraw.Draw(strip).text((0, 9 * SCALE), text, font=self._font, fill=fill, anchor="lm")
        rotated = strip.rotate(90, expand=True)
        self._image.paste(rotated, (int(x * SCALE - rotated.width / 2), int(bottom * SCALE) - rotated.height))


def _label(workload: str) -> str:
    """`shop/cart[Deployment]` as `shop/cart`; the end of a long name says more than its middle."""
    name = workload.partition("[")[0]
    if len(name) <= LONGEST_LABEL:
        return name
    return f"{name[: LONGEST_LABEL - 11]}…{name[-10:]}"

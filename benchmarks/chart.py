"""A plain chart of seconds against a size, one panel for each curve, as a PNG."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 720, 460
LEFT, RIGHT, TOP, BOTTOM = 80, 40, 60, 70
INK, FAINT, BLUE = (40, 40, 40), (225, 225, 225), (31, 110, 180)
STEPS = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Curve:
    """Points (size, seconds), sorted by size, and a note for each."""

    title: str
    axis: str
    points: tuple[tuple[float, float], ...]
    notes: tuple[str, ...]


def draw(path: pathlib.Path, curves: Sequence[Curve]) -> None:
    """Write the panels side by side."""
    image = Image.new("RGB", (WIDTH * len(curves), HEIGHT), "white")
    for number, curve in enumerate(curves):
        _panel(ImageDraw.Draw(image), curve, WIDTH * number)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, optimize=True)


def _panel(canvas: ImageDraw.ImageDraw, curve: Curve, offset: int) -> None:
    font, large = ImageFont.load_default(13), ImageFont.load_default(16)
    most_x, most_y = curve.points[-1][0], _round_up(max(seconds for _, seconds in curve.points))

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            offset + LEFT + x / most_x * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - y / most_y * (HEIGHT - TOP - BOTTOM),
        )

    canvas.text((offset + LEFT, 18), f"Seconds to work out every pair, by {curve.title}", INK, large)
    for step in range(STEPS + 1):
        y = most_y * step / STEPS
        canvas.line((*place(0, y), *place(most_x, y)), FAINT)
        canvas.text((offset + LEFT - 8, place(0, y)[1]), f"{y:.3g} s", INK, font, anchor="rm")
        x = most_x * step / STEPS
        canvas.text((place(x, 0)[0], HEIGHT - BOTTOM + 10), f"{x:,.0f}", INK, font, anchor="mt")
    canvas.text((offset + WIDTH / 2, HEIGHT - 28), curve.axis, INK, font, anchor="mt")
    canvas.line([place(*point) for point in curve.points], BLUE, 2, joint="curve")
    for point, note in zip(curve.points, curve.notes, strict=True):
        x, y = place(*point)
        canvas.ellipse((x - 4, y - 4, x + 4, y + 4), BLUE)
        if point[0] >= most_x / 8:  # below that the notes would cover each other
            canvas.text((x - 6, y - 6), note, INK, font, anchor="rb")


def _round_up(seconds: float) -> float:
    """To 1, 2 or 5 times a power of ten, so that the steps are round."""
    size = 0.001
    while True:
        for factor in (1, 2, 5):
            if seconds <= size * factor:
                return size * factor
        size *= 10

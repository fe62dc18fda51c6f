"""The picture of a matrix: its size, its colours and its legend."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageDraw

from bot.policy.picture import LEGEND_TEXTS, draw
from bot.policy.reach.model import Pod
from tests.unit.policy.builders import SHOP, pod
from tests.unit.policy.test_matrix import matrix


@pytest.mark.parametrize(
    "pods", [SHOP, tuple(pod(f"workload-with-a-long-name-{n}-1") for n in range(60))], ids=["few", "many"]
)
def test_the_picture_is_a_png_of_bounded_size(pods: tuple[Pod, ...]) -> None:
    content = draw(matrix(pods=pods), title="deny on prod-eu / shop")
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "PNG" and image.width <= 3_400 and image.height <= 2_600
        colours: Any = {colour for _, colour in image.convert("RGB").getcolors(1 << 24) or []}
    assert any(abs(red - 207) < 9 and green < 60 and blue < 70 for red, green, blue in colours), (
        "what closes is red"
    )
    assert len(content) < 200_000


def size(pods: tuple[Pod, ...], title: str = "deny") -> tuple[int, int]:
    with Image.open(io.BytesIO(draw(matrix(pods=pods), title=title))) as image:
        return image.size


def test_cells_shrink_so_that_many_workloads_take_no_more_room_than_some() -> None:
    def workloads(number: int) -> tuple[Pod, ...]:
        return tuple(pod(f"w{index:02d}-1") for index in range(number))

    few, some, many = (size(workloads(number)) for number in (4, 20, 24))
    assert few < some == many, "cells have a largest size, and together a largest width"
    assert size(workloads(60)) == many, "more workloads are counted and not drawn"


def test_a_long_title_is_never_cut() -> None:
    assert size(SHOP, title="t" * 120)[0] > size(SHOP)[0]


def test_the_legend_names_what_occurs_and_how_many_workloads_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts: list[str] = []
    write = ImageDraw.ImageDraw.text

    def remember(pen: ImageDraw.ImageDraw, place: Any, text: str, **options: Any) -> None:
        texts.append(text)
        write(pen, place, text, **options)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", remember)
    draw(matrix(), title="deny on prod-eu / shop")
    legend = [text for text in texts if text in LEGEND_TEXTS.values()]
    assert legend == ["allowed", "closes"] and "from: rows, to: columns" in texts
    texts.clear()
    draw(matrix(pods=tuple(pod(f"w{index}-1") for index in range(26))), title="x")
    assert "from: rows, to: columns · 2 more workloads not shown" in texts
    texts.clear()
    draw(matrix(pods=tuple(pod(f"w{index}-1") for index in range(25))), title="x")
    assert "from: rows, to: columns · 1 more workload not shown" in texts

"""The drawing of the road in docs/architecture.md is true."""

from __future__ import annotations

import pathlib
import re

from bot.requests.pipeline import TO_PERSON, TO_SERVICE

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "architecture.md"


def test_the_drawing_has_every_stage_in_order() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## The way of one request")[2].partition("\n## ")[0]
    drawn = re.findall(r"^    ([a-z]+(?:_[a-z]+)*)  ", section, re.MULTILINE)
    assert drawn == [stage.__name__ for stage in (*TO_SERVICE, *TO_PERSON)]

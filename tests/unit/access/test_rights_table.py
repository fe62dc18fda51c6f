"""The documented rights are those of the code."""

from __future__ import annotations

import pathlib

from bot.access.rights_table import rights_table

PAGE = pathlib.Path(__file__).parents[3] / "docs" / "access.md"


def test_the_table_of_rights_is_what_the_rules_say() -> None:
    between = PAGE.read_text().split("compares -->\n")[1].split("<!-- /rights -->")[0]
    assert between.strip() == rights_table()

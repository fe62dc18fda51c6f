"""Block Kit within Slack's limits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import kit


def test_what_slack_would_take_for_markup_is_escaped_once_and_in_order() -> None:
    assert kit.escape("<!channel> & co") == "&lt;!channel&gt; &amp; co"


def test_a_name_cannot_break_out_of_bold_or_code() -> None:
    assert kit.bold("a*b") == "*a∗b*"
    assert kit.code("a`b") == "`aˋb`"


def test_a_fence_inside_preformatted_text_does_not_end_it() -> None:
    assert kit.fenced("x```y").count("```") == 2


def test_a_terminal_actor_is_not_made_a_mention() -> None:
    assert kit.person("U1") == "<@U1>"
    assert kit.person("terminal:deploy@host") == "terminal:deploy@host"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.42, "0.4 s"), (9.96, "10.0 s"), (48, "48 s"), (360, "6 min"), (7200, "2 h"), (200_000, "2 days")],
)
def test_durations_carry_the_unit_that_says_enough(seconds: float, said: str) -> None:
    assert kit.duration(seconds) == said


def test_a_moment_is_shown_in_the_readers_zone_with_utc_as_fallback() -> None:
    at = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
    assert (
        kit.moment(at) == f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|2026-11-24 09:05 UTC>"
    )


@given(st.text(max_size=9_000), st.integers(min_value=5, max_value=3_000))
def test_splitting_text_loses_only_the_line_ends_it_splits_at(text: str, limit: int) -> None:
    parts = kit.split_text(text, limit)
    assert all(len(part) <= limit for part in parts)
    assert "".join(parts).replace("\n", "") == text.replace("\n", "")


@given(st.lists(st.sampled_from(["section", "table", "divider"]), max_size=140), st.integers(0, 3_000))
def test_no_message_exceeds_a_limit_and_no_block_is_lost(kinds: list[str], size: int) -> None:
    made: list[kit.Block] = []
    for kind in kinds:
        if kind == "section":
            made.append(kit.section("x" * size))
        elif kind == "table":
            made.append(kit.table(["a"], [["b"]]))
        else:
            made.append(kit.divider())
    spread = kit.messages("text", made)
    assert [block for message in spread for block in message.blocks] == made
    for message in spread:
        assert len(message.blocks) <= kit.BLOCKS_PER_MESSAGE
        assert sum(map(kit.text_size, message.blocks)) <= kit.CHARACTERS_PER_MESSAGE
        assert sum(block["type"] == "table" for block in message.blocks) <= 1


def test_parts_of_a_long_answer_are_numbered() -> None:
    parts = kit.messages("3 clusters", [kit.section("x")] * 51)
    assert [part.text for part in parts] == ["3 clusters (1/2)", "3 clusters (2/2)"]


@given(st.lists(st.lists(st.text(max_size=400), min_size=2, max_size=2), max_size=250))
def test_tables_are_split_at_slacks_limits_and_keep_every_row(rows: list[list[str]]) -> None:
    parts = list(kit.table_parts(["Node", "Why"], rows))
    assert sum(len(part["rows"]) - 1 for part in parts) == len(rows)
    for part in parts:
        assert len(part["rows"]) <= kit.TABLE_ROWS
        assert all(cell["text"] for row in part["rows"] for cell in row), "Slack refuses empty cells"


def test_destructive_buttons_come_last() -> None:
    from bot.actions.action import Action

    delete = kit.Button(label="Delete", action=Action(), style="danger")
    keep = kit.Button(label="Keep", action=Action())
    row = kit.buttons(delete, keep)
    assert [element["button"].label for element in row["elements"]] == ["Keep", "Delete"]

"""Blocks, buttons and messages within Slack's limits; texts are tested in `test_mrkdwn`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.actions.action import Action
from bot.slack import kit


@given(st.lists(st.sampled_from(["section", "table", "divider"]), max_size=140), st.integers(0, 3_000))
def test_no_message_exceeds_a_limit_and_no_block_is_lost(kinds: list[str], size: int) -> None:
    builders = {
        "section": lambda: kit.section("x" * size),
        "table": lambda: kit.table(["a"], [["b"]]),
        "divider": kit.divider,
    }
    blocks = [builders[kind]() for kind in kinds]
    spread = kit.messages("text", blocks)
    assert [block for message in spread for block in message.blocks] == blocks
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
    delete = kit.Button(label="Delete", action=Action(), style="danger")
    keep = kit.Button(label="Keep", action=Action())
    row = kit.buttons(delete, keep)
    assert [element["button"].label for element in row["elements"]] == ["Keep", "Delete"]


def test_a_row_holds_no_more_buttons_than_slack_takes() -> None:
    row = kit.buttons(*(kit.Button(label=str(number), action=Action()) for number in range(30)))
    assert len(row["elements"]) == kit.BUTTONS_PER_ROW


def test_names_and_values_stand_side_by_side_ten_to_a_section() -> None:
    blocks = kit.fields([(f"name {number}", "value") for number in range(12)])
    assert [len(block["fields"]) for block in blocks] == [10, 2]
    assert blocks[0]["fields"][0]["text"] == "*name 0*\nvalue"


def test_text_that_is_empty_or_too_long_still_makes_a_block() -> None:
    assert kit.section("")["text"]["text"] == " ", "Slack refuses an empty text"
    assert len(kit.section("x" * 9_000)["text"]["text"]) == kit.SECTION_TEXT
    assert len(kit.header("x" * 900)["text"]["text"]) == kit.HEADER_TEXT
    assert [len(block["text"]["text"]) for block in kit.sections("x" * 4_000)] == [3_000, 1_000]


def test_a_message_is_as_long_as_the_texts_in_its_blocks() -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "abc"}, "fields": [{"text": "de"}]}
    assert kit.text_size(block) == 5

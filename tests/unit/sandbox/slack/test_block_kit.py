"""Slack's limits in the sandbox: what is at the limit is taken, one more is refused."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.slack.block_kit import BLOCK_TEXT, check_message, check_view
from sandbox.slack.errors import SlackError


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def buttons(number: int, **more: Any) -> dict[str, Any]:
    elements = [
        {"type": "button", "action_id": f"a{n}", "text": {"type": "plain_text", "text": "b"}, **more}
        for n in range(number)
    ]
    return {"type": "actions", "elements": elements}


def table(rows: int, cells: int) -> dict[str, Any]:
    return {
        "type": "table",
        "rows": [[{"type": "raw_text", "text": "x"} for _ in range(cells)] for _ in range(rows)],
    }


def modal(**more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": {"type": "plain_text", "text": "t"}, "blocks": [section("x")], **more}


PLAIN = {"type": "plain_text", "text": "t"}


def field(**more: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "label": PLAIN,
        "element": {"type": "plain_text_input", "action_id": "a", **more},
    }


def upload(most: int) -> dict[str, Any]:
    return {
        "type": "input",
        "label": PLAIN,
        "element": {"type": "file_input", "action_id": "a", "max_files": most},
    }


def image(**more: Any) -> dict[str, Any]:
    return {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "x", **more}


AT_THE_LIMIT: dict[str, tuple[list[Any], list[Any]]] = {
    "blocks": ([section("x")] * 50, [section("x")] * 51),
    "section": ([section("x" * 3_000)], [section("x" * 3_001)]),
    "empty-section": ([section("x")], [section("")]),
    "header": (
        [{"type": "header", "text": {"type": "plain_text", "text": "x" * 150}}],
        [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
    ),
    "context": (
        [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 10}],
        [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}],
    ),
    "buttons": ([buttons(25)], [buttons(26)]),
    "button-label": (
        [buttons(1, text={"type": "plain_text", "text": "x" * 75})],
        [buttons(1, text={"type": "plain_text", "text": "x" * 76})],
    ),
    "button-value": ([buttons(1, value="x" * 2_000)], [buttons(1, value="x" * 2_001)]),
    "fields": (
        [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 10}],
        [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}],
    ),
    "table-rows": ([table(100, 2)], [table(101, 2)]),
    "table-cells": ([table(2, 20)], [table(2, 21)]),
    "tables": ([table(2, 2)], [table(2, 2), table(2, 2)]),
    "text": (
        [section("x" * 2_640)] * (BLOCK_TEXT // 2_640),
        [section("x" * 2_640)] * (BLOCK_TEXT // 2_640 + 1),
    ),
    "block-ids": ([{**section("x"), "block_id": "a"}], [{**section("x"), "block_id": "a"}] * 2),
    "image": ([image()], [image(slack_file=None)]),
    "image-text": ([image(alt_text="x" * 2_000)], [image(alt_text="x" * 2_001)]),
    "element": (
        [buttons(1)],
        [{"type": "actions", "elements": [{"type": "plain_text_input", "action_id": "a"}]}],
    ),
    "kinds": ([section("x")], [{"type": "carousel"}]),
}


@pytest.mark.parametrize("name", AT_THE_LIMIT)
def test_a_message_at_the_limit_is_taken_and_one_beyond_refused(name: str) -> None:
    good, bad = AT_THE_LIMIT[name]
    check_message(good)
    with pytest.raises(SlackError):
        check_message(bad)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (
            modal(title={"type": "plain_text", "text": "x" * 24}),
            modal(title={"type": "plain_text", "text": "x" * 25}),
        ),
        (modal(private_metadata="x" * 3_000), modal(private_metadata="x" * 3_001)),
        (modal(blocks=[section("x")] * 100), modal(blocks=[section("x")] * 101)),
        (modal(), modal(blocks=[table(1, 1)])),
        (modal(), {"type": "modal", "blocks": []}),
        (modal(submit=PLAIN, blocks=[field()]), modal(blocks=[field()])),
        (
            modal(submit=PLAIN, blocks=[field(max_length=3_000)]),
            modal(submit=PLAIN, blocks=[field(max_length=3_001)]),
        ),
        (modal(submit=PLAIN, blocks=[upload(10)]), modal(submit=PLAIN, blocks=[upload(11)])),
        ({"type": "home", "blocks": [section("x")]}, {"type": "home", "blocks": [upload(1)]}),
        ({"type": "home", "blocks": [field()]}, {"type": "page", "blocks": []}),
    ],
)
def test_a_view_at_the_limit_is_taken_and_one_beyond_refused(
    good: dict[str, Any], bad: dict[str, Any]
) -> None:
    check_view(good)
    with pytest.raises(SlackError):
        check_view(bad)

"""The same messages in a terminal, without Slack's markup."""

from __future__ import annotations

import pytest

from bot.actions.audit import AuditList
from bot.slack import kit, plain_text
from tests.unit.slack.examples.requests import NOW


@pytest.mark.parametrize(
    ("mrkdwn", "text"),
    [
        ("*bold* and _italic_", "bold and italic"),
        ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
        ("`code`", "code"),
        (kit.fenced("a\nb"), "a\nb"),
        (kit.moment(NOW), "2026-11-24 09:00 UTC"),
        ("<https://example.com|open it>", "open it"),
        ("<@U1> <#C1> <!here>", "@U1 @C1 @here"),
        (kit.escape("<a> & b"), "<a> & b"),
        (kit.escape("&lt;"), "&lt;"),
    ],
)
def test_markup_becomes_text(mrkdwn: str, text: str) -> None:
    assert plain_text.text(mrkdwn) == text


def test_a_long_line_is_wrapped_and_goes_on_indented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_text, "WIDTH", 40)
    lines = plain_text.lines([kit.section("word " * 30)])
    assert len(lines) == 5 and all(len(line) <= 40 for line in lines)
    assert all(line.startswith("  word") for line in lines[1:])


def test_an_empty_line_stays() -> None:
    assert plain_text.lines([kit.section("a\n\nb")]) == ["a", "", "b"]


def test_fields_are_a_line_each() -> None:
    blocks = kit.fields([("Driver", "calico"), ("Labels", "a\nb")])
    assert plain_text.lines(blocks) == ["Driver: calico", "Labels: a b"]


def test_each_kind_of_block_has_its_text() -> None:
    button = kit.Button(label="Look", action=AuditList())
    actions = {"type": "actions", "elements": [{"text": kit.header("Look")["text"]}, {"placeholder": {}}]}
    blocks = [kit.header("title"), kit.divider(), kit.context("a", "b"), kit.buttons(button), actions]
    assert plain_text.lines(blocks) == ["TITLE", "─" * 40, "a · b", "[Look]", "[Look]  []"]
    assert plain_text.lines([{"type": "image"}]) == []


def test_a_table_is_aligned_and_its_long_cells_are_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_text, "WIDTH", 40)
    table = kit.table(["Node", "Why"], [["n1", "word " * 12], ["node-2", ""]])
    lines = plain_text.lines([table])
    assert lines[0] == "Node    Why"
    assert [line[:8].strip() for line in lines[1:]] == ["n1", "", "node-2"]
    assert lines[-1] == "node-2  –"

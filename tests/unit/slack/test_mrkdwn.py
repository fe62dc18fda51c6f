"""Slack's markup: what people and servers say stays text, and times are the reader's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import mrkdwn

AT = datetime(2026, 11, 24, 9, 5, 7, tzinfo=UTC)


def test_what_slack_would_take_for_markup_is_escaped_once_and_in_order() -> None:
    assert mrkdwn.escape("<!channel> & co") == "&lt;!channel&gt; &amp; co"


def test_a_name_cannot_break_out_of_bold_or_code() -> None:
    assert mrkdwn.bold("a*b") == "*a∗b*"
    assert mrkdwn.code("a`b") == "`aˋb`"


def test_a_fence_inside_preformatted_text_does_not_end_it() -> None:
    assert mrkdwn.fenced("x```y").count("```") == 2


def test_a_terminal_actor_is_not_made_a_mention() -> None:
    assert mrkdwn.person("U1") == "<@U1>"
    assert mrkdwn.person("terminal:deploy@host") == "terminal:deploy@host"
    assert mrkdwn.person("") == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.42, "0.4 s"), (9.96, "10.0 s"), (48, "48 s"), (360, "6 min"), (7200, "2 h"), (200_000, "2 days")],
)
def test_durations_carry_the_unit_that_says_enough(seconds: float, text: str) -> None:
    assert mrkdwn.duration(seconds) == text


def test_a_moment_is_shown_in_the_readers_zone_with_utc_as_fallback() -> None:
    seconds = int(AT.timestamp())
    assert mrkdwn.moment(AT) == f"<!date^{seconds}^{{date_short_pretty}} {{time}}|2026-11-24 09:05 UTC>"
    assert mrkdwn.as_of(AT) == f"as of <!date^{seconds}^{{time_secs}}|09:05:07 UTC>"


@pytest.mark.parametrize(("text", "shortened"), [("abc", "abc"), ("abcdef", "abcd…"), ("abc  f", "abc…")])
def test_what_is_cut_is_marked(text: str, shortened: str) -> None:
    assert mrkdwn.cut(text, 5) == shortened


def test_a_line_for_notifications_has_no_marks() -> None:
    assert mrkdwn.plain_line("✅ *done* with `x`") == "✅ done with x"
    assert len(mrkdwn.plain_line("x" * 9_000)) == mrkdwn.MESSAGE_TEXT


@given(st.text(max_size=9_000), st.integers(min_value=5, max_value=3_000))
def test_splitting_text_loses_only_the_line_ends_it_splits_at(text: str, limit: int) -> None:
    parts = mrkdwn.split_text(text, limit)
    assert all(len(part) <= limit for part in parts)
    assert "".join(parts).replace("\n", "") == text.replace("\n", "")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("aa\nbb cc", ["aa", "bb cc"]),
        ("aa bb cc", ["aa bb", " cc"]),
        ("aaaaaaaa", ["aaaaaa", "aa"]),
        ("", [""]),
    ],
    ids=["between-lines", "between-words", "anywhere", "nothing"],
)
def test_text_is_split_where_it_hurts_least(text: str, parts: list[str]) -> None:
    assert mrkdwn.split_text(text, 6) == parts

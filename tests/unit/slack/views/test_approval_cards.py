"""The card of an approval: what an approver must know, and the buttons while it is open."""

from __future__ import annotations

from typing import Any

import pytest

from bot.access.authorisation import Deciders
from bot.actions.approvals import ApprovalDecide, ApprovalForm, ApprovalsWithdraw
from bot.slack import kit
from bot.slack.views import approval_cards as cards
from storage.approvals import Approval, Decision
from tests.unit.slack.examples.approvals import DECIDERS, approval
from tests.unit.slack.examples.requests import NOW
from tests.unit.slack.rendering import buttons, text, words

SHOWN = {
    "headline": "cluster delete dev-eu",
    "consequences": ["3 nodes are removed"],
    "warnings": ["it has volumes"],
    "target": "dev-eu",
    "destructive": False,
}


def plain(state: str = "open", **changes: Any) -> Approval:
    """An approval with short texts that one approver decides, without a window."""
    values = {"shown": SHOWN, "reason": "", "needed": 1, "decisions": (), "not_before": None, "typed": ""}
    return approval(state, **(values | {"note": ""} | changes))


def card(stored: Approval, **changes: Any) -> kit.Message:
    [message] = cards.show_card(stored, DECIDERS, **changes).messages
    return message


def test_warnings_come_before_consequences_and_what_cannot_be_undone_is_said() -> None:
    lines = text(card(plain(shown=SHOWN | {"destructive": True}))).split("\n")
    assert lines[:3] == ["⚠️ it has volumes", "• 3 nodes are removed", "This cannot be undone."]


def test_of_many_consequences_the_first_are_shown_and_the_others_counted() -> None:
    many = plain(shown=SHOWN | {"consequences": [f"thing {number}" for number in range(40)]})
    consequences = words(cards.consequences(many))
    assert "thing 23" in consequences and "thing 24" not in consequences and "…and 16 more" in consequences
    assert cards.consequences(plain(shown=SHOWN | {"consequences": [], "warnings": []})) == []


def test_who_may_decide_is_mentioned_but_neither_who_asked_nor_who_has_decided() -> None:
    decided = (Decision(person="U2", name="bo", approved=True, comment="", at=NOW),)
    card_text = text(card(plain(needed=2, decisions=decided)))
    mentions = card_text[card_text.index("other than who asked: ") :]
    assert "@U0 @U3 @U4" in mentions and "@U1 " not in mentions and "@U2 " not in mentions
    assert "and 29 more" in mentions
    everybody = Deciders(users=(), groups=(), everyone=True, people=frozenset())
    assert "anyone in the channel" in text(*cards.show_card(plain(), everybody).messages)


@pytest.mark.parametrize(
    ("state", "changes", "line"),
    [
        ("open", {}, "🔐 *cluster delete dev-eu*: waits for approval"),
        ("open", {"needed": 2}, "🔐 *cluster delete dev-eu*: 0 of 2 approvals"),
        ("approved", {}, "✅ *cluster delete dev-eu*: approved"),
        ("started", {}, "✅ *cluster delete dev-eu*: approved"),
        ("rejected", {}, "🚫 *cluster delete dev-eu*: rejected"),
        ("withdrawn", {}, "↩️ *cluster delete dev-eu*: withdrawn"),
        ("expired", {}, "⌛ *cluster delete dev-eu*: expired"),
        ("void", {}, "🚫 *cluster delete dev-eu*: void"),
    ],
)
def test_the_roots_line_says_how_it_stands(state: str, changes: dict[str, Any], line: str) -> None:
    assert cards.root_line(plain(state, **changes)) == line


def test_an_approval_with_a_window_says_when_it_begins() -> None:
    waits = plain("approved", not_before=NOW)
    assert cards.root_line(waits).endswith(f"approved, begins {kit.moment(NOW)}")
    assert cards.window_text(plain(not_before=NOW, not_after=NOW)) == (
        f"not before {kit.moment(NOW)}, not after {kit.moment(NOW)}"
    )
    assert cards.window_text(plain()) == ""


REJECTION = (Decision(person="U3", name="dee", approved=False, comment="not today", at=NOW),)


@pytest.mark.parametrize(
    ("state", "changes", "fact"),
    [
        ("rejected", {"decisions": REJECTION}, "🚫 rejected by @U3 2026-11-24 09:00 UTC: “not today”"),
        ("withdrawn", {}, "↩️ withdrawn by @U1 2026-11-24 09:00 UTC"),
        ("expired", {}, "⌛ expired 2026-11-24 09:00 UTC: nobody decided in time"),
        ("void", {"note": "the cluster is gone"}, "🚫 void: the cluster is gone"),
    ],
)
def test_the_end_is_dated_and_has_its_reason(state: str, changes: dict[str, Any], fact: str) -> None:
    assert fact in text(card(plain(state, **changes)))
    end_text = text(cards.show_end(plain(state, **changes)))
    assert end_text.startswith("@U1 ") and fact in end_text and "asked by" not in end_text


def test_only_an_open_approval_has_buttons() -> None:
    assert list(buttons(card(plain()))) == ["Approve", "Approve for a time…", "Reject…"]
    assert buttons(card(plain("approved"))) == {}


def test_a_plain_approval_is_one_click_and_one_that_is_typed_opens_a_form() -> None:
    offered = buttons(card(plain()))
    assert offered["Approve"].action == ApprovalDecide(approval="abcdef", approve=True)
    assert offered["Reject…"].action == ApprovalForm(approval="abcdef", approve=False)
    assert offered["Reject…"].opens_form
    typed = buttons(card(plain(typed="dev-eu")))
    assert list(typed) == ["Approve…", "Reject…"] and typed["Approve…"].opens_form


def test_what_cannot_be_undone_is_approved_by_a_red_button() -> None:
    destructive = plain(shown=SHOWN | {"destructive": True})
    assert buttons(card(destructive))["Approve"].style == "danger"
    assert buttons(card(plain()))["Approve"].style == "primary"


def test_outside_of_the_projects_channels_the_card_names_the_project_and_leads_to_the_thread() -> None:
    message = card(plain(), project="shop", link="https://example.com/p1")
    assert "Go to the thread" in text(message)
    assert {button.action.project for button in buttons(message).values()} == {"shop"}


def test_who_asked_may_withdraw_after_a_question() -> None:
    message = kit.Message(text="x", blocks=(cards.withdraw_button(plain(), project="shop"),))
    [button] = buttons(message).values()
    assert button.action == ApprovalsWithdraw(approval="abcdef", project="shop")
    assert button.confirm is not None and "cluster delete dev-eu will not be done" in button.confirm.text


def test_a_reminder_says_until_when_and_has_the_buttons() -> None:
    message = cards.show_reminder(plain(), DECIDERS)
    assert "still waits, and expires 2026-11-24 09:00 UTC. @U0" in words(message.blocks)
    assert "Approve" in buttons(message)

"""What people are told of approvals: the list, and the private words to deciders and requesters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.access.approval_service import ApprovalDecided, ApprovalListing, ApprovalWithdrawn, DecisionForm
from bot.actions.approvals import ApprovalForm
from bot.actions.proposal import ProposalDocument
from bot.requests.approval_gate import ApprovalPending
from bot.slack.views import approvals as views
from tests.unit.slack.examples.approvals import DECIDERS, approval
from tests.unit.slack.examples.requests import NOW
from tests.unit.slack.rendering import buttons, text

SHOWN = {"headline": "cluster delete dev-eu", "consequences": [], "warnings": [], "destructive": False}


def test_a_change_that_waits_is_answered_by_its_card_and_the_documents_of_the_proposal() -> None:
    document = ProposalDocument(name="plan.md", title="The plan", text="# Plan")
    pending = ApprovalPending(approval=approval(), deciders=DECIDERS, documents=(document,))
    rendered = views.show_pending(pending)
    assert len(rendered.messages) == 1 and "Reject…" in buttons(*rendered.messages)
    [file] = rendered.files
    assert (file.name, file.title, file.content) == ("plan.md", "The plan", b"# Plan")


def test_the_list_offers_each_reader_what_they_may_do() -> None:
    in_an_hour = NOW + timedelta(hours=1)
    mine = approval(shown=SHOWN, requester="U1", expires_at=in_an_hour, reason="")
    listing = ApprovalListing(project="shop", approvals=(mine,), reader="U1", now=NOW)
    rendered = views.show_list(listing)
    assert rendered.headline == "🔐 1 approval open in *shop*"
    assert list(buttons(*rendered.messages)) == ["Withdraw"]
    assert "asked by @U1 · expires in 60 min · id abcdef" in text(*rendered.messages)
    for_others = ApprovalListing(project="shop", approvals=(mine,), reader="U2", now=NOW)
    assert list(buttons(*views.show_list(for_others).messages)) == ["Approve…", "Reject…"]


def test_what_is_approved_and_waits_for_its_window_has_no_buttons_for_others() -> None:
    waits = approval("approved", not_before=NOW)
    listing = ApprovalListing(project="shop", approvals=(waits,), reader="U2", now=NOW)
    rendered = views.show_list(listing)
    assert buttons(*rendered.messages) == {} and "not before" in text(*rendered.messages)


def test_an_empty_list_says_so() -> None:
    rendered = views.show_list(ApprovalListing(project="shop", approvals=(), reader="U1", now=NOW))
    assert text(*rendered.messages) == "Nothing waits for a decision."


@pytest.mark.parametrize(
    ("approved", "changes", "line"),
    [
        (False, {}, "🚫 You rejected *cluster delete dev-eu*. <@U1> sees your comment."),
        (True, {"needed": 2}, "✅ You approved *cluster delete dev-eu*. It needs 1 more approver."),
        (True, {"needed": 1, "not_before": None}, "✅ You approved *cluster delete dev-eu*. It begins now."),
    ],
)
def test_a_decider_is_told_what_comes_next(approved: bool, changes: dict[str, Any], line: str) -> None:
    decided = ApprovalDecided(approval=approval(shown=SHOWN, **changes), approved=approved, deciders=DECIDERS)
    assert views.show_decision(decided).headline == line


def test_a_decider_is_told_when_an_approved_change_begins() -> None:
    decided = ApprovalDecided(
        approval=approval(shown=SHOWN, needed=1, not_before=NOW), approved=True, deciders=DECIDERS
    )
    assert "*cluster delete dev-eu*: not before" in views.show_decision(decided).headline


def test_where_no_form_could_be_opened_a_button_does() -> None:
    rendered = views.show_form_button(DecisionForm(approval=approval(), approve=False))
    [button] = buttons(*rendered.messages).values()
    assert button.opens_form and button.action == ApprovalForm(approval="abcdef", approve=False)


def test_who_took_a_request_back_is_told_that_nothing_was_done() -> None:
    withdrawn = views.show_withdrawal(ApprovalWithdrawn(approval=approval("withdrawn", shown=SHOWN)))
    assert withdrawn.headline == "↩️ You took *cluster delete dev-eu* back. Nothing was done."

"""The form of a decision: what a button cannot carry."""

from __future__ import annotations

from typing import Any

import pytest

from bot.access.approval_service import DecisionForm
from bot.actions.approvals import ApprovalDecide
from bot.actions.request import OfferId
from bot.slack.forms import decision
from tests.unit.slack.examples.approvals import approval
from tests.unit.slack.examples.requests import OPERATION


def view(*, approve: bool, **changes: Any) -> dict[str, Any]:
    form = DecisionForm(approval=approval(**changes), approve=approve)
    return decision.decision_view(form, OPERATION, OfferId("o"))


def fields(modal: dict[str, Any]) -> list[str]:
    return [block["block_id"] for block in modal["blocks"] if block["type"] == "input"]


def test_a_rejection_asks_for_a_comment() -> None:
    modal = view(approve=False)
    assert modal["title"]["text"] == modal["submit"]["text"] == "Reject" and fields(modal) == ["comment"]


def test_an_approval_asks_for_a_window_and_for_the_name_of_what_will_be_gone() -> None:
    assert fields(view(approve=True, typed="")) == ["not_before", "not_after"]
    modal = view(approve=True, typed="dev-eu")
    assert fields(modal) == ["typed", "not_before", "not_after"]
    [typed] = [block for block in modal["blocks"] if block.get("block_id") == "typed"]
    assert typed["hint"]["text"].startswith("Type dev-eu exactly") and not typed["optional"]


def test_the_consequences_are_shown_where_they_are_decided_over() -> None:
    texts = [block["text"]["text"] for block in view(approve=True)["blocks"] if block["type"] == "section"]
    assert "asked by <@U1>" in texts[0] and texts[1].startswith("⚠️ ")


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"not_before": "soon"}, ["not_before"]),
        ({"not_after": "never"}, ["not_after"]),
        ({"not_before": "22:00", "not_after": "later"}, ["not_before"]),
        ({"not_before": "", "not_after": None}, []),
    ],
)
def test_a_window_that_is_not_understood_is_an_error_beside_its_first_field(
    values: dict[str, Any], wrong: list[str]
) -> None:
    errors = decision.decision_errors(values, 0)
    assert list(errors) == wrong and all("`" not in text for text in errors.values())


def test_what_was_typed_becomes_part_of_the_decision() -> None:
    filled = decision.fill_decision(
        ApprovalDecide(approval="abcdef", approve=False), {"comment": "not today", "not_before": None}
    )
    assert filled == ApprovalDecide(approval="abcdef", approve=False, comment="not today")

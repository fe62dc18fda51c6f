"""What people see of a policy change that was made: what came of it, and the way back."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.policies import PolicyRollback
from bot.policy.post_check import PostCheck
from bot.policy.reach.model import PodRef
from bot.slack.views.policy_changes import show_change
from tests.unit.slack.examples.policies import change_result, preview
from tests.unit.slack.examples.requests import OPERATION
from tests.unit.slack.rendering import buttons, text


def shown(**changes: Any) -> str:
    return text(*show_change(change_result(**changes)).messages)


def test_what_was_accepted_is_not_said_to_be_enforced_and_can_be_taken_back() -> None:
    rendered = show_change(change_result())
    assert "Accepted by the API; enforcement not measured" in text(*rendered.messages)
    back = buttons(*rendered.messages)["Roll back"]
    assert back.style == "danger" and back.confirm is not None and isinstance(back.action, PolicyRollback)
    assert "policy rollback 7f3a" in text(*rendered.messages)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"note": "nobody knows"}, "It cannot be taken back: nobody knows"),
        ({"deleting": True}, "a finalizer still keeps it"),
    ],
)
def test_what_cannot_be_taken_back_offers_no_way_back(changes: dict[str, Any], reason: str) -> None:
    rendered = show_change(change_result(**changes))
    assert reason in text(*rendered.messages) and not buttons(*rendered.messages)


def test_what_is_not_as_previewed_is_named() -> None:
    differs = PostCheck(
        changes=preview(selected=3).changes,
        created_pods=(PodRef("shop", "new"),),
        deleted_pods=(PodRef("shop", "a"), PodRef("shop", "b")),
        policies=("shop/other was made",),
    )
    text_of_change = shown(post_check=differs)
    assert "Not as previewed" in text_of_change and "the policy shop/other was made" in text_of_change
    assert "1 pod came: shop/new" in text_of_change and "2 pods went: shop/a, shop/b" in text_of_change


def test_what_is_as_previewed_is_said_to_be_so_and_what_was_not_compared_as_well() -> None:
    assert "exactly what was previewed" in shown()
    assert "Not compared with the preview: no time" in shown(post_check=None, not_compared="no time")


@pytest.mark.parametrize(
    ("kind", "head"),
    [
        ("apply", "✅ *deny* applied on"),
        ("delete", "🗑 *deny* deleted from"),
        ("rollback", "↩️ *deny* rolled back on"),
    ],
)
def test_the_headline_says_what_was_done(kind: str, head: str) -> None:
    assert show_change(change_result(kind=kind)).headline.startswith(f"{head} *prod-eu / shop*: ")


def test_a_roll_back_names_the_change_that_it_undoes() -> None:
    assert "before the change 7f3a" in shown(kind="rollback", undoes=OPERATION)


def test_what_is_there_already_was_not_written() -> None:
    rendered = show_change(change_result(change="", post_check=None))
    assert rendered.headline.endswith("is there already, word for word; nothing was written")
    assert "enforcement not measured" not in text(*rendered.messages) and not rendered.files

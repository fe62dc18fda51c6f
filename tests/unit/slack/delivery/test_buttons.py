"""Buttons as Slack takes them: the action stays here, and the button carries an opaque id."""

from __future__ import annotations

import pytest

from bot.actions.audit import AuditList
from bot.actions.request import OfferId
from bot.slack import kit
from bot.slack.delivery.buttons import with_buttons

CONFIRM = kit.Confirm(title="t" * 200, text="x" * 400, confirm="c" * 50, deny="d" * 50)


def element(**changes: object) -> dict[str, object]:
    button = kit.Button(label="Look", action=AuditList(), **changes)  # type: ignore[arg-type]
    [block] = with_buttons([kit.buttons(button)], lambda _button: OfferId("offer-1"))
    return block["elements"][0]  # type: ignore[no-any-return]


def test_a_button_carries_its_offer_and_nothing_of_its_action() -> None:
    assert element() == {
        "type": "button",
        "action_id": "xk8s.run.0",
        "text": {"type": "plain_text", "text": "Look", "emoji": True},
        "value": "offer-1",
    }


@pytest.mark.parametrize(
    ("changes", "action_id"),
    [({}, "xk8s.run.0"), ({"opens_form": True}, "xk8s.form.0"), ({"dismisses": True}, "xk8s.dismiss.0")],
)
def test_its_action_id_says_which_listener_takes_it(changes: dict[str, object], action_id: str) -> None:
    assert element(**changes)["action_id"] == action_id


def test_a_button_that_only_dismisses_stores_nothing() -> None:
    def refuse(_button: kit.Button) -> OfferId:
        raise AssertionError("nothing is offered")

    cancel = kit.Button(label="Cancel", action=AuditList(), dismisses=True)
    [block] = with_buttons([kit.buttons(cancel)], refuse)
    assert "value" not in block["elements"][0]


def test_a_question_is_cut_to_slacks_limits_and_red_where_the_button_is() -> None:
    dialog = element(style="danger", confirm=CONFIRM)["confirm"]
    assert isinstance(dialog, dict)
    lengths = {name: len(dialog[name]["text"]) for name in ("title", "text", "confirm", "deny")}
    assert lengths == {"title": 100, "text": 300, "confirm": 30, "deny": 30}
    assert dialog["style"] == "danger"
    calm = element(style="primary", confirm=CONFIRM)["confirm"]
    assert isinstance(calm, dict) and "style" not in calm


def test_action_ids_are_unique_within_a_block_and_block_ids_within_a_message() -> None:
    row = kit.buttons(*(kit.Button(label=str(number), action=AuditList()) for number in range(3)))
    section, *rows = with_buttons([kit.section("x"), row, row], lambda button: OfferId(button.label))
    assert section == kit.section("x"), "other blocks stay as they are"
    assert [block["block_id"] for block in rows] == ["offers-1", "offers-2"]
    assert len({button["action_id"] for button in rows[0]["elements"]}) == 3

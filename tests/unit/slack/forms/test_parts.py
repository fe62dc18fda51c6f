"""The parts of a form within Slack's limits."""

from __future__ import annotations

from bot.actions.request import OfferId
from bot.slack import kit
from bot.slack.forms import parts
from tests.unit.slack.examples.requests import OPERATION


def test_a_form_carries_its_offer_and_nothing_else() -> None:
    view = parts.form_view(
        operation=OPERATION, offer=OfferId("o"), title="t" * 40, submit="s" * 40, blocks=[], form="decision"
    )
    assert (view["private_metadata"], view["external_id"]) == ("o", OPERATION)
    assert view["callback_id"] == "xk8s.form.decision"
    assert len(view["title"]["text"]) == len(view["submit"]["text"]) == 24


def test_a_form_without_a_name_is_submitted_as_a_form() -> None:
    view = parts.form_view(operation=OPERATION, offer=OfferId("o"), title="t", submit="s", blocks=[])
    assert view["callback_id"] == kit.FORM


def test_an_empty_form_cannot_be_submitted_and_is_found_again_by_its_operation() -> None:
    view = parts.loading_view(OPERATION)
    assert "submit" not in view and view["external_id"] == OPERATION
    assert view["callback_id"] == "xk8s.form.loading"


def test_a_long_reason_is_split_over_sections() -> None:
    view = parts.message_view(OPERATION, "x\n" * 3_000)
    assert len(view["blocks"]) == 2 and view["close"]["text"] == "Close"


def test_a_text_input_has_what_it_was_given() -> None:
    assert parts.text_input("name") == {"type": "plain_text_input", "action_id": "name", "multiline": False}
    full = parts.text_input("name", initial="dev", multiline=True, placeholder="p" * 200)
    assert full["initial_value"] == "dev" and full["multiline"]
    assert len(full["placeholder"]["text"]) == 150


def test_an_input_shows_errors_under_the_name_of_its_field() -> None:
    block = parts.labelled("name", "Name", parts.text_input("name"), hint="short", optional=True)
    assert (block["block_id"], block["label"]["text"]) == ("name", "Name")
    assert block["hint"] == parts.plain("short") and block["optional"]
    assert "hint" not in parts.labelled("name", "Name", parts.text_input("name"))

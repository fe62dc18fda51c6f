"""What Slack delivers is stored before it is acknowledged; forms open while their triggers live."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.request import IncomingRequest
from bot.common.problems import Problem
from bot.slack.listeners.clicks import ClickListeners
from bot.slack.listeners.commands import CommandListeners
from bot.slack.listeners.forms import FormListeners
from bot.slack.listeners.home import HomeListeners
from bot.slack.listeners.mentions import MentionListeners
from tests.unit.slack.test_payloads import click, command, mention


class FakeIntake:
    """Notes the order of calls; `refusal` is what a person is told of a command that was not stored."""

    def __init__(self, *, refusal: str = "", is_new: bool = True, fails: bool = False) -> None:
        self.calls: list[str] = []
        self.requests: list[IncomingRequest] = []
        self.acknowledged: list[Any] = []
        self._refusal, self._is_new, self._fails = refusal, is_new, fails

    def accept(self, request: IncomingRequest) -> bool:
        if self._fails:
            raise Problem("the database does not answer")
        self.calls.append("stored")
        self.requests.append(request)
        return self._is_new

    def accept_or_explain(self, request: IncomingRequest) -> str:
        self.accept(request)
        return self._refusal

    def open_form_for_words(self, _request: IncomingRequest, *, trigger_id: str) -> None:
        self.calls.append(f"form for words {trigger_id}")

    def open_form(self, _request: IncomingRequest, *, trigger_id: str) -> None:
        self.calls.append(f"form {trigger_id}")

    def dismiss(self, message: Any) -> None:
        self.calls.append(f"dismissed by {message.person}")

    def ack(self, *arguments: Any, **named: Any) -> None:
        self.calls.append("ack")
        self.acknowledged.append(named or arguments)


def listeners(kind: Any, intake: FakeIntake) -> Any:
    return kind(intake=intake)


def test_a_command_is_stored_then_acknowledged_then_its_form_opened() -> None:
    intake = FakeIntake()
    listeners(CommandListeners, intake).on_command(intake.ack, command())
    assert intake.calls == ["stored", "ack", "form for words 13.37.abc"]
    assert intake.requests[0].text == "verify calico"


def test_a_command_that_could_not_be_stored_is_told_to_whoever_typed_it() -> None:
    intake = FakeIntake(refusal="❌ it is lost")
    listeners(CommandListeners, intake).on_command(intake.ack, command())
    assert intake.calls == ["stored", "ack"] and intake.acknowledged == [("❌ it is lost",)]


def test_a_mention_is_stored_and_one_that_cannot_be_is_not_acknowledged() -> None:
    context = type("Context", (), {"bot_user_id": "UBOT"})()
    intake = FakeIntake()
    listeners(MentionListeners, intake).on_mention(mention("<@UBOT> verify"), context)
    assert [request.text for request in intake.requests] == ["verify"]
    with pytest.raises(Problem):
        listeners(MentionListeners, FakeIntake(fails=True)).on_mention(mention("<@UBOT> verify"), context)


def test_a_click_is_stored_then_acknowledged() -> None:
    intake = FakeIntake()
    listeners(ClickListeners, intake).on_run(intake.ack, click())
    assert intake.calls == ["stored", "ack"] and intake.requests[0].offer == "offer-1"


def test_a_click_that_cannot_be_stored_is_not_acknowledged() -> None:
    intake = FakeIntake(fails=True)
    with pytest.raises(Problem):
        listeners(ClickListeners, intake).on_run(intake.ack, click())
    assert intake.calls == []


@pytest.mark.parametrize(("is_new", "opened"), [(True, ["form 1.2"]), (False, [])])
def test_a_form_is_opened_once_for_a_click(is_new: bool, opened: list[str]) -> None:
    intake = FakeIntake(is_new=is_new)
    listeners(ClickListeners, intake).on_open_form(intake.ack, click(trigger_id="1.2"))
    assert intake.calls == ["stored", "ack", *opened]


def test_dismissing_asks_for_nothing_and_stores_nothing() -> None:
    intake = FakeIntake()
    listeners(ClickListeners, intake).on_dismiss(intake.ack, click())
    assert intake.calls == ["ack", "dismissed by U2"]


def submission(callback_id: str, values: dict[str, Any]) -> dict[str, Any]:
    state = {field: {field: {"type": "plain_text_input", "value": value}} for field, value in values.items()}
    view = {"id": "V1", "callback_id": callback_id, "private_metadata": "offer-1", "state": {"values": state}}
    return {"user": {"id": "U1", "team_id": "T1"}, "view": view}


def test_a_form_that_fits_is_stored_and_closes() -> None:
    intake = FakeIntake()
    listeners(FormListeners, intake).on_submit(intake.ack, submission("xk8s.form", {"template": "dev"}))
    assert intake.calls == ["stored", "ack"] and intake.requests[0].fields == {"template": "dev"}


def test_a_form_that_does_not_fit_stays_open_with_the_errors_beside_its_fields() -> None:
    intake = FakeIntake()
    listeners(FormListeners, intake).on_submit(intake.ack, submission("xk8s.form", {"pool": "10.0.0.0/99"}))
    assert intake.calls == ["ack"]
    [answer] = intake.acknowledged
    assert answer["response_action"] == "errors" and list(answer["errors"]) == ["pool"]


def test_whoever_opens_their_home_is_noted_and_who_opens_its_messages_is_not() -> None:
    people: list[str] = []
    home = HomeListeners(opened=people.append)
    for tab in ("home", "messages"):
        home.on_opened({"user": f"U-{tab}", "tab": tab})
    assert people == ["U-home"]


def test_what_an_older_version_has_shown_is_acknowledged() -> None:
    intake = FakeIntake()
    listeners(ClickListeners, intake).on_other(intake.ack)
    listeners(FormListeners, intake).on_other(intake.ack)
    assert intake.calls == ["ack", "ack"]

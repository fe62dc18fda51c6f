"""A modal that was opened empty is filled, or says why it cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.audit import AuditList
from bot.actions.request import EntryPoint, Place
from bot.actions.templates import TemplateCreate
from bot.clusters.templates.results import TemplateForm
from bot.common.problems import Refusal
from bot.slack.delivery import form_answers
from bot.slack.delivery.form_answers import FormAnswers, fills_form
from bot.slack.delivery.web_errors import SlackRefused
from tests.unit.slack.examples.requests import OPERATION, conclusion, request
from tests.unit.slack.examples.templates import CALICO, defaults
from tests.unit.slack.fakes import FakeOffers, FakeWeb

NOT_OPEN_YET = SlackRefused("views.update", "not_found")


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_answers, "PAUSE_SECONDS", 0.0)


def fill(web: FakeWeb, offers: FakeOffers | None = None, **changes: Any) -> None:
    ended = conclusion(action=TemplateCreate(), **changes)
    FormAnswers(web, offers or FakeOffers()).fill(ended)  # type: ignore[arg-type]


FORM = TemplateForm(project="shop", defaults=defaults(image="fcos-39"))


def test_the_form_is_filled_and_carries_the_offer_of_its_action() -> None:
    web, offers = FakeWeb(), FakeOffers()
    fill(web, offers, result=FORM, request=request(place=Place(channel="C1", thread="1.0")))
    [update] = web.of("update_view")
    assert update["external_id"] == OPERATION and update["view"]["title"]["text"] == "New cluster template"
    assert update["view"]["private_metadata"] == "offer-template.create"
    [stored_offer] = offers.kept
    assert (stored_offer["operation"], stored_offer["project"]) == (OPERATION, "shop")
    assert (stored_offer["channel"], stored_offer["thread"]) == ("C1", "1.0")


def test_a_refusal_is_shown_in_the_form() -> None:
    web = FakeWeb()
    fill(web, problem=Refusal("You may not", why="no role", fix="Ask an admin."))
    view = web.of("update_view")[0]["view"]
    assert "private_metadata" not in view and view["close"]["text"] == "Close"
    assert view["blocks"][0]["text"]["text"].endswith("You may not\nno role\nAsk an admin.")


def test_a_form_that_is_still_opening_is_tried_again() -> None:
    web = FakeWeb()
    web.errors["update_view"] = [NOT_OPEN_YET] * 3
    fill(web, result=FORM)
    assert len(web.of("update_view")) == 4


@pytest.mark.parametrize(("error", "calls"), [(NOT_OPEN_YET, form_answers.ATTEMPTS), (None, 1)])
def test_a_form_that_was_never_opened_or_is_refused_is_given_up(
    error: SlackRefused | None, calls: int
) -> None:
    web = FakeWeb()
    web.errors["update_view"] = [error or SlackRefused("views.update", "invalid_blocks")] * 100
    fill(web, result=FORM)
    assert len(web.of("update_view")) == calls


@pytest.mark.parametrize("entry", list(EntryPoint))
def test_only_an_entry_with_a_trigger_has_opened_a_form(entry: EntryPoint) -> None:
    has_trigger = entry in (EntryPoint.COMMAND, EntryPoint.CLICK, EntryPoint.HOME)
    assert fills_form(request(entry), TemplateCreate()) is has_trigger
    assert not fills_form(request(entry), TemplateCreate(driver=CALICO))
    assert not fills_form(request(entry), AuditList()) and not fills_form(request(entry), None)

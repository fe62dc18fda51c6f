"""Offers: what buttons and forms stand for, and what a click or a submission becomes."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.audit import AuditList
from bot.actions.clusters import ClusterShow
from bot.actions.request import EntryPoint, OfferId, Place
from bot.actions.templates import TemplateCreate
from bot.slack import kit
from bot.slack.offers import SlackOffers, UnknownOffer
from storage.button_actions import ButtonAction
from tests.unit.slack.examples.requests import NOW, OPERATION, request
from tests.unit.slack.examples.templates import FLANNEL


class FakeRepository:
    """The table of offers."""

    def __init__(self) -> None:
        self.offers: dict[str, ButtonAction] = {}
        self.taken: dict[str, str] = {}

    def store(self, *, now: Any, **values: Any) -> str:
        assert now == NOW
        offer = f"offer-{len(self.offers) + 1}"
        self.offers[offer] = ButtonAction(id=offer, **values)
        return offer

    def get(self, offer: str) -> ButtonAction | None:
        return self.offers.get(offer)

    def claim(self, offer: str, *, operation: str) -> bool:
        return self.taken.setdefault(offer, operation) == operation

    def release_claim(self, offer: str, *, operation: str) -> None:
        if self.taken.get(offer) == operation:
            del self.taken[offer]


@pytest.fixture
def repository() -> FakeRepository:
    return FakeRepository()


@pytest.fixture
def offers(repository: FakeRepository) -> SlackOffers:
    return SlackOffers(repository, now=lambda: NOW)  # type: ignore[arg-type]


SHOW = ClusterShow(cluster="dev")


def test_a_button_of_an_answer_is_stored_with_the_place_and_project_of_its_request(
    offers: SlackOffers, repository: FakeRepository
) -> None:
    offer = offers.for_answer(request(place=Place(channel="C1", thread="1.0")), "shop")
    assert offer(kit.Button(label="Show", action=SHOW)) == "offer-1"
    row = repository.offers["offer-1"]
    assert (row.operation, row.project, row.channel, row.thread) == (OPERATION, "shop", "C1", "1.0")
    assert row.action == SHOW.encode()


def test_a_button_of_the_app_home_names_its_project_itself(
    offers: SlackOffers, repository: FakeRepository
) -> None:
    action = SHOW.model_copy(update={"project": "shop"})
    offers.for_home("U1")(kit.Button(label="Show", action=action))
    row = repository.offers["offer-1"]
    assert (row.operation, row.project, row.channel) == ("home:U1", "shop", "")


def test_a_click_becomes_the_action_of_its_offer_and_stays_where_it_was_made(offers: SlackOffers) -> None:
    offer = offers.keep(SHOW, operation=OPERATION, project="shop", channel="C1")
    click = request(EntryPoint.CLICK, Place(channel="C2"), offer=offer)
    resolved = offers.resolve(click)
    assert (resolved.action, resolved.project, resolved.request) == (SHOW, "shop", click)


@pytest.mark.parametrize(("channel", "direct"), [("C1", False), ("D1", True), ("", True)])
def test_a_form_becomes_its_action_with_the_values_in_the_place_where_it_was_asked_for(
    offers: SlackOffers, channel: str, direct: bool
) -> None:
    offer = offers.keep(TemplateCreate(), operation=OPERATION, project="shop", channel=channel, thread="1.0")
    form = request(EntryPoint.FORM, Place(), offer=offer, fields={"driver": "flannel", "keypair": ""})
    resolved = offers.resolve(form)
    assert resolved.action == TemplateCreate(driver=FLANNEL)
    place = resolved.request.place
    assert (place.channel, place.thread, place.direct) == (channel, "1.0", direct)


@pytest.mark.parametrize("offer", [None, OfferId("gone")])
def test_a_button_that_is_not_known_says_so(offers: SlackOffers, offer: OfferId | None) -> None:
    with pytest.raises(UnknownOffer, match="no longer known"):
        offers.resolve(request(EntryPoint.CLICK, offer=offer))


def test_an_action_that_this_version_does_not_understand_is_of_an_older_one(
    offers: SlackOffers, repository: FakeRepository
) -> None:
    offer = offers.keep(SHOW, operation=OPERATION, project="shop")
    repository.offers[offer].action["action"] = "cluster.dance"
    with pytest.raises(UnknownOffer, match="older version"):
        offers.resolve(request(EntryPoint.CLICK, offer=offer))


@pytest.mark.parametrize(("action", "fields"), [(AuditList(), {}), (TemplateCreate(), {"driver": "carrier"})])
def test_a_form_that_fills_nothing_or_does_not_fit_is_of_an_older_version(
    offers: SlackOffers, action: Any, fields: dict[str, str]
) -> None:
    offer = offers.keep(action, operation=OPERATION, project="shop")
    with pytest.raises(UnknownOffer, match="older version"):
        offers.resolve(request(EntryPoint.FORM, offer=offer, fields=fields))


def test_an_offer_is_taken_once_until_it_is_given_back(offers: SlackOffers) -> None:
    offer = offers.keep(SHOW, operation=OPERATION, project="shop")
    click = request(EntryPoint.CLICK, offer=offer)
    second_click = request(EntryPoint.CLICK, offer=offer, operation="f" * 32)
    assert offers.take(click) and offers.take(click) and not offers.take(second_click)
    offers.give_back(click)
    assert offers.take(second_click)

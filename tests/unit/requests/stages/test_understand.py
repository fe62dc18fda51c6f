"""What a request asks for, by each of its entry points."""

from __future__ import annotations

import pytest

from bot.actions.clusters import ClusterDelete, ClusterList
from bot.actions.request import EntryPoint, OfferId, Place
from bot.requests.stages.understand import understand
from tests.unit.requests.exchanges import DELETE, OneOffer, exchange, ports, request


@pytest.mark.parametrize("entry", [EntryPoint.COMMAND, EntryPoint.MENTION, EntryPoint.TERMINAL])
def test_words_are_parsed(entry: EntryPoint) -> None:
    subject = exchange(None, request=request("cluster list", entry=entry))
    understand(subject, ports())
    assert isinstance(subject.action, ClusterList) and subject.offered_in is None


@pytest.mark.parametrize("entry", [EntryPoint.CLICK, EntryPoint.FORM, EntryPoint.HOME])
def test_a_button_stands_for_an_action_in_the_project_where_it_was_shown(entry: EntryPoint) -> None:
    subject = exchange(None, request=request("", entry=entry, offer=OfferId("o1"), place=Place()))
    understand(subject, ports(offers=OneOffer(project="shop")))
    assert (subject.action, subject.offered_in) == (DELETE, "shop")
    assert subject.request.place.channel == "C1", "the form's place comes from its offer"


def test_an_approved_effect_is_what_was_approved() -> None:
    subject = exchange(None, request=request("", entry=EntryPoint.APPROVED))
    understand(subject, ports())
    assert isinstance(subject.action, ClusterDelete)


@pytest.mark.parametrize("unknown", [request("tempalte create"), request("", entry=EntryPoint.CLICK)])
def test_what_means_nothing_ends_the_exchange(unknown: object) -> None:
    subject = exchange(None, request=unknown)
    understand(subject, ports())
    assert subject.problem is not None and subject.understood is None

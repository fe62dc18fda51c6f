"""Who may do what, in which project."""

from __future__ import annotations

from bot.access.authorisation import AccessDenied
from bot.actions.request import Person
from bot.requests.stages.authorise import OfferedElsewhere, authorise
from tests.unit.requests.exchanges import exchange, ports, request


def test_the_grant_says_the_project() -> None:
    subject = exchange()
    authorise(subject, ports())
    assert subject.grant is not None and subject.grant.project == "shop"
    assert subject.project is None, "what ends before the route is found names no project"


def test_who_lacks_the_role_is_refused() -> None:
    subject = exchange(request=request(person=Person(id="stranger")))
    authorise(subject, ports())
    assert isinstance(subject.problem, AccessDenied) and subject.grant is None


def test_a_button_counts_only_in_the_project_where_it_was_shown() -> None:
    elsewhere, in_shop = exchange(offered_in="bank"), exchange(offered_in="shop")
    authorise(elsewhere, ports())
    authorise(in_shop, ports())
    assert isinstance(elsewhere.problem, OfferedElsewhere) and in_shop.problem is None

"""The service of an action."""

from __future__ import annotations

from bot.access.authorisation import Grant
from bot.actions.routes import Routes
from bot.requests.stages.find_route import NotAvailable, find_route
from tests.unit.requests.exchanges import exchange, ports

GRANT = Grant(project="shop", roles={})


def test_the_route_is_found_by_the_class_of_the_action() -> None:
    subject = exchange(grant=GRANT)
    find_route(subject, ports())
    assert subject.route is not None and subject.route.action is type(subject.action)
    assert subject.project == "shop", "from here on the project is named"


def test_an_action_without_a_service_is_not_available_yet() -> None:
    subject = exchange(grant=GRANT)
    find_route(subject, ports(routes=Routes()))
    assert isinstance(subject.problem, NotAvailable)
    assert subject.problem.what == "`cluster delete` is not available yet" and subject.project == "shop"

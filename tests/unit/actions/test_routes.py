"""An action is registered once, by its class."""

from __future__ import annotations

import pytest

from bot.actions.action import Action
from bot.actions.clusters import ClusterDelete, ClusterList
from bot.actions.proposal import Proposal
from bot.actions.routes import Route, Routes
from bot.actions.service import Context, Outcome, Readback
from storage.audit_events import AuditEvent


def serve(_action: Action, _context: Context, /) -> object:
    return "served"


def propose(_action: Action, _context: Context, /) -> Proposal:
    return Proposal(kind="cluster.delete", headline="Delete dev-eu")


def read_back(_intent: AuditEvent, /) -> Readback:
    return Readback(outcome=Outcome.SUCCEEDED, detail="it is gone")


def test_a_route_is_found_by_the_class_of_the_action() -> None:
    routes = Routes(Route(ClusterList, serve), Route(ClusterDelete, serve, proposal=propose))
    assert routes[ClusterDelete].proposal is propose and routes[ClusterList].proposal is None
    assert list(routes) == [ClusterList, ClusterDelete] and len(routes) == 2


def test_an_action_has_one_route() -> None:
    with pytest.raises(ValueError, match="two routes"):
        Routes(Route(ClusterList, serve), Route(ClusterList, serve))
    with pytest.raises(ValueError, match="two routes"):
        Routes.joined(Routes(Route(ClusterList, serve)), Routes(Route(ClusterList, serve)))


def test_readers_by_name_go_to_the_routes_that_have_none() -> None:
    routes = Routes(
        Route(ClusterList, serve),
        Route(ClusterDelete, serve),
        readers={"cluster.delete": read_back, "cluster.create": read_back},
    )
    assert routes.readers() == {"cluster.delete": read_back}
    own = Routes(Route(ClusterDelete, serve, reader=read_back), readers={"cluster.delete": propose})  # type: ignore[dict-item]
    assert own[ClusterDelete].reader is read_back


def test_the_routes_of_several_domains_are_joined_in_order() -> None:
    joined = Routes.joined(Routes(Route(ClusterDelete, serve)), Routes(Route(ClusterList, serve)))
    assert list(joined) == [ClusterDelete, ClusterList]

"""Which service does which action: each action is registered once, by its class.

A domain's service module builds the routes of its own actions, and the wiring joins them. Beside the service
stand the two functions that only a change has: its proposal, for which an approval is asked, and its reader,
which tells after a crash whether the change has come about.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

from bot.actions.action import Action
from bot.actions.proposal import Propose
from bot.actions.service import Service, TargetReader

A = TypeVar("A", bound=Action)


@dataclasses.dataclass(frozen=True)
class Route(Generic[A]):
    """One action and the functions that serve it."""

    action: type[A]
    service: Service[A]
    proposal: Propose | None = None
    reader: TargetReader | None = None


class Routes(Mapping[type[Action], Route[Any]]):
    """The routes of some actions, by the class of the action."""

    def __init__(self, *routes: Route[Any], readers: Mapping[str, TargetReader] | None = None) -> None:
        """Take the routes; `readers`, by the name of the action, go to those that have none.

        Raises `ValueError` for an action with two routes.
        """
        self._routes = {
            route.action: dataclasses.replace(
                route, reader=route.reader or (readers or {}).get(route.action.name)
            )
            for route in routes
        }
        if len(self._routes) < len(routes):
            raise ValueError("an action has two routes")

    @classmethod
    def joined(cls, *parts: Routes) -> Routes:
        """Return the routes of several domains as one. Raises `ValueError` as the constructor does."""
        return cls(*(route for part in parts for route in part.values()))

    def readers(self) -> dict[str, TargetReader]:
        """Return the readers by the name of the action, as audit events have it."""
        return {kind.name: route.reader for kind, route in self.items() if route.reader is not None}

    def __getitem__(self, action: type[Action]) -> Route[Any]:
        return self._routes[action]

    def __iter__(self) -> Iterator[type[Action]]:
        return iter(self._routes)

    def __len__(self) -> int:
        return len(self._routes)

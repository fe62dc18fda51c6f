"""What buttons and forms stand for: kept when they are shown, looked up on every click."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from pydantic import ValidationError

from bot.actions.action import Action
from bot.actions.request import Entry, IncomingRequest, OfferId
from bot.common.problems import Refusal
from bot.requests.ports import Offered
from bot.slack import kit
from bot.slack.forms.catalog import filled


class KeptOffer(Protocol):
    """An offer as it is kept."""

    @property
    def action(self) -> dict[str, Any]: ...
    @property
    def channel(self) -> str: ...
    @property
    def thread(self) -> str: ...
    @property
    def project(self) -> str | None: ...


class OfferStore(Protocol):
    """Where offers are kept."""

    def put(
        self,
        *,
        operation: str,
        action: dict[str, Any],
        project: str | None,
        channel: str,
        thread: str,
        now: datetime,
    ) -> str: ...

    def get(self, offer: str) -> KeptOffer | None: ...

    def take(self, offer: str, *, operation: str) -> bool: ...

    def give_back(self, offer: str, *, operation: str) -> None: ...


class UnknownOffer(Refusal):
    """A button or form whose meaning is not known any more."""


class SlackOffers:
    """Keeps offers, and makes requests of clicks and forms."""

    def __init__(self, store: OfferStore) -> None:
        self._store = store

    def make(
        self, request: IncomingRequest, project: str | None, button: kit.Button, *, now: datetime
    ) -> OfferId:
        """Keep what a button stands for; return its opaque id."""
        return self.keep(request, project, button.action, now=now)

    def keep(
        self, request: IncomingRequest, project: str | None, action: Action, *, now: datetime
    ) -> OfferId:
        """Keep an action; return its opaque id."""
        place = request.place
        return self.keep_at(
            request.operation, action, project=project, channel=place.channel, thread=place.thread, now=now
        )

    def keep_at(
        self, operation: str, action: Action, *, project: str | None, channel: str, thread: str, now: datetime
    ) -> OfferId:
        """Keep an action that is offered in some place; return its opaque id."""
        made = self._store.put(
            operation=operation,
            action=action.encode(),
            project=project,
            channel=channel,
            thread=thread,
            now=now,
        )
        return OfferId(made)

    def resolve(self, request: IncomingRequest) -> Offered:
        """Return the request with its place, what it stands for, and its project. Raises `UnknownOffer`."""
        kept = self._store.get(request.offer or "")
        if kept is None:
            raise UnknownOffer("This button is no longer known", fix="Type the command again: `/xk8s help`")
        try:
            action = Action.decode(kept.action)
            if request.entry is Entry.FORM:
                action = filled(action, request.fields)
                direct = not kept.channel or kept.channel.startswith("D")
                place = {"channel": kept.channel, "thread": kept.thread, "direct": direct}
                request = request.model_copy(update={"place": request.place.model_copy(update=place)})
        except (KeyError, ValueError, ValidationError):
            raise UnknownOffer(
                "This button is of an older version", fix="Type the command again: `/xk8s help`"
            ) from None
        return Offered(request=request, action=action, project=kept.project)

    def take(self, request: IncomingRequest) -> bool:
        """Let a request do what its button stands for; False if another has."""
        return self._store.take(request.offer or "", operation=request.operation)

    def give_back(self, request: IncomingRequest) -> None:
        """Let a button be pressed again."""
        self._store.give_back(request.offer or "", operation=request.operation)

"""Offers: the actions that buttons and forms stand for, stored when they are shown and looked up on every
click.

An *offer* is a stored action, with the project and the place in which it was offered. The button's `value`,
or the `private_metadata` of the modal, is the offer's id and nothing else, so that nobody can change what a
button does, and rights are checked again on every click. The `Offers` of `bot.requests` in a Slack workspace.
"""

from collections.abc import Callable
from datetime import datetime

from pydantic import ValidationError

from bot.actions.action import Action
from bot.actions.request import EntryPoint, IncomingRequest, OfferId
from bot.common.problems import Refusal
from bot.requests.ports import ResolvedOffer
from bot.slack import kit
from bot.slack.forms.catalog import filled_action
from storage.button_actions import ButtonActionRepository

TYPE_AGAIN = "Type the command again: `/xk8s help`"

OfferButton = Callable[[kit.Button], OfferId]  # stores the button's action and returns the offer's id


class UnknownOffer(Refusal):
    """A button or form whose offer is not known, or whose action this version does not understand."""


class SlackOffers:
    """Stores offers, and finds the action of a click or a submitted form."""

    def __init__(self, repository: ButtonActionRepository, *, now: Callable[[], datetime]) -> None:
        self._repository = repository
        self._now = now

    def keep(
        self, action: Action, *, operation: str, project: str | None, channel: str = "", thread: str = ""
    ) -> OfferId:
        """Store an action that `operation` offers in a place; the same action again has the same id."""
        offer = self._repository.store(
            operation=operation,
            action=action.encode(),
            project=project,
            channel=channel,
            thread=thread,
            now=self._now(),
        )
        return OfferId(offer)

    def for_answer(self, request: IncomingRequest, project: str | None) -> OfferButton:
        """Return what stores the buttons of a request's answer."""
        place = request.place
        return lambda button: self.keep(
            button.action,
            operation=request.operation,
            project=project,
            channel=place.channel,
            thread=place.thread,
        )

    def for_home(self, person: str) -> OfferButton:
        """Return what stores the buttons of a person's App Home, each of which names its project."""
        return lambda button: self.keep(
            button.action, operation=f"home:{person}", project=button.action.project
        )

    def resolve(self, request: IncomingRequest) -> ResolvedOffer:
        """Return the request with its place, and its offer's action and project. Raises `UnknownOffer`."""
        offer = self._repository.get(request.offer or "")
        if offer is None:
            raise UnknownOffer("This button is no longer known", fix=TYPE_AGAIN)
        try:
            action = Action.decode(offer.action)
            if request.entry is EntryPoint.FORM:
                action = filled_action(action, request.fields)
                direct = not offer.channel or offer.channel.startswith("D")
                place = {"channel": offer.channel, "thread": offer.thread, "direct": direct}
                request = request.model_copy(update={"place": request.place.model_copy(update=place)})
        except (KeyError, ValueError, ValidationError):
            raise UnknownOffer("This button is of an older version", fix=TYPE_AGAIN) from None
        return ResolvedOffer(request=request, action=action, project=offer.project)

    def take(self, request: IncomingRequest) -> bool:
        """Let a request run its offer's action; return False if another request has."""
        return self._repository.claim(request.offer or "", operation=request.operation)

    def give_back(self, request: IncomingRequest) -> None:
        """Let the button be clicked again."""
        self._repository.release_claim(request.offer or "", operation=request.operation)

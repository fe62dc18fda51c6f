"""Shows an answer to one person alone: by the response URL, an ephemeral message or a direct message."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from bot.actions.request import IncomingRequest
from bot.slack import kit
from bot.slack.delivery.buttons import with_buttons
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.delivery.web_errors import SlackRefused, SlackUnreachable
from bot.slack.offers import SlackOffers

log = structlog.get_logger(__name__)

RESPONSE_URL_LIFE = timedelta(minutes=29)  # Slack's is 30 minutes, from the command or click on
USER_LEFT = "user_not_in_channel"


class PrivateReplies:
    """Chooses the first way that reaches the asker, and nobody else."""

    def __init__(self, web: SlackWebClient, offers: SlackOffers) -> None:
        self._web = web
        self._offers = offers

    def send(self, request: IncomingRequest, project: str | None, messages: Iterable[kit.Message]) -> None:
        """Show messages to the asker of a request. Raises `Problem`."""
        offer = self._offers.for_answer(request, project)
        for message in messages:
            blocks = with_buttons(message.blocks, offer)
            if not self._respond(request, message.text, blocks):
                self._post(request, message.text, blocks)

    def _respond(self, request: IncomingRequest, text: str, blocks: list[dict[str, Any]]) -> bool:
        """Use the response URL while it lives; return whether it took the message."""
        url = request.place.response_url
        if not url or datetime.now(UTC) - request.received > RESPONSE_URL_LIFE:
            return False
        try:
            return self._web.respond(url, text=text, blocks=blocks)
        except SlackUnreachable as problem:
            log.warning("response URL did not answer", why=problem.why)
            return False

    def _post(self, request: IncomingRequest, text: str, blocks: list[dict[str, Any]]) -> None:
        place, user = request.place, request.person.id
        channel, thread = place.channel, place.thread
        if not place.direct:
            try:
                self._web.reply_privately(channel=channel, user=user, thread=thread, text=text, blocks=blocks)
            except SlackRefused as refusal:
                if refusal.error != USER_LEFT:
                    raise
                channel = ""
            else:
                return
        if not channel:  # also for the App Home, which is no channel
            channel, thread = self._web.direct_channel(user), ""
        self._web.post(channel=channel, thread=thread, text=text, blocks=blocks, metadata={})

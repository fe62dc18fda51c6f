"""Fills the modal that was opened empty for a request, or says in it why it cannot be filled.

Slack's trigger for a modal lives three seconds, which is shorter than finding out what the form must show. So
a listener opens it empty at once, on another thread, and the answer of the request fills it here.
"""

import time

import structlog

from bot.actions.action import Action
from bot.actions.request import EntryPoint, IncomingRequest
from bot.requests.answer import Conclusion
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.delivery.web_errors import SlackRefused
from bot.slack.forms.catalog import form_of, opens_form
from bot.slack.forms.parts import View, message_view
from bot.slack.offers import SlackOffers
from bot.slack.views.answers import problem_text

log = structlog.get_logger(__name__)

ATTEMPTS, PAUSE_SECONDS = 15, 0.2  # three seconds: by then the modal is open, or its trigger has expired


def fills_form(request: IncomingRequest, action: Action | None) -> bool:
    """Return whether a modal was opened for a request, so that its answer fills it."""
    by_trigger = request.entry in (EntryPoint.COMMAND, EntryPoint.CLICK, EntryPoint.HOME)
    return by_trigger and action is not None and opens_form(action)


class FormAnswers:
    """Answers a request in its modal, by `views.update`."""

    def __init__(self, web: SlackWebClient, offers: SlackOffers) -> None:
        self._web = web
        self._offers = offers

    def fill(self, conclusion: Conclusion) -> None:
        """Fill the modal of a request; it may still be opening. What Slack refuses is logged."""
        view = self._view(conclusion)
        for attempt in range(ATTEMPTS):
            try:
                self._web.update_view(external_id=conclusion.request.operation, view=view)
            except SlackRefused as refusal:
                if refusal.error != "not_found" or attempt == ATTEMPTS - 1:
                    log.warning("form not filled", why=refusal.why)
                    return
                time.sleep(PAUSE_SECONDS)
            else:
                return

    def _view(self, conclusion: Conclusion) -> View:
        request, action = conclusion.request, conclusion.action
        form = form_of(conclusion.result, action) if action is not None else None
        if form is None:
            return message_view(request.operation, problem_text(conclusion))
        offer = self._offers.keep(
            form.action,
            operation=request.operation,
            project=conclusion.project,
            channel=request.place.channel,
            thread=request.place.thread,
        )
        return form.view(request.operation, offer)

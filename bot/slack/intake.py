"""Takes what Slack delivers into the inbox, and opens forms while their triggers live.

All of this happens before Slack is acknowledged, or milliseconds after: requests are stored here, not served.
The one exception is a modal, whose trigger lives three seconds and works once: it is opened empty, on a
thread of its own, and filled by the answer to the stored request (`delivery.form_answers`).
"""

from collections.abc import Callable
from concurrent.futures import Executor

import structlog

from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.common.problems import Problem
from bot.slack import kit
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.forms.catalog import opens_form
from bot.slack.forms.parts import loading_view
from bot.slack.payloads import ClickedMessage

log = structlog.get_logger(__name__)


class Intake:
    """What the listeners call."""

    def __init__(
        self,
        *,
        accept: Callable[[IncomingRequest], bool],
        parse: Callable[[str], Action],
        web: SlackWebClient,
        openers: Executor,
    ) -> None:
        """`accept` stores a request, `parse` reads the words of a command; `openers` runs calls to Slack."""
        self._accept = accept
        self._parse = parse
        self._web = web
        self._openers = openers

    def accept(self, request: IncomingRequest) -> bool:
        """Store a request; return False if it is there already. Raises `Problem` if it cannot be stored."""
        return self._accept(request)

    def accept_or_explain(self, request: IncomingRequest) -> str:
        """Store a request; return what to tell the person if that is not possible, else nothing.

        Slack does not deliver a command again, so whoever typed it must learn that it is lost.
        """
        try:
            self.accept(request)
        except Problem as problem:
            log.exception("request not stored", reference=request.reference)
            return f"❌ {problem.what}\nNothing was started. {problem.fix} (ref {request.reference})"
        return ""

    def open_form_for_words(self, request: IncomingRequest, *, trigger_id: str) -> None:
        """Open an empty form if the words of a command need one."""
        try:
            action = self._parse(request.text)
        except Problem:
            return
        if opens_form(action):
            self.open_form(request, trigger_id=trigger_id)

    def open_form(self, request: IncomingRequest, *, trigger_id: str) -> None:
        """Open an empty form, which the request's answer finds by its operation id."""
        self._openers.submit(self._open_form, request, trigger_id)

    def _open_form(self, request: IncomingRequest, trigger_id: str) -> None:
        try:
            self._web.open_view(trigger_id=trigger_id, view=loading_view(request.operation))
        except Problem as problem:
            log.warning("form not opened", reference=request.reference, why=problem.why)

    def dismiss(self, message: ClickedMessage) -> None:
        """Remove the buttons of a message, and say who has dismissed it."""
        self._openers.submit(self._dismiss, message)

    def _dismiss(self, message: ClickedMessage) -> None:
        if not message.blocks:  # Slack does not send the blocks of an ephemeral message
            return
        blocks = [block for block in message.blocks if block.get("type") != "actions"]
        blocks.append(kit.context(f"cancelled by {kit.person(message.person)}, nothing was done"))
        try:
            self._web.respond(message.response_url, text=message.text, blocks=blocks, replace=True)
        except Problem as problem:
            log.warning("buttons not removed", why=problem.why)

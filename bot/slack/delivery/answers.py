"""Answers a request in Slack: a root message and its thread, or privately.

A slash command has no thread, so it gets a root message; a mention, a click and a form are answered in
the thread they belong to. The root is the state in one line, updated in place; in the thread one
message follows the work and becomes the verdict, and what does not fit goes on below it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from bot.actions.action import Action, Effect
from bot.actions.request import Entry, IncomingRequest, OfferId
from bot.common.redaction import Redactor
from bot.requests.answer import CannotAnswer, Conclusion
from bot.requests.outcomes import shown
from bot.slack import kit
from bot.slack.delivery.buttons import with_offers
from bot.slack.delivery.channel_rate_limit import LATER
from bot.slack.delivery.outbox import Outbox
from bot.slack.delivery.progress import ProgressBoard
from bot.slack.delivery.web_client import SlackRefused, SlackUnreachable, SlackWebClient
from bot.slack.forms.catalog import form_of, opens_form
from bot.slack.forms.parts import message_view
from bot.slack.views import answers as views

log = structlog.get_logger(__name__)

RESPONSE_URL_LIFE = timedelta(minutes=29)  # Slack's is 30, counted from the command or click

ABSENT = frozenset(
    {"user_not_in_channel", "not_in_channel", "channel_not_found", "is_archived"}
)  # no word reaches who asked
FORM_TRIES, FORM_PAUSE = 15, 0.2  # a form is opened on another thread: within three seconds it is there

# stores what a button stands for, for this request and project, and returns its opaque id
MakeOffer = Callable[[IncomingRequest, str | None, kit.Button], OfferId]


class SlackAnswer:
    """The `Answer` of `bot.requests` in a Slack workspace."""

    def __init__(
        self,
        *,
        web: SlackWebClient,
        outbox: Outbox,
        board: ProgressBoard,
        make_offer: MakeOffer,
        keep_offer: Callable[[IncomingRequest, str | None, Action], OfferId],
        redactor: Redactor | None = None,
    ) -> None:
        """Without a filter for secrets, one that knows shapes alone."""
        self._redactor = redactor or Redactor()
        self._keep_offer = keep_offer
        self._web = web
        self._outbox = outbox
        self._board = board
        self._make_offer = make_offer

    def begin(self, request: IncomingRequest, action: Action, project: str | None) -> None:
        """Post the root message where there is no thread yet. Raises `CannotAnswer` where the bot may not
        post.

        What is only read is often there at once: its root is then posted with its end, and costs no update.
        """
        if not _needs_root(request) or _has_form(request, action):
            return
        line = views.working_line(action)
        if action.effect is Effect.READ:
            self._board.put(request.operation, lambda: self._post_root(request, project, line))
        else:
            self._post_root(request, project, line)

    def _post_root(self, request: IncomingRequest, project: str | None, line: str) -> None:
        self._outbox.post_once(
            request.operation,
            "root",
            channel=request.place.channel,
            thread="",
            message=views.root_message(line, request),
            offer=self._offers(request, project),
        )

    def progress(self, request: IncomingRequest, state: object) -> None:
        """Show an intermediate state in the thread; overtaken states are not sent."""

        def send() -> None:
            message = views.show_state(state)
            if _needs_root(request) and not self._outbox.shown(request.operation, "root"):
                self._post_root(request, None, views.state_root_line(state, message))
            self._show(request, None, "answer", message, granted=True)

        self._board.put(request.operation, send, calm=bool(getattr(state, "calm", False)))
        line = views.own_root_line(state)
        if line is not None:
            self._tell_root(request, line)

    def changed(self, request: IncomingRequest, name: str, state: object) -> None:
        """Say in the thread, at once and for good, that something has come to a new state; then in the
        root.
        """
        message = views.show_state(state)
        self._outbox.post_once(
            request.operation,
            f"state-{name}",
            channel=request.place.channel,
            thread=self._thread(request),
            message=message,
            offer=self._offers(request, None),
            rank=LATER,
        )
        self._tell_root(request, views.state_root_line(state, message))

    def _tell_root(self, request: IncomingRequest, line: str) -> None:
        """Let the root say where the work stands, as soon as there is room."""
        root_of = request.operation if _needs_root(request) else request.continues
        if root_of is None:
            return

        def send() -> None:
            if self._outbox.shown(root_of, "root"):
                self._outbox.show(
                    root_of,
                    "root",
                    channel=request.place.channel,
                    thread="",
                    granted=True,
                    message=views.root_message(line, request),
                    offer=self._offers(request, None),
                )

        self._board.tell(request.operation, line, send)

    def finish(self, conclusion: Conclusion) -> None:
        """Show the end: the thread first, then the root's one line."""
        conclusion = shown(conclusion, self._redactor)
        request = conclusion.request
        self._board.close(request.operation)
        if _has_form(request, conclusion.action):
            self._fill_form(conclusion)
            return
        rendered = views.show_conclusion(conclusion)
        rooted = _needs_root(request)
        late = rooted and not self._outbox.shown(request.operation, "root")
        if late:
            self._post_root(request, conclusion.project, rendered.headline)
        for number, message in enumerate(rendered.messages if rooted else views.with_headline(rendered)):
            if number == 0:
                self._outbox.show_end(
                    request.operation,
                    "answer",
                    channel=request.place.channel,
                    thread=self._thread(request),
                    message=message,
                    pointer=views.pointer_below(rendered.headline),
                    offer=self._offers(request, conclusion.project),
                )
            else:
                self._show(request, conclusion.project, f"more-{number}", message)
        for number, file in enumerate(rendered.files, 1):
            self._upload(request, f"file-{number}", file)
        # the end of what was approved is the end of what was asked for: its root tells it
        root_of = request.operation if rooted else request.continues
        if root_of is not None and not late and (rooted or self._outbox.shown(root_of, "root")):
            self._outbox.show(
                root_of,
                "root",
                channel=request.place.channel,
                thread="",
                message=views.root_message(rendered.headline, request),
                offer=self._offers(request, conclusion.project),
            )

    def reply_privately(self, conclusion: Conclusion) -> None:
        """Show the end to the asker alone, through the response URL while it lives."""
        conclusion = shown(conclusion, self._redactor)
        request = conclusion.request
        self._board.close(request.operation)
        if _has_form(request, conclusion.action):
            self._fill_form(conclusion)
            return
        for message in views.with_headline(views.show_conclusion(conclusion)):
            blocks = with_offers(message.blocks, self._offers(request, conclusion.project))
            if self._respond(request, message.text, blocks):
                continue
            if request.place.direct:
                self._write_to(request, request.place.channel, message.text, blocks)
                continue
            try:
                self._web.reply_privately(
                    channel=request.place.channel,
                    user=request.person.id,
                    thread=request.place.thread,
                    text=message.text,
                    blocks=blocks,
                )
            except SlackRefused as refused:
                if refused.error not in ABSENT:
                    raise
                self._write_to(request, "", message.text, blocks)

    def _write_to(
        self, request: IncomingRequest, channel: str, text: str, blocks: list[dict[str, Any]]
    ) -> None:
        """A direct message is private already; from the App Home, or who has left the channel, one is
        begun.
        """
        thread = request.place.thread if channel else ""
        channel = channel or self._web.direct_channel(request.person.id)
        self._web.post(channel=channel, thread=thread, text=text, blocks=blocks, metadata={})

    def _respond(self, request: IncomingRequest, text: str, blocks: list[dict[str, Any]]) -> bool:
        url = request.place.response_url
        if not url or datetime.now(UTC) - request.received > RESPONSE_URL_LIFE:
            return False
        try:
            return self._web.respond(url, text=text, blocks=blocks)
        except SlackUnreachable as lost:
            log.warning("response URL did not answer", why=lost.why)
            return False

    def _fill_form(self, conclusion: Conclusion) -> None:
        """Fill the form that was opened empty, or say in it why not. It may still be opening."""
        request, action = conclusion.request, conclusion.action
        form = form_of(conclusion.result, action) if action is not None else None
        if form is not None:
            offer = self._keep_offer(request, conclusion.project, form.action)
            view = form.view(operation=request.operation, offer=offer)
        else:
            view = message_view(request.operation, views.problem_text(conclusion))
        for attempt in range(FORM_TRIES):
            try:
                self._web.update_view(external_id=request.operation, view=view)
            except SlackRefused as refused:
                if refused.error != "not_found" or attempt == FORM_TRIES - 1:
                    log.warning("form not filled", why=refused.why)
                    return
                time.sleep(FORM_PAUSE)
            else:
                return

    def _thread(self, request: IncomingRequest) -> str:
        if _needs_root(request):
            return self._outbox.thread_of(request.operation) or ""
        if request.continues is not None and not request.place.thread:
            return self._outbox.thread_of(request.continues) or ""
        return request.place.thread or request.place.message

    def _show(
        self,
        request: IncomingRequest,
        project: str | None,
        slot: str,
        message: kit.Message,
        *,
        granted: bool = False,
    ) -> None:
        self._outbox.show(
            request.operation,
            slot,
            channel=request.place.channel,
            thread=self._thread(request),
            message=message,
            offer=self._offers(request, project),
            granted=granted,
        )

    def _upload(self, request: IncomingRequest, slot: str, file: kit.File) -> None:
        channel, thread = request.place.channel, self._thread(request)
        try:
            self._outbox.upload_once(request.operation, slot, channel=channel, thread=thread, file=file)
        except (SlackRefused, CannotAnswer) as refused:
            log.warning("file not uploaded", name=file.name, why=refused.why)
            self._show(request, None, f"{slot}-missing", views.show_failed_upload(file, refused))

    def _offers(self, request: IncomingRequest, project: str | None) -> Callable[[kit.Button], OfferId]:
        return lambda button: self._make_offer(request, project, button)


def _needs_root(request: IncomingRequest) -> bool:
    """Whether the answer makes a thread of its own: a command, or a form that a command asked for."""
    place = request.place
    return request.entry in (Entry.COMMAND, Entry.FORM) and not place.thread and not place.message


def _has_form(request: IncomingRequest, action: Action | None) -> bool:
    """Whether a form was opened for this request, which its answer fills."""
    return (
        request.entry in (Entry.COMMAND, Entry.CLICK, Entry.HOME)
        and action is not None
        and opens_form(action)
    )

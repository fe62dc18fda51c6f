"""Answers a request in Slack: a root message and its thread, or privately.

A slash command has no thread, so it gets a root message; a mention, a click and a form are answered in the
thread they belong to. The root is the state in one line, updated in place. In the thread one message (the
slot `answer`) follows the work and becomes the result; what does not fit into it goes on below.
"""

import structlog

from bot.actions.action import Action, Effect
from bot.actions.request import EntryPoint, IncomingRequest, OperationId
from bot.common.redaction import Redactor
from bot.requests.answer import CannotAnswer, Conclusion
from bot.requests.outcomes import redacted
from bot.slack import kit
from bot.slack.delivery.channel_rate_limit import Priority
from bot.slack.delivery.form_answers import FormAnswers, fills_form
from bot.slack.delivery.outbox import ANSWER, ROOT, Outbox, Slot
from bot.slack.delivery.private_replies import PrivateReplies
from bot.slack.delivery.progress import ProgressBoard
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.delivery.web_errors import SlackRefused
from bot.slack.offers import SlackOffers
from bot.slack.views import answers as views

log = structlog.get_logger(__name__)


class SlackAnswer:
    """The `Answer` of `bot.requests` in a Slack workspace."""

    def __init__(
        self,
        *,
        web: SlackWebClient,
        outbox: Outbox,
        board: ProgressBoard,
        offers: SlackOffers,
        redactor: Redactor | None = None,
    ) -> None:
        """Without a redactor, one that knows no secret but recognises their shapes."""
        self._outbox = outbox
        self._board = board
        self._offers = offers
        self._redactor = redactor or Redactor()
        self._private = PrivateReplies(web, offers)
        self._forms = FormAnswers(web, offers)

    def begin(self, request: IncomingRequest, action: Action, project: str | None) -> None:
        """Post the root message where there is no thread yet. Raises `CannotAnswer` where the bot may not
        post.

        A read has often ended at once: its root is then posted with the end, and costs no update.
        """
        if not _needs_root(request) or fills_form(request, action):
            return
        line = views.working_line(action)
        if action.effect is Effect.READ:
            self._board.put_state(request.operation, lambda: self._post_root(request, project, line))
        else:
            self._post_root(request, project, line)

    def _post_root(self, request: IncomingRequest, project: str | None, line: str) -> None:
        slot = Slot(request.operation, ROOT, request.place.channel)
        message = views.root_message(line, request)
        self._outbox.post_once(slot, message, self._offers.for_answer(request, project))

    def report_progress(self, request: IncomingRequest, state: object) -> None:
        """Show an intermediate state in the thread. A state that a newer one replaces soon is not sent."""

        def show() -> None:
            message = views.show_state(state)
            if _needs_root(request) and not self._outbox.is_posted(request.operation, ROOT):
                self._post_root(request, None, views.state_root_line(state, message))
            offer = self._offers.for_answer(request, None)
            self._outbox.show(self._slot(request, ANSWER), message, offer, acquired=True)

        unchanged = bool(getattr(state, "calm", False))
        self._board.put_state(request.operation, show, unchanged=unchanged)
        line = views.own_root_line(state)
        if line is not None:
            self._put_root_line(request, line)

    def report_state(self, request: IncomingRequest, name: str, state: object) -> None:
        """Show a new state of long-running work in a message of its own, then in the root's line."""
        message = views.show_state(state)
        offer = self._offers.for_answer(request, None)
        self._outbox.post_once(self._slot(request, f"state-{name}"), message, offer, priority=Priority.STATE)
        self._put_root_line(request, views.state_root_line(state, message))

    def _put_root_line(self, request: IncomingRequest, line: str) -> None:
        root = _root_operation(request)
        if root is None:
            return

        def show() -> None:
            if self._outbox.is_posted(root, ROOT):
                self._show_root(root, request, None, line, acquired=True)

        self._board.put_root_line(request.operation, line, show)

    def finish(self, conclusion: Conclusion) -> None:
        """Show the end: in the thread first, then in the root's line."""
        conclusion = self._closed(conclusion)
        request, project = conclusion.request, conclusion.project
        if fills_form(request, conclusion.action):
            self._forms.fill(conclusion)
            return
        rendered = views.show_conclusion(conclusion)
        late_root = _needs_root(request) and not self._outbox.is_posted(request.operation, ROOT)
        if late_root:
            self._post_root(request, project, rendered.headline)
        self._show_thread(request, project, rendered)
        # the end of an approved change is the end of the request for it, so that request's root shows it
        root = _root_operation(request)
        if root is not None and not late_root and self._outbox.is_posted(root, ROOT):
            self._show_root(root, request, project, rendered.headline)

    def _show_thread(self, request: IncomingRequest, project: str | None, rendered: kit.Rendered) -> None:
        offer = self._offers.for_answer(request, project)
        first, *following = rendered.messages if _needs_root(request) else views.with_headline(rendered)
        pointer = views.pointer_below(rendered.headline)
        self._outbox.show_end(self._slot(request, ANSWER), first, offer, pointer=pointer)
        for number, message in enumerate(following, 1):
            self._outbox.show(self._slot(request, f"more-{number}"), message, offer)
        for number, file in enumerate(rendered.files, 1):
            self._upload(request, f"file-{number}", file)

    def reply_privately(self, conclusion: Conclusion) -> None:
        """Show the end to the asker alone."""
        conclusion = self._closed(conclusion)
        if fills_form(conclusion.request, conclusion.action):
            self._forms.fill(conclusion)
        else:
            messages = views.with_headline(views.show_conclusion(conclusion))
            self._private.send(conclusion.request, conclusion.project, messages)

    def _closed(self, conclusion: Conclusion) -> Conclusion:
        """End the progress of a request, and return its conclusion without secrets."""
        self._board.close(conclusion.request.operation)
        return redacted(conclusion, self._redactor)

    def _show_root(
        self,
        root: OperationId,
        request: IncomingRequest,
        project: str | None,
        line: str,
        *,
        acquired: bool = False,
    ) -> None:
        slot = Slot(root, ROOT, request.place.channel)
        offer = self._offers.for_answer(request, project)
        self._outbox.show(slot, views.root_message(line, request), offer, acquired=acquired)

    def _slot(self, request: IncomingRequest, name: str) -> Slot:
        """A slot in the thread of the answer."""
        place, root = request.place, _root_operation(request)
        if _needs_root(request) or not place.thread:
            thread = (self._outbox.thread_of(root) or "") if root is not None else place.message
        else:
            thread = place.thread
        return Slot(request.operation, name, place.channel, thread)

    def _upload(self, request: IncomingRequest, name: str, file: kit.File) -> None:
        try:
            self._outbox.upload_once(self._slot(request, name), file)
        except (SlackRefused, CannotAnswer) as refusal:
            log.warning("file not uploaded", name=file.name, why=refusal.why)
            message = views.show_failed_upload(file, refusal)
            offer = self._offers.for_answer(request, None)
            self._outbox.show(self._slot(request, f"{name}-missing"), message, offer)


def _needs_root(request: IncomingRequest) -> bool:
    """Whether the answer makes a thread of its own: for a command, or a form that a command has opened."""
    place = request.place
    return request.entry in (EntryPoint.COMMAND, EntryPoint.FORM) and not place.thread and not place.message


def _root_operation(request: IncomingRequest) -> OperationId | None:
    """The operation whose root shows how a request stands: its own, or the one that asked for an approved
    change.
    """
    return request.operation if _needs_root(request) else request.continues

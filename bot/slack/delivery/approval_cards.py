"""Shows approvals as they change: a card in the thread, direct messages to deciders, the end to the
requester.

Every message has a slot of the operation that asked, so each exists once and is updated in place, whichever
replica shows it.
"""

from collections.abc import Callable

import structlog

from bot.access.authorisation import Deciders
from bot.access.directory import Directory
from bot.actions.request import OperationId
from bot.common.problems import Problem
from bot.slack import kit
from bot.slack.delivery.outbox import ANSWER, ROOT, Outbox, Slot
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.offers import OfferButton, SlackOffers
from bot.slack.views import approval_cards as views
from storage import approvals as store
from storage.approvals import WINDOW_OVER, Approval

log = structlog.get_logger(__name__)

MOST_DIRECT_MESSAGES = 20  # for one approval


class ApprovalCards:
    """Makes Slack show an approval as it is."""

    def __init__(
        self,
        *,
        web: SlackWebClient,
        outbox: Outbox,
        directory: Directory,
        deciders: Callable[[str], Deciders],
        offers: SlackOffers,
    ) -> None:
        """`deciders` returns who may decide in a project."""
        self._web = web
        self._outbox = outbox
        self._directory = directory
        self._deciders = deciders
        self._offers = offers

    def announce(self, approval: Approval) -> None:
        """Show the newest state. Raises `Problem`: then it is shown later."""
        deciders = self._deciders(approval.project)
        if approval.channel:
            self._show_in_thread(approval, deciders)
        self._show_directly(approval, deciders)

    def remind(self, approval: Approval) -> None:
        """Remind the deciders once, in the thread and directly. Raises `Problem`."""
        deciders = self._deciders(approval.project)
        if approval.channel:
            message = views.show_reminder(approval, deciders)
            self._post(self._thread_slot(approval, "reminder"), message, approval)
        for person in self._outside_channel(approval, deciders):
            message = views.show_reminder(approval, deciders, project=approval.project)
            self._post(self._direct_slot(approval, f"remind-{person}", person), message, approval)

    def _show_in_thread(self, approval: Approval, deciders: Deciders) -> None:
        operation = OperationId(approval.operation)
        slot = self._thread_slot(approval, ANSWER)
        has_root = self._outbox.is_posted(operation, ROOT)
        by_request = approval.version == 1 and self._outbox.is_posted(operation, ANSWER)
        if not by_request:  # else the request's own answer shows the approval, and its root the headline
            card = _card(approval, views.show_card(approval, deciders), headline=not has_root)
            self._show(slot, card, approval)
            if has_root and not _continues(approval):
                self._show(_root_slot(approval), _root(approval), approval)
        if approval.state in (store.REJECTED, store.EXPIRED) or approval.note == WINDOW_OVER:
            self._post(self._thread_slot(approval, "ended"), views.show_end(approval), approval)

    def _show_directly(self, approval: Approval, deciders: Deciders) -> None:
        for person in self._outside_channel(approval, deciders):
            name = f"to-{person}"
            if approval.state != store.OPEN and not self._outbox.is_posted(
                OperationId(approval.operation), name
            ):
                continue
            try:
                slot = self._direct_slot(approval, name, person)
                link = self._link(approval)
                card = views.show_card(approval, deciders, project=approval.project, link=link)
                self._show(slot, _card(approval, card, headline=True), approval)
            except Problem as problem:  # one person who cannot be written to keeps nobody else waiting
                log.warning("approver not written to", person=person, approval=approval.id, why=problem.why)

    def _outside_channel(self, approval: Approval, deciders: Deciders) -> list[str]:
        """The people who may decide and do not see the channel."""
        people = sorted(deciders.people - {approval.requester})
        return [person for person in people if not self._sees(person, approval.channel)][
            :MOST_DIRECT_MESSAGES
        ]

    def _sees(self, person: str, channel: str) -> bool:
        if not channel:
            return False
        try:
            return self._directory.is_member(person, channel)
        except Problem as problem:
            log.warning("membership not known", channel=channel, why=problem.why)
            return True  # the card mentions them

    def _thread_slot(self, approval: Approval, name: str) -> Slot:
        """A slot in the thread of the request; a request from a terminal or a direct message gets one."""
        thread = self._known_thread(approval) or self._post(_root_slot(approval), _root(approval), approval)
        return Slot(OperationId(approval.operation), name, approval.channel, thread)

    def _direct_slot(self, approval: Approval, name: str, person: str) -> Slot:
        return Slot(OperationId(approval.operation), name, self._web.direct_channel(person))

    def _known_thread(self, approval: Approval) -> str | None:
        # long-running work asks several times in one thread, as `<operation>:<what>`
        return approval.thread or self._outbox.thread_of(OperationId(approval.operation.partition(":")[0]))

    def _link(self, approval: Approval) -> str:
        ts = self._known_thread(approval)
        return self._web.permalink(channel=approval.channel, ts=ts) if ts else ""

    def _show(self, slot: Slot, message: kit.Message, approval: Approval) -> None:
        self._outbox.show(slot, message, self._offer(approval, slot))

    def _post(self, slot: Slot, message: kit.Message, approval: Approval) -> str:
        return self._outbox.post_once(slot, message, self._offer(approval, slot))

    def _offer(self, approval: Approval, slot: Slot) -> OfferButton:
        return lambda button: self._offers.keep(
            button.action,
            operation=approval.operation,
            project=approval.project,
            channel=slot.channel,
            thread=slot.thread,
        )


def _continues(approval: Approval) -> bool:
    """Whether the approved change runs, so that its own answer updates the root."""
    return approval.state == store.STARTED or (
        approval.state == store.APPROVED and approval.not_before is None
    )


def _root_slot(approval: Approval) -> Slot:
    return Slot(OperationId(approval.operation), ROOT, approval.channel)


def _root(approval: Approval) -> kit.Message:
    line = views.root_line(approval)
    section = kit.section(f"{line} · asked by {kit.person(approval.requester)}")
    return kit.Message(text=kit.cut(line.replace("*", ""), kit.MESSAGE_TEXT), blocks=(section,))


def _card(approval: Approval, rendered: kit.Rendered, *, headline: bool) -> kit.Message:
    message = rendered.messages[0]
    asker = approval.requester_name or kit.person(approval.requester)
    reference = f"ref {approval.operation[:4]}"
    footer = kit.context(kit.escape(asker), kit.escape(approval.project), reference)
    top = (kit.section(rendered.headline),) if headline else ()
    return kit.Message(text=message.text, blocks=(*top, *message.blocks, footer))

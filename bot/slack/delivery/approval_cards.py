"""Shows approvals as they change: the card in its thread, direct messages to who may decide, a word to who
asked.

Every message has a slot of the operation that asked, so each stands once and is updated in place, whichever
replica shows it.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from bot.access.authorisation import Deciders
from bot.access.directory import Directory
from bot.actions.action import Action
from bot.actions.request import OfferId, OperationId
from bot.common.problems import Problem
from bot.slack import kit
from bot.slack.delivery.outbox import Outbox
from bot.slack.delivery.web_client import SlackWebClient
from bot.slack.views import approval_cards as views
from storage import approvals as store
from storage.approvals import WINDOW_OVER, Approval

log = structlog.get_logger(__name__)

MOST_DIRECT = 20  # people who are written to for one approval

# keeps what a button stands for: operation, action, project, channel, thread
KeepOffer = Callable[[str, Action, str, str, str], OfferId]


class ApprovalCards:
    """Makes Slack show an approval as it is."""

    def __init__(
        self,
        *,
        web: SlackWebClient,
        outbox: Outbox,
        directory: Directory,
        deciders: Callable[[str], Deciders],
        keep_offer: KeepOffer,
    ) -> None:
        self._web = web
        self._outbox = outbox
        self._directory = directory
        self._deciders = deciders
        self._keep_offer = keep_offer

    def announce(self, found: Approval) -> None:
        """Show the newest state. Raises `Problem`: then it is shown later."""
        deciders = self._deciders(found.project)
        operation = OperationId(found.operation)
        if found.channel:
            self._in_the_thread(found, deciders, operation)
        self._directly(found, deciders, operation)

    def remind(self, found: Approval) -> None:
        """The one reminder, in the thread and to who was written to. Raises `Problem`."""
        deciders = self._deciders(found.project)
        operation = OperationId(found.operation)
        if found.channel:
            thread = self._thread(found, operation)
            self._outbox.post_once(
                operation,
                "reminder",
                channel=found.channel,
                thread=thread,
                message=views.show_reminder(found, deciders),
                offer=self._offers(found, found.channel, thread),
            )
        for person in self._absent(found, deciders):
            channel = self._web.direct_channel(person)
            self._outbox.post_once(
                operation,
                f"remind-{person}",
                channel=channel,
                thread="",
                message=views.show_reminder(found, deciders, project=found.project),
                offer=self._offers(found, channel, ""),
            )

    def _in_the_thread(self, found: Approval, deciders: Deciders, operation: OperationId) -> None:
        thread = self._thread(found, operation)
        offer = self._offers(found, found.channel, thread)
        first = found.version == 1 and self._outbox.shown(
            operation, "answer"
        )  # the request's own answer shows it
        rooted = self._outbox.shown(operation, "root")  # and the root its headline
        if not first:
            card = _card(found, views.show_card(found, deciders), headline=not rooted)
            self._outbox.show(
                operation, "answer", channel=found.channel, thread=thread, message=card, offer=offer
            )
        if rooted and not first and not _goes_on(found):
            self._outbox.show(
                operation, "root", channel=found.channel, thread="", message=_root(found), offer=offer
            )
        if found.state in (store.REJECTED, store.EXPIRED) or found.note == WINDOW_OVER:
            self._outbox.post_once(
                operation,
                "ended",
                channel=found.channel,
                thread=thread,
                message=views.show_end(found),
                offer=offer,
            )

    def _thread(self, found: Approval, operation: OperationId) -> str:
        """The thread of the request; what was asked for elsewhere (in a terminal, directly) gets one."""
        if found.thread:
            return found.thread
        within = OperationId(operation.partition(":")[0])  # durable work asks several times in one thread
        return self._outbox.thread_of(within) or self._outbox.post_once(
            operation,
            "root",
            channel=found.channel,
            thread="",
            message=_root(found),
            offer=self._offers(found, found.channel, ""),
        )

    def _directly(self, found: Approval, deciders: Deciders, operation: OperationId) -> None:
        for person in self._absent(found, deciders):
            slot = f"to-{person}"
            if found.state != store.OPEN and not self._outbox.shown(operation, slot):
                continue
            try:
                channel = self._web.direct_channel(person)
                rendered = views.show_card(
                    found, deciders, project=found.project, link=self._link(found, operation)
                )
                self._outbox.show(
                    operation,
                    slot,
                    channel=channel,
                    thread="",
                    message=_card(found, rendered, headline=True),
                    offer=self._offers(found, channel, ""),
                )
            except Problem as unable:  # one person who cannot be written to keeps nobody else waiting
                log.warning("approver not written to", person=person, approval=found.id, why=unable.why)

    def _absent(self, found: Approval, deciders: Deciders) -> list[str]:
        """Who may decide and does not see the channel."""
        people = sorted(deciders.people - {found.requester})
        return [person for person in people if not self._sees(person, found.channel)][:MOST_DIRECT]

    def _sees(self, person: str, channel: str) -> bool:
        if not channel:
            return False
        try:
            return self._directory.is_member(person, channel)
        except Problem as unknown:
            log.warning("membership not known", channel=channel, why=unknown.why)
            return True  # the card calls them by name

    def _link(self, found: Approval, operation: OperationId) -> str:
        ts = found.thread or self._outbox.thread_of(OperationId(operation.partition(":")[0]))
        return self._web.permalink(channel=found.channel, ts=ts) if ts else ""

    def _offers(self, found: Approval, channel: str, thread: str) -> Callable[[kit.Button], OfferId]:
        return lambda button: self._keep_offer(found.operation, button.action, found.project, channel, thread)


def _goes_on(found: Approval) -> bool:
    """Whether the effect tells the root what comes of it."""
    return found.state == store.STARTED or (found.state == store.APPROVED and found.not_before is None)


def _root(found: Approval) -> kit.Message:
    line = views.root_line(found)
    text = f"{line} · asked by {kit.person(found.requester)}"
    return kit.Message(text=kit.cut(line.replace("*", ""), kit.MESSAGE_TEXT), blocks=(kit.section(text),))


def _card(found: Approval, rendered: kit.Rendered, *, headline: bool = False) -> kit.Message:
    message = rendered.messages[0]
    asker = found.requester_name or kit.person(found.requester)
    footer = kit.context(kit.escape(asker), kit.escape(found.project), f"ref {found.operation[:4]}")
    top = (kit.section(rendered.headline),) if headline else ()
    return kit.Message(text=message.text, blocks=(*top, *message.blocks, footer))

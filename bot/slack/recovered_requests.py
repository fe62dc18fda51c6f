"""Tells of a request that a crash had cut off: its root line gets its end, and its thread what was found."""

from __future__ import annotations

from bot.actions.request import OfferId, OperationId
from bot.actions.service import Readback
from bot.slack import kit
from bot.slack.delivery.outbox import Outbox
from bot.slack.views import recovered_requests as views
from storage.audit import AuditEvent


class RecoveredRequests:
    """Shows the end of a cut off request where it was answered; a terminal's is in the audit log alone."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def tell(self, intent: AuditEvent, found: Readback) -> None:
        """Show it. Raises `Problem`."""
        if not intent.channel or intent.entry == "terminal":
            return
        operation = OperationId(intent.operation)
        root = self._outbox.thread_of(operation)
        thread = root or intent.thread
        if thread:
            self._show(operation, "closed", intent, views.thread_message(intent, found), thread=thread)
        if root is not None:
            self._show(operation, "root", intent, views.root_message(intent, found), thread="")
        elif not thread:
            self._show(operation, "root", intent, views.combined_message(intent, found), thread="")

    def _show(
        self, operation: OperationId, slot: str, intent: AuditEvent, message: kit.Message, *, thread: str
    ) -> None:
        self._outbox.show(
            operation, slot, channel=intent.channel, thread=thread, message=message, offer=_no_buttons
        )


def _no_buttons(button: kit.Button) -> OfferId:
    raise ValueError(f"{button.label}: the end of a cut off request has no buttons")

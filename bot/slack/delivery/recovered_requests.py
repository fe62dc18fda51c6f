"""Shows the end of a request that a crash cut off: its root line gets its end, its thread what was read."""

from bot.actions.request import OfferId, OperationId
from bot.actions.service import Readback
from bot.slack import kit
from bot.slack.delivery.outbox import ROOT, Outbox, Slot
from bot.slack.views import recovered_requests as views
from storage.audit_events import AuditEvent


class RecoveredRequests:
    """Shows the end where the request was answered. That of a terminal's request is in the audit log only."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def show(self, intent: AuditEvent, readback: Readback) -> None:
        """Show the end of a request, of which the audit log has the intent. Raises `Problem`."""
        if not intent.channel or intent.entry == "terminal":
            return
        operation = OperationId(intent.operation)
        root_slot = Slot(operation, ROOT, intent.channel)
        root = self._outbox.thread_of(operation)
        thread = root or intent.thread
        if thread:
            slot = Slot(operation, "closed", intent.channel, thread)
            self._outbox.show(slot, views.thread_message(intent, readback), _no_buttons)
        if root is not None:
            self._outbox.show(root_slot, views.root_message(intent, readback), _no_buttons)
        elif not thread:
            self._outbox.show(root_slot, views.combined_message(intent, readback), _no_buttons)


def _no_buttons(button: kit.Button) -> OfferId:
    raise ValueError(f"{button.label}: the end of a recovered request has no buttons")

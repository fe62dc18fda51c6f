"""Submitted modals: checked field by field, stored, then acknowledged."""

import dataclasses
import re
from typing import Any

from slack_bolt import Ack, App

from bot.slack import kit, payloads
from bot.slack.forms.catalog import form_errors
from bot.slack.intake import Intake


@dataclasses.dataclass(frozen=True, kw_only=True)
class FormListeners:
    """Listeners for the interaction `view_submission`."""

    intake: Intake

    def register(self, app: App) -> None:
        """Register the listeners for our forms, and last one for any other, so that old ones close."""
        app.view(re.compile(rf"^{re.escape(kit.FORM)}(?!\.loading)"))(self.on_submit)
        app.view(re.compile(".*"))(self.on_other)

    def on_submit(self, ack: Ack, body: dict[str, Any]) -> None:
        """Show errors beside their fields, or store the form and close it."""
        request = payloads.from_form(body, now=payloads.utc_now())
        errors = form_errors(body["view"].get("callback_id", ""), request.fields, files=len(request.files))
        if errors:
            ack(response_action="errors", errors=errors)
            return
        self.intake.accept(request)
        ack()

    def on_other(self, ack: Ack) -> None:
        """Close a modal of an older version."""
        ack()

"""Buttons: stored, acknowledged; those that ask for a form get it opened while the trigger lives."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from slack_bolt import Ack, App

from bot.slack import kit, payloads
from bot.slack.intake import Intake


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClickListeners:
    """Every button: what it stands for is looked up later, under the opaque id it carries."""

    intake: Intake

    def register(self, app: App) -> None:
        """Listen to our buttons, and last to any other, so that old ones are acknowledged too."""
        app.action(re.compile(rf"^{re.escape(kit.FORM)}"))(self.on_form_wanted)
        app.action(re.compile(rf"^{re.escape(kit.RUN)}"))(self.on_run)
        app.action(re.compile(rf"^{re.escape(kit.DISMISS)}"))(self.on_dismiss)
        app.action(re.compile(".*"))(self.on_other)

    def on_run(self, ack: Ack, body: dict[str, Any]) -> None:
        """Store the click, then acknowledge."""
        self.intake.accept(payloads.from_click(body, now=payloads.utc_now()))
        ack()

    def on_form_wanted(self, ack: Ack, body: dict[str, Any]) -> None:
        """Store the click, acknowledge, open the form empty; the answer fills it."""
        request = payloads.from_click(body, now=payloads.utc_now())
        fresh = self.intake.accept(request)
        ack()
        if fresh:
            self.intake.open_form(request, trigger_id=body["trigger_id"])

    def on_dismiss(self, ack: Ack, body: dict[str, Any]) -> None:
        """Acknowledge, and take the buttons of the message away: nothing was asked for, so nothing is
        stored.
        """
        ack()
        self.intake.dismiss(payloads.pressed_message(body))

    def on_other(self, ack: Ack) -> None:
        """A button of an older version, or a link: there is nothing to do."""
        ack()

"""Buttons: stored, then acknowledged. A button that opens a form does so while its trigger lives."""

import dataclasses
import re
from typing import Any

from slack_bolt import Ack, App

from bot.slack import kit, payloads
from bot.slack.intake import Intake


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClickListeners:
    """Listeners for every button.

    What a button stands for is looked up later, by the offer's id that it carries.
    """

    intake: Intake

    def register(self, app: App) -> None:
        """Register the listeners for our buttons, and last one for any other, so that old ones are
        acknowledged.
        """
        app.action(re.compile(rf"^{re.escape(kit.FORM)}"))(self.on_open_form)
        app.action(re.compile(rf"^{re.escape(kit.RUN)}"))(self.on_run)
        app.action(re.compile(rf"^{re.escape(kit.DISMISS)}"))(self.on_dismiss)
        app.action(re.compile(".*"))(self.on_other)

    def on_run(self, ack: Ack, body: dict[str, Any]) -> None:
        """Store the click, then acknowledge."""
        self.intake.accept(payloads.from_click(body, now=payloads.utc_now()))
        ack()

    def on_open_form(self, ack: Ack, body: dict[str, Any]) -> None:
        """Store the click, acknowledge, and open the form empty; the answer fills it."""
        request = payloads.from_click(body, now=payloads.utc_now())
        is_new = self.intake.accept(request)
        ack()
        if is_new:
            self.intake.open_form(request, trigger_id=body["trigger_id"])

    def on_dismiss(self, ack: Ack, body: dict[str, Any]) -> None:
        """Acknowledge, and remove the buttons of the message. Nothing was asked for, so nothing is stored."""
        ack()
        self.intake.dismiss(payloads.clicked_message(body))

    def on_other(self, ack: Ack) -> None:
        """Acknowledge a link, or a button of an older version: there is nothing to do."""
        ack()

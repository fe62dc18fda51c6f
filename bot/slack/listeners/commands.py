"""The slash command: stored, acknowledged, and nothing more."""

import dataclasses
from typing import Any

from slack_bolt import Ack, App

from bot.actions.mistakes import COMMAND
from bot.slack import payloads
from bot.slack.intake import Intake


@dataclasses.dataclass(frozen=True, kw_only=True)
class CommandListeners:
    """Listeners for the slash command `/xk8s`."""

    intake: Intake

    def register(self, app: App) -> None:
        """Register the listener with the Bolt app."""
        app.command(COMMAND)(self.on_command)

    def on_command(self, ack: Ack, body: dict[str, Any]) -> None:
        """Store the words, then acknowledge; a command that needs a form gets it opened at once."""
        request = payloads.from_command(body, now=payloads.utc_now())
        refusal = self.intake.accept_or_explain(request)
        if refusal:
            ack(refusal)
            return
        ack()
        self.intake.open_form_for_words(request, trigger_id=body["trigger_id"])

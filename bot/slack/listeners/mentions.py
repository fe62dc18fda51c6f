"""Mentions of @xk8s in a message: answered in that message's thread, by the same code as a command."""

import dataclasses
from typing import Any

from slack_bolt import App, BoltContext

from bot.slack import payloads
from bot.slack.intake import Intake


@dataclasses.dataclass(frozen=True, kw_only=True)
class MentionListeners:
    """Listeners for the event `app_mention`."""

    intake: Intake

    def register(self, app: App) -> None:
        """Register the listener with the Bolt app."""
        app.event("app_mention")(self.on_mention)

    def on_mention(self, body: dict[str, Any], context: BoltContext) -> None:
        """Store the mention. If that fails, Slack is not acknowledged and delivers it again."""
        bot_user = context.bot_user_id or ""
        self.intake.accept(payloads.from_mention(body, bot_user=bot_user, now=payloads.utc_now()))

"""The Bolt app: who it is in the workspace, and which listeners stand where.

Built with `process_before_response`: our listeners only store and acknowledge, so they run on the
thread that took the request, without Bolt's hand-over to another thread and its 10 ms poll for the
acknowledgement.
"""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.slack.intake import Intake
from bot.slack.listeners.clicks import ClickListeners
from bot.slack.listeners.commands import CommandListeners
from bot.slack.listeners.forms import FormListeners
from bot.slack.listeners.mentions import MentionListeners


@dataclasses.dataclass(frozen=True, kw_only=True)
class Identity:
    """Who the bot is, from `auth.test`: one workspace, one bot user."""

    team: str
    team_name: str
    bot_user: str
    bot_id: str


def identity_from(answer: dict[str, Any]) -> Identity:
    """Read the answer of `auth.test`."""
    return Identity(
        team=str(answer.get("team_id", "")),
        team_name=str(answer.get("team", "")),
        bot_user=str(answer.get("user_id", "")),
        bot_id=str(answer.get("bot_id", "")),
    )


def build_app(
    *, identity: Identity, client: WebClient, signing_secret: str, intake: Intake, logger: logging.Logger
) -> App:
    """Return the Bolt app with every listener registered."""

    def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id=identity.team, bot_user_id=identity.bot_user,
            bot_id=identity.bot_id, bot_token=client.token,
        )  # fmt: skip

    app = App(
        logger=logger, client=client, authorize=authorize, signing_secret=signing_secret,
        process_before_response=True,
    )  # fmt: skip
    for listeners in (
        CommandListeners(intake=intake),
        MentionListeners(intake=intake),
        ClickListeners(intake=intake),
        FormListeners(intake=intake),
    ):
        listeners.register(app)
    return app

"""The Bolt app: its listeners, and the identity with which Bolt authorises what Slack sends.

It is built with `process_before_response`. The listeners only store and acknowledge, so they run on the
thread that took the request, without Bolt's hand-over to another thread and its poll for the acknowledgement
every 10 ms.
"""

import logging
from collections.abc import Callable

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.slack.identity import SlackIdentity
from bot.slack.intake import Intake
from bot.slack.listeners.clicks import ClickListeners
from bot.slack.listeners.commands import CommandListeners
from bot.slack.listeners.forms import FormListeners
from bot.slack.listeners.home import HomeListeners
from bot.slack.listeners.mentions import MentionListeners


def build_app(
    *,
    identity: SlackIdentity,
    client: WebClient,
    signing_secret: str,
    intake: Intake,
    home_opened: Callable[[str], None],
    logger: logging.Logger,
) -> App:
    """Return the Bolt app with every listener registered."""

    def authorize() -> AuthorizeResult:
        """The bot's identity.

        What Slack sends before that is known is taken all the same: it is only stored.
        """
        identified = identity.last_known
        return AuthorizeResult(
            enterprise_id=None,
            team_id=identified.team if identified else None,
            bot_user_id=identified.bot_user if identified else None,
            bot_id=identified.bot_id if identified else None,
            bot_token=client.token,
        )

    # Bolt logs advice about tokens that it is not given
    logger.addFilter(lambda record: "will be" not in record.getMessage())
    app = App(
        logger=logger,
        client=client,
        authorize=authorize,
        signing_secret=signing_secret,
        process_before_response=True,
    )
    for listeners in (
        CommandListeners(intake=intake),
        MentionListeners(intake=intake),
        ClickListeners(intake=intake),
        FormListeners(intake=intake),
        HomeListeners(opened=home_opened),
    ):
        listeners.register(app)
    return app

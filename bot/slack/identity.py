"""Who the bot is in its workspace, and whether Slack still answers.

`auth.test` gives the same answer for a token every time, so it is kept; it is called again and again because
it also tells whether Slack is within reach and the token still valid.
"""

import dataclasses

import structlog

from bot.common.problems import Problem
from bot.common.worker import Worker
from bot.slack.delivery.web_client import SlackWebClient

log = structlog.get_logger(__name__)

CHECK_SECONDS = 20.0  # between two checks while Slack answers
RETRY_SECONDS = 2.0  # between two checks while it does not


@dataclasses.dataclass(frozen=True, kw_only=True)
class Identity:
    """One workspace (`team`) and the bot's user in it."""

    team: str
    team_name: str
    bot_user: str
    bot_id: str


class SlackIdentity:
    """Calls `auth.test` in a background thread until `stop`."""

    def __init__(self, web: SlackWebClient) -> None:
        self._web = web
        self._known: Identity | None = None
        self._problem: str | None = "not asked yet"
        self._worker = Worker("slack-identity", self._test, interval=RETRY_SECONDS)

    def start(self) -> None:
        """Start to call `auth.test`."""
        self._worker.start()

    def stop(self) -> None:
        """Call no more; a call that is under way is not waited for."""
        self._worker.stop(timeout=0.0)

    @property
    def last_known(self) -> Identity | None:
        """The bot's identity; None until Slack has answered once."""
        return self._known

    def check(self) -> str | None:
        """What is wrong with Slack at present, in words; None if nothing is."""
        return self._problem

    def team(self) -> str:
        """The id of the workspace; empty until it is known."""
        return self._known.team if self._known else ""

    def bot_user(self) -> str:
        """The user id of the bot; empty until it is known."""
        return self._known.bot_user if self._known else ""

    def _test(self) -> float:
        try:
            answer = self._web.read("auth.test")
        except Problem as problem:
            text = f"{problem.what}: {problem.why}"
            if text != self._problem:
                log.warning("Slack is out of reach", why=text)
            self._problem = text
            return RETRY_SECONDS
        self._known = Identity(
            team=str(answer.get("team_id", "")),
            team_name=str(answer.get("team", "")),
            bot_user=str(answer.get("user_id", "")),
            bot_id=str(answer.get("bot_id", "")),
        )
        if self._problem:
            log.info("Slack answers", team=self._known.team_name)
        self._problem = None
        return CHECK_SECONDS

"""Who the bot is in the workspace, asked once Slack is within reach, and whether it still is.

The answer of `auth.test` never changes for a token, so it is kept; asking again tells whether Slack is
within reach and the token still valid.
"""

from __future__ import annotations

import dataclasses
import threading

import structlog

from bot.common.problems import Problem
from bot.slack.delivery.web_client import SlackWebClient

log = structlog.get_logger(__name__)

ASK_EVERY = 20.0  # seconds between two looks while all is well
ASK_AGAIN = 2.0  # seconds until the next look while it is not


@dataclasses.dataclass(frozen=True, kw_only=True)
class Identity:
    """One workspace (`team`), one bot user."""

    team: str
    team_name: str
    bot_user: str
    bot_id: str


class SlackIdentity:
    """Asks Slack who we are until it answers, and goes on asking whether it is there."""

    def __init__(self, web: SlackWebClient) -> None:
        self._web = web
        self._known: Identity | None = None
        self._wrong: str | None = "not asked yet"
        self._ending = threading.Event()
        self._first = threading.Event()
        self._thread = threading.Thread(target=self._run, name="slack-identity", daemon=True)

    def start(self) -> None:
        """Begin asking."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._ending.set()
        self._first.set()

    def wait(self) -> Identity | None:
        """Wait until Slack has answered once; None if `stop` came first."""
        self._first.wait()
        return self._known

    @property
    def known(self) -> Identity | None:
        """Who we are, if Slack has said so."""
        return self._known

    def check(self) -> str | None:
        """What is wrong with Slack just now, in words."""
        return self._wrong

    def team(self) -> str:
        """The workspace's id; empty until it is known."""
        return self._known.team if self._known else ""

    def bot_user(self) -> str:
        """Our own user id; empty until it is known."""
        return self._known.bot_user if self._known else ""

    def _run(self) -> None:
        while not self._ending.is_set():
            self._ask()
            self._ending.wait(ASK_AGAIN if self._wrong else ASK_EVERY)

    def _ask(self) -> None:
        try:
            answer = self._web.read("auth.test")
        except Problem as problem:
            wrong = f"{problem.what}: {problem.why}"
            if wrong != self._wrong:
                log.warning("Slack is out of reach", why=wrong)
            self._wrong = wrong
            return
        self._known = Identity(
            team=str(answer.get("team_id", "")),
            team_name=str(answer.get("team", "")),
            bot_user=str(answer.get("user_id", "")),
            bot_id=str(answer.get("bot_id", "")),
        )
        if self._wrong:
            log.info("Slack answers", team=self._known.team_name)
        self._wrong = None
        self._first.set()

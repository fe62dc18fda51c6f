"""Files that people send are read with the token, in bounds, from Slack alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.slack.delivery.web_client import SlackRefused, SlackUnreachable, SlackWebClient
from sandbox.loopback import Loopback
from sandbox.slack.model import BOT_TOKEN
from tests.contract.slack.test_web_api import Slack, slack

__all__ = ["slack"]


def web(slack: Slack, token: str = BOT_TOKEN) -> SlackWebClient:
    return SlackWebClient(token=token, base_url=f"{slack.url}/api/")


def test_a_file_is_read_up_to_a_limit(slack: Slack) -> None:
    file = slack.workspace.attach("U0ANA", "policy.yaml", b"kind: x\n" * 100)
    info = web(slack).file_info(file.id)
    url = str(info["url_private_download"])
    assert info["size"] == 800 and web(slack).download(url, most=800) == b"kind: x\n" * 100
    assert web(slack).download(url, most=799) is None


def test_a_token_that_may_not_read_gets_a_page_to_sign_in_which_is_no_file(slack: Slack) -> None:
    file = slack.workspace.attach("U0ANA", "policy.yaml", b"kind: x")
    url = str(slack.workspace.file_json(file.id)["url_private_download"])
    with pytest.raises(SlackRefused) as error:
        web(slack, "xoxb-without-the-scope").download(url, most=100)
    assert "files:read" in error.value.why


@pytest.mark.parametrize(
    "url", ["https://example.com/x", "https://slack.com.example.com/x", "", "file:///etc/passwd"]
)
def test_the_token_is_sent_to_slack_alone(slack: Slack, url: str) -> None:
    with pytest.raises(SlackRefused, match="refused the download") as error:
        web(slack).download(url, most=100)
    assert error.value.error == "not_slack"


@pytest.fixture
def elsewhere(slack: Slack) -> Iterator[tuple[Slack, str]]:
    """A server beside Slack's that sends one on, and remembers nothing."""

    async def moved(request: Request) -> Response:
        where = request.query_params["to"]
        return RedirectResponse(where) if where else PlainTextResponse("here")

    loopback = Loopback()
    loopback.start()
    yield slack, loopback.serve(Starlette(routes=[Route("/moved", moved)])).url
    loopback.stop()


def test_a_file_that_moved_within_slack_is_followed_and_one_that_moved_away_is_not(
    elsewhere: tuple[Slack, str],
) -> None:
    slack, url = elsewhere
    assert web(slack).download(f"{url}/moved?to={url}/moved?to=", most=100) == b"here"
    with pytest.raises(SlackRefused) as error:
        web(slack).download(f"{url}/moved?to=https://example.com/", most=100)
    assert error.value.error == "not_slack"


def test_a_slack_that_does_not_answer_is_told(slack: Slack) -> None:
    with pytest.raises(SlackUnreachable):
        web(slack).download("http://127.0.0.1:1/file", most=100)

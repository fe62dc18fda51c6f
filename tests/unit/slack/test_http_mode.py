"""The endpoint that Slack posts to: what is not from Slack is dropped, and the reason is counted."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_bolt import Ack, App, BoltRequest
from slack_bolt.authorization import AuthorizeResult
from starlette.types import ASGIApp, Message

from bot.slack.http_mode import LARGEST_BODY, STALE_SECONDS, is_stale, repaired, slack_endpoint

SECRET = "0123456789abcdef"
FORM = {"command": "/xk8s", "text": "verify payload", "trigger_id": "1.2"}


class Endpoint:
    """The endpoint with a Bolt app that notes the commands it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.dropped: list[str] = []
        identity = AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1")
        app = App(
            signing_secret=SECRET,
            authorize=lambda: identity,
            process_before_response=True,
            logger=logging.getLogger("test"),
        )
        app.command("/xk8s")(self.on_command)
        self.app = slack_endpoint(app, dropped=self.dropped.append)

    def on_command(self, ack: Ack, command: dict[str, Any]) -> None:
        self.heard.append(command["text"])
        ack()

    def post(self, body: bytes, *, secret: str = SECRET, age: int = 0) -> int:
        timestamp = str(int(time.time()) - age)
        signed = f"v0:{timestamp}:".encode() + body
        signature = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        headers = {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={signature}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return self.status("POST", "/slack/events", body, headers)

    def status(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> int:
        """The status of the answer to an HTTP request."""
        return asyncio.run(_status(self.app, method, path, body, headers or {}))


async def _status(app: ASGIApp, method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    await app(scope, receive, send)
    return int(messages[0]["status"])


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


def test_a_command_whose_form_contains_the_word_payload_is_heard(endpoint: Endpoint) -> None:
    assert endpoint.post(urlencode(FORM).encode()) == 200
    assert endpoint.heard == ["verify payload"] and endpoint.dropped == []


@pytest.mark.parametrize(
    ("how", "reason"),
    [({"secret": "another"}, "signature"), ({"age": STALE_SECONDS + 60}, "stale")],
)
def test_what_is_not_signed_by_slack_or_old_is_dropped(
    endpoint: Endpoint, how: dict[str, Any], reason: str
) -> None:
    assert endpoint.post(urlencode(FORM).encode(), **how) == 401
    assert endpoint.dropped == [reason] and endpoint.heard == []


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [(b"\xff\xfe", 400, "malformed"), (b"x" * (LARGEST_BODY + 1), 413, "too large")],
)
def test_what_cannot_be_a_payload_is_dropped_before_it_is_parsed(
    endpoint: Endpoint, body: bytes, status: int, reason: str
) -> None:
    assert endpoint.post(body) == status and endpoint.dropped == [reason]


def test_nothing_else_is_served_on_that_port(endpoint: Endpoint) -> None:
    assert endpoint.status("GET", "/slack/events") == 405
    assert endpoint.status("GET", "/metrics") == 404


@pytest.mark.parametrize(
    ("age", "stale"), [(0, False), (STALE_SECONDS + 5, True), (-STALE_SECONDS - 5, True)]
)
def test_a_timestamp_too_far_from_now_is_stale(
    monkeypatch: pytest.MonkeyPatch, age: int, stale: bool
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    assert is_stale(str(1_000_000 - age)) is stale
    assert not is_stale("yesterday"), "that fails by its signature"


def test_a_form_that_was_parsed_as_it_should_be_is_left_alone() -> None:
    parsed = BoltRequest(body=json.dumps({"type": "event_callback"}), headers={})
    assert repaired(parsed).body == {"type": "event_callback"}

"""Slack's errors become problems that say what a person can do."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.error import URLError

import pytest
import urllib3
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.common.problems import Problem
from bot.requests.answer import CannotAnswer
from bot.slack.delivery.web_errors import SlackRefused, SlackUnreachable, header, translated


def response(status: int = 200, headers: dict[str, Any] | None = None, **data: Any) -> SlackResponse:
    return SlackResponse(
        client=None,
        http_verb="POST",
        api_url="",
        req_args={},
        data=data,
        headers=headers or {},
        status_code=status,
    )


def problem(error: Exception) -> Problem:
    with pytest.raises(Problem) as caught, translated("chat.postMessage"):
        raise error
    assert caught.value.__cause__ is error, "the log shows where it came from"
    return caught.value


def refusal(status: int = 200, headers: dict[str, Any] | None = None, **data: Any) -> Problem:
    return problem(SlackApiError("x", response(status, headers, **data)))


@pytest.mark.parametrize(
    "error",
    [
        URLError("refused"),
        TimeoutError("timed out"),
        http.client.RemoteDisconnected("closed"),
        urllib3.exceptions.ProtocolError("broken"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_without_an_answer_it_is_not_known_whether_it_was_done(error: Exception) -> None:
    failure = problem(error)
    assert isinstance(failure, SlackUnreachable) and failure.what == "Slack did not answer chat.postMessage"
    assert failure.fix == "Try again in a minute."


def test_a_server_error_is_no_refusal() -> None:
    failure = refusal(503)
    assert isinstance(failure, SlackUnreachable) and failure.why == "HTTP 503"


@pytest.mark.parametrize("error", ["not_in_channel", "channel_not_found", "is_archived"])
def test_where_the_bot_may_not_post_it_asks_to_be_invited(error: str) -> None:
    failure = refusal(error=error)
    assert isinstance(failure, CannotAnswer) and "/invite @xk8s" in failure.fix
    assert failure.why == f"Slack says {error}"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"error": "invalid_blocks", "response_metadata": {"messages": ["a", "b"]}}, "invalid_blocks: a; b"),
        ({"error": "invalid_arguments", "errors": ["c"]}, "invalid_arguments: c"),
        ({"error": "missing_scope", "needed": "files:read"}, "missing_scope: needs the scope files:read"),
        ({"error": "fatal_error"}, "fatal_error"),
        ({}, "unknown_error"),
    ],
)
def test_a_refusal_has_slacks_own_words(data: dict[str, Any], why: str) -> None:
    failure = refusal(**data)
    assert isinstance(failure, SlackRefused) and failure.why == why and failure.error == why.split(":")[0]
    assert failure.retry_after is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30.0),
        ({"retry-after": ["12"]}, 12.0),
        ({"Retry-After": "soon"}, 1.0),
        ({}, 1.0),
    ],
)
def test_a_rate_limit_says_how_long_to_wait(headers: dict[str, Any], seconds: float) -> None:
    failure = refusal(429, headers, error="ratelimited")
    assert isinstance(failure, SlackRefused) and failure.retry_after == seconds


def test_a_header_is_found_whatever_its_case_and_number() -> None:
    assert header(response(headers={"X-OAuth-Scopes": ["a", "b"]}), "x-oauth-scopes") == "a,b"
    assert header(response(), "x-oauth-scopes") == ""


def test_a_call_that_succeeds_is_left_alone() -> None:
    with translated("chat.postMessage"):
        pass

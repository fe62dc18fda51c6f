"""The HTTP endpoint that Slack posts to: `/slack/events`, and nothing else on that port.

Bolt's own Starlette handler dispatches on the event loop, so that requests are served one by one; this
one dispatches on threads. It also mends what Bolt loses: a command whose form contains the word
`payload` is parsed as an interaction without one, and answered 404. What is not from Slack, or is older than
five minutes, gets 401 from Bolt's check of the signature, and is counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import parse_qsl

from slack_bolt import App, BoltRequest
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from slack_bolt.request.internals import build_context
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

STALE_SECONDS = 300  # as Slack asks to check: older requests may be replayed ones
LARGEST_BODY = 1_000_000  # bytes; Slack's own payloads are far smaller (a view is at most 250 kB)


def slack_endpoint(app: App, *, dropped: Callable[[str], None] = lambda _reason: None) -> Starlette:
    """Return the ASGI application that Slack posts to; `dropped` is told why something was not taken."""

    async def receive(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                dropped("too large")
                return PlainTextResponse("too large", status_code=413)
        try:
            bolt_request = repaired(to_bolt_request(request, body))
        except ValueError:  # neither UTF-8 nor the JSON it claims to be: not from Slack
            dropped("malformed")
            return PlainTextResponse("not a Slack request", status_code=400)
        answer = await run_in_threadpool(app.dispatch, bolt_request)
        if answer.status == 401:
            dropped(
                "stale" if _is_stale(request.headers.get("x-slack-request-timestamp", "")) else "signature"
            )
        return to_starlette_response(answer)

    return Starlette(routes=[Route("/slack/events", receive, methods=["POST"])])


def _is_stale(timestamp: str) -> bool:
    return timestamp.isdigit() and abs(time.time() - int(timestamp)) > STALE_SECONDS


def repaired(request: BoltRequest) -> BoltRequest:
    """Parse a form that Bolt took for an interaction because it holds the word `payload`."""
    if not request.body and request.raw_body:
        request.body = dict(parse_qsl(request.raw_body, keep_blank_values=True))
        request.context = build_context(request.context, request.body)
    return request

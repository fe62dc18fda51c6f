"""The HTTP endpoint that Slack posts to: `/slack/events`, and nothing else on that port.

Bolt's own Starlette handler dispatches on the event loop, so that requests are served one by one; this one
dispatches on threads. It also works around a defect of Bolt, which parses a command whose form contains the
word `payload` as an interaction without a payload, and answers 404. A request that is not from Slack, or is
older than five minutes, gets 401 from Bolt's check of the signature, and is counted.
"""

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

STALE_SECONDS = 300  # by Slack's page 'Verifying requests': an older request may be a replayed one
LARGEST_BODY = 1_000_000  # bytes; Slack's own payloads are far smaller (a view is at most 250 kB)


def slack_endpoint(app: App, *, dropped: Callable[[str], None] = lambda _reason: None) -> Starlette:
    """Return the ASGI application that Slack posts to; `dropped` gets the reason of a refusal."""

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
            timestamp = request.headers.get("x-slack-request-timestamp", "")
            dropped("stale" if is_stale(timestamp) else "signature")
        return to_starlette_response(answer)

    return Starlette(routes=[Route("/slack/events", receive, methods=["POST"])])


def is_stale(timestamp: str) -> bool:
    """Return whether a request's timestamp (seconds since 1970) is too far from the present to be trusted."""
    return timestamp.isdigit() and abs(time.time() - int(timestamp)) > STALE_SECONDS


def repaired(request: BoltRequest) -> BoltRequest:
    """Return a request with its form parsed, where Bolt took it for an interaction (see above)."""
    if not request.body and request.raw_body:
        request.body = dict(parse_qsl(request.raw_body, keep_blank_values=True))
        request.context = build_context(request.context, request.body)
    return request

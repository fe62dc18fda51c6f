"""Deliveries over HTTP instead of Socket Mode: signed requests to the app's request URL.

https://docs.slack.dev/authentication/verifying-requests-from-slack/
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import json
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox.slack.delivery import EVENT_RETRIES, Transport
from sandbox.slack.model import ACK_SECONDS, SIGNING_SECRET, Delivery

FORM = "application/x-www-form-urlencoded"


class HttpDelivery(Transport):
    """Posts to one request URL."""

    def __init__(self, url: str, *, event_retries: tuple[float, ...] = EVENT_RETRIES) -> None:
        super().__init__(event_retries=event_retries)
        self._url = urlsplit(url)

    async def _send(self, delivery: Delivery, retry: int) -> tuple[bool, Any]:
        status, body = await asyncio.to_thread(self.post, delivery, retry=retry)
        try:
            return status == 200, json.loads(body) if body else None
        except ValueError:
            return status == 200, {"text": body}

    def post(
        self, delivery: Delivery, *, retry: int = 0, secret: str = SIGNING_SECRET, age: int = 0
    ) -> tuple[int, str]:
        """Post once; return the status (0: no answer) and the body.

        `secret` and `age` (seconds) can be wrong on purpose.
        """
        body, content_type = _encode(delivery)
        timestamp = str(int(time.time()) - age)
        digest = hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": f"v0={digest}",
        }
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        connection = http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=ACK_SECONDS)
        try:
            connection.request("POST", self._url.path, body, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()


def _encode(delivery: Delivery) -> tuple[str, str]:
    """Return the body of a request and its media type."""
    if delivery.kind == "events_api":
        return json.dumps(delivery.payload), "application/json"
    if delivery.kind == "interactive":
        return urlencode({"payload": json.dumps(delivery.payload)}), FORM
    return urlencode(delivery.payload), FORM

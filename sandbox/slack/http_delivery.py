"""HTTP instead of Socket Mode: signed requests to the app's URL, and events sent again."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import json
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox.slack.model import ACK_SECONDS, SIGNING_SECRET, Delivery

Json = dict[str, Any]


class HttpDelivery:
    """Posts to one request URL."""

    def __init__(self, url: str, *, event_retries: tuple[float, ...] = (0.0, 60.0, 300.0)) -> None:
        self._url = urlsplit(url)
        self._retries = event_retries
        self._tasks: set[asyncio.Task[None]] = set()

    async def deliver(self, delivery: Delivery) -> None:
        """Post something and wait for its acknowledgement."""
        if await self._attempt(delivery, retry=0) or delivery.kind != "events_api":
            return
        task = asyncio.create_task(self._again(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _again(self, delivery: Delivery) -> None:
        for number, pause in enumerate(self._retries, 1):
            await asyncio.sleep(pause)
            if await self._attempt(delivery, retry=number):
                return

    async def _attempt(self, delivery: Delivery, *, retry: int) -> bool:
        status, body = await asyncio.to_thread(self.post, delivery, retry=retry)
        if status != 200:
            return False
        delivery.acknowledged = True
        try:
            delivery.answer = json.loads(body) if body else None
        except ValueError:
            delivery.answer = {"text": body}
        return True

    def post(
        self, delivery: Delivery, *, retry: int = 0, secret: str = SIGNING_SECRET, age: int = 0
    ) -> tuple[int, str]:
        """Post once; the status (0: no answer) and the body. `secret` and `age` can be wrong on purpose."""
        if delivery.kind == "events_api":
            body, content = json.dumps(delivery.payload), "application/json"
        elif delivery.kind == "interactive":
            body, content = (
                urlencode({"payload": json.dumps(delivery.payload)}),
                "application/x-www-form-urlencoded",
            )
        else:
            body, content = urlencode(delivery.payload), "application/x-www-form-urlencoded"
        at = str(int(time.time()) - age)
        digest = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": content,
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": f"v0={digest}",
        }
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        connection = http.client.HTTPConnection(self._url.hostname or "", self._url.port, timeout=ACK_SECONDS)
        try:
            connection.request("POST", self._url.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

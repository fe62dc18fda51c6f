"""The lean other side of an acknowledgement: a Web API that says ok, and a Socket Mode server that times
acks.

Leaner than the sandbox's workspace on purpose: what is measured is the bot, not the peer.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.loopback import Loopback

TEAM, BOT, USER, CHANNEL = "T0BENCH", "U0BOT", "U0ANA", "C0SHOP"


class SlackPeer:
    """Serves on loopback; `acknowledged_after` sends a command and returns the seconds until its ack."""

    def __init__(self) -> None:
        self._loopback = Loopback()
        self._session: WebSocket | None = None
        self._acks: dict[str, asyncio.Future[float]] = {}
        self._numbers = itertools.count(1)
        self._messages = itertools.count(1)
        self.answered = 0  # messages, updates and responses that arrived
        self.url = ""

    def start(self) -> None:
        """Serve."""
        self._loopback.start()
        routes = [
            Route("/api/{method}", self._api, methods=["GET", "POST"]),
            Route("/respond", self._respond, methods=["POST"]),
            WebSocketRoute("/link", self._link),
        ]
        self.url = self._loopback.serve(Starlette(routes=routes)).url

    def stop(self) -> None:
        """Serve no more."""
        self._loopback.stop()

    @property
    def connected(self) -> bool:
        """Whether a bot is connected by Socket Mode."""
        return self._session is not None

    def command(self, text: str) -> dict[str, str]:
        """The form of a slash command, as Slack sends it."""
        number = next(self._numbers)
        return {
            "token": "t",
            "team_id": TEAM,
            "team_domain": "bench",
            "channel_id": CHANNEL,
            "channel_name": "bench",
            "user_id": USER,
            "user_name": "ana",
            "command": "/xk8s",
            "text": text,
            "api_app_id": "A0",
            "is_enterprise_install": "false",
            "trigger_id": f"{time.time_ns()}.{number}",
            "response_url": f"{self.url}/respond",
        }

    def acknowledged_after(self, text: str) -> float:
        """Send a command by Socket Mode; return the seconds until it is acknowledged."""
        return self._loopback.run(self._send(self.command(text)))

    async def _send(self, payload: dict[str, str]) -> float:
        envelope = f"e{next(self._numbers)}"
        done = self._acks[envelope] = asyncio.get_running_loop().create_future()
        frame = {
            "envelope_id": envelope,
            "type": "slash_commands",
            "payload": payload,
            "accepts_response_payload": True,
        }
        if self._session is None:
            raise RuntimeError("no bot is connected")
        sent_at = time.perf_counter()
        await self._session.send_text(json.dumps(frame))
        acknowledged: float = await asyncio.wait_for(done, 10)
        return acknowledged - sent_at

    async def _link(self, session: WebSocket) -> None:
        await session.accept()
        hello = {"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0"}}
        await session.send_text(json.dumps(hello))
        self._session = session
        try:
            while True:
                text = await session.receive_text()
                at = time.perf_counter()
                done = self._acks.pop(json.loads(text).get("envelope_id", ""), None)
                if done is not None and not done.done():
                    done.set_result(at)
        except WebSocketDisconnect:
            if self._session is session:
                self._session = None

    async def _respond(self, _request: Request) -> Response:
        self.answered += 1
        return JSONResponse({"ok": True})

    async def _api(self, request: Request) -> Response:
        await request.body()
        return JSONResponse({"ok": True, **self._answer(request.path_params["method"])})

    def _answer(self, method: str) -> dict[str, Any]:
        if method == "auth.test":
            return {"team_id": TEAM, "team": "bench", "user_id": BOT, "user": "xk8s", "bot_id": "B0"}
        if method == "apps.connections.open":
            return {"url": self.url.replace("http://", "ws://") + "/link"}
        if method == "users.info":
            return {"user": {"id": USER, "team_id": TEAM, "name": "ana", "is_bot": False}}
        if method.startswith("chat."):
            self.answered += 1
            return {"ts": f"{int(time.time())}.{next(self._messages):06d}", "channel": CHANNEL}
        return {}

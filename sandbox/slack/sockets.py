"""Socket Mode: single-use URLs, envelopes and their acknowledgements, and connections that break.

Events that are not acknowledged are sent again; commands, clicks and submissions are not.
"""

from __future__ import annotations

import asyncio
import json
import socket as sockets
import struct
import uuid
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.slack.model import ACK_SECONDS, Delivery
from sandbox.slack.workspace import Workspace

Json = dict[str, Any]
MOST_CONNECTIONS = 10
EVENT_RETRIES = (0.0, 60.0, 300.0)  # seconds after which an event is sent again


class SocketMode:
    """The connections of one app."""

    def __init__(self, workspace: Workspace, *, event_retries: tuple[float, ...] = EVENT_RETRIES) -> None:
        self._workspace = workspace
        self._retries = event_retries
        self._tickets: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections: list[WebSocket] = []
        self._silent: set[WebSocket] = set()
        self.url = ""

    def ticket(self) -> str:
        """A URL that connects once."""
        made = uuid.uuid4().hex
        self._tickets.add(made)
        return f"{self.url}/link/{made}"

    async def serve(self, socket: WebSocket) -> None:
        """Serve one connection until it ends."""
        ticket = socket.path_params["ticket"]
        if ticket not in self._tickets or len(self.connections) >= MOST_CONNECTIONS:
            await socket.close(code=1008)
            return
        self._tickets.discard(ticket)
        await socket.accept()
        self.connections.append(socket)
        hello = {
            "type": "hello",
            "num_connections": len(self.connections),
            "connection_info": {"app_id": "A0SANDBOX"},
            "debug_info": {"host": "sandbox", "approximate_connection_time": 18060},
        }
        await socket.send_text(json.dumps(hello))
        self._workspace.changed()
        try:
            while True:
                self._acknowledge(json.loads(await socket.receive_text()))
        except (WebSocketDisconnect, ValueError, RuntimeError):
            pass
        finally:
            if socket in self.connections:
                self.connections.remove(socket)
            self._silent.discard(socket)
            self._workspace.changed()

    def _acknowledge(self, frame: Json) -> None:
        waiting = self._waiting.pop(frame.get("envelope_id", ""), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(frame.get("payload"))

    async def deliver(self, delivery: Delivery) -> None:
        """Send something and wait for its acknowledgement; an event is sent again later if there is none."""
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
        envelope = str(uuid.uuid4())
        frame: Json = {
            "envelope_id": envelope,
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != "events_api",
        }
        if delivery.kind == "events_api":
            frame |= {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
        waiting = self._waiting[envelope] = asyncio.get_running_loop().create_future()
        if not await self._send(frame):
            self._waiting.pop(envelope, None)
            return False
        try:
            delivery.answer = await asyncio.wait_for(waiting, ACK_SECONDS)
        except TimeoutError:
            self._waiting.pop(envelope, None)
            return False
        delivery.acknowledged = True
        return True

    async def _send(self, frame: Json) -> bool:
        for socket in reversed(self.connections):
            if socket in self._silent:
                return True  # sent into the dark, as TCP does
            try:
                await socket.send_text(json.dumps(frame))
            except (RuntimeError, WebSocketDisconnect, OSError):
                continue
            return True
        return False

    # --- what can happen to connections

    async def send_twice(self, delivery: Delivery) -> None:
        """Deliver the same envelope twice, as happens when connections change."""
        await asyncio.gather(self._attempt(delivery, retry=0), self._attempt(delivery, retry=0))

    async def ask_to_reconnect(self) -> None:
        """Send `disconnect` frames, as before Slack's own restarts."""
        for socket in list(self.connections):
            await socket.send_text(
                json.dumps(
                    {"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "sandbox"}}
                )
            )

    def cut(self, *, reset: bool) -> None:
        """End every connection without a close frame: by FIN, or by RST."""
        for socket in list(self.connections):
            transport = _transport(socket)
            if reset:
                raw = transport.get_extra_info("socket")
                raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
                transport.abort()
            else:
                transport.close()

    def go_silent(self) -> None:
        """Keep the TCP connections and answer nothing on them any more, not even pings."""
        for socket in self.connections:
            self._silent.add(socket)
            _transport(socket).pause_reading()


def _transport(socket: WebSocket) -> Any:
    """The transport beneath a WebSocket: uvicorn's protocol object is the owner of its `send`."""
    send = socket._send
    while not hasattr(send, "__self__"):
        send = next(cell.cell_contents for cell in send.__closure__ or () if callable(cell.cell_contents))
    return send.__self__.transport

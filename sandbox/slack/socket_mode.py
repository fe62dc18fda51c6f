"""Socket Mode: single-use URLs, envelopes and their acknowledgements, and connections that break.

https://docs.slack.dev/apis/events-api/using-socket-mode/
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
import uuid
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.slack.delivery import EVENT_RETRIES, Transport
from sandbox.slack.model import ACK_SECONDS, APP, Delivery, Json
from sandbox.slack.workspace import Workspace

MOST_CONNECTIONS = 10
RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends RST


class SocketMode(Transport):
    """The WebSocket connections of one app."""

    def __init__(self, workspace: Workspace, *, event_retries: tuple[float, ...] = EVENT_RETRIES) -> None:
        super().__init__(event_retries=event_retries)
        self._workspace = workspace
        self._tickets: set[str] = set()
        self._acknowledgements: dict[str, asyncio.Future[Any]] = {}  # by envelope id
        self._silent: set[WebSocket] = set()
        self.connections: list[WebSocket] = []
        self.url = ""

    def ticket(self) -> str:
        """Return a URL that connects once."""
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return f"{self.url}/link/{ticket}"

    async def serve(self, connection: WebSocket) -> None:
        """Serve one connection until it ends."""
        ticket = connection.path_params["ticket"]
        if ticket not in self._tickets or len(self.connections) >= MOST_CONNECTIONS:
            await connection.close(code=1008)
            return
        self._tickets.discard(ticket)
        await connection.accept()
        self.connections.append(connection)
        hello = {
            "type": "hello",
            "num_connections": len(self.connections),
            "connection_info": {"app_id": APP},
            "debug_info": {"host": "sandbox", "approximate_connection_time": 18060},
        }
        await connection.send_text(json.dumps(hello))
        self._workspace.changed()
        try:
            while True:
                self._acknowledge(json.loads(await connection.receive_text()))
        except (WebSocketDisconnect, ValueError, RuntimeError):
            pass
        finally:
            if connection in self.connections:
                self.connections.remove(connection)
            self._silent.discard(connection)
            self._workspace.changed()

    def _acknowledge(self, frame: Json) -> None:
        acknowledgement = self._acknowledgements.pop(frame.get("envelope_id", ""), None)
        if acknowledgement is not None and not acknowledgement.done():
            acknowledgement.set_result(frame.get("payload"))

    async def _send(self, delivery: Delivery, retry: int) -> tuple[bool, Any]:
        envelope_id = str(uuid.uuid4())
        envelope: Json = {
            "envelope_id": envelope_id,
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != "events_api",
        }
        if delivery.kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
        acknowledgement = self._acknowledgements[envelope_id] = asyncio.get_running_loop().create_future()
        try:
            if await self._send_frame(envelope):
                return True, await asyncio.wait_for(acknowledgement, ACK_SECONDS)
        except TimeoutError:
            pass
        finally:
            self._acknowledgements.pop(envelope_id, None)
        return False, None

    async def _send_frame(self, frame: Json) -> bool:
        for connection in reversed(self.connections):
            if connection in self._silent:
                return True  # sent into the dark, as TCP does
            try:
                await connection.send_text(json.dumps(frame))
            except (RuntimeError, WebSocketDisconnect, OSError):
                continue
            return True
        return False

    # --- what can happen to connections

    async def send_twice(self, delivery: Delivery) -> None:
        """Deliver the same payload twice, as happens when connections change."""
        await asyncio.gather(self.attempt(delivery, retry=0), self.attempt(delivery, retry=0))

    async def send_without_pongs(self, *, seconds: float) -> None:
        """Send small frames on the newest connection, and read nothing: its pongs come late."""
        connection = self.connections[-1]
        _transport(connection).pause_reading()
        until = time.monotonic() + seconds
        while time.monotonic() < until and connection is self.connections[-1]:
            await connection.send_text(json.dumps({"type": "hello"}))
            await asyncio.sleep(0.2)
        _transport(connection).resume_reading()

    async def ask_to_reconnect(self) -> None:
        """Send `disconnect` frames, as Slack does before it restarts a server."""
        frame = {"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "sandbox"}}
        for connection in list(self.connections):
            await connection.send_text(json.dumps(frame))

    def cut(self, *, reset: bool) -> None:
        """End every connection without a close frame: by RST, or by FIN."""
        for connection in list(self.connections):
            transport = _transport(connection)
            if reset:
                raw = transport.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                transport.abort()
            else:
                transport.close()

    def go_silent(self) -> None:
        """Keep the TCP connections, and answer nothing on them any more, not even pings."""
        for connection in self.connections:
            self._silent.add(connection)
            _transport(connection).pause_reading()


def _transport(connection: WebSocket) -> Any:
    """Return the transport beneath a WebSocket: the owner of its `send` is uvicorn's protocol object."""
    send = connection._send
    while not hasattr(send, "__self__"):
        send = next(cell.cell_contents for cell in send.__closure__ or () if callable(cell.cell_contents))
    return send.__self__.transport

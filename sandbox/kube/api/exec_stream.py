"""exec over a WebSocket: `v4.channel.k8s.io`, whose frames begin with the number of their channel."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.kube.objects import Object

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
STDOUT, STDERR, STATUS = b"\x01", b"\x02", b"\x03"
CHUNK = 4_000  # bytes a frame, as the kubelet's copy buffer makes them

Write = Callable[[bytes], Awaitable[None]]


class ExecRefused(Exception):
    """The container does not run, or has no such program; the text is what the real API says."""


@dataclasses.dataclass(frozen=True)
class Command:
    """A program that is to run in a container of a pod."""

    pod: Object
    container: str
    argv: list[str]


class ExecHandler(Protocol):
    """Runs a program in a container."""

    async def execute(
        self, pod: Object, container: str, argv: list[str], *, stdout: Write, stderr: Write
    ) -> int:
        """Return the exit code. Raises `ExecRefused`."""
        ...


async def serve(socket: WebSocket, command: Command, handler: ExecHandler) -> None:
    """Accept a WebSocket, run a program, and carry its output and its exit status."""
    offered = socket.scope.get("subprotocols", [])
    await socket.accept(subprotocol=next((name for name in PROTOCOLS if name in offered), None))

    def writer(channel: bytes) -> Write:
        async def write(data: bytes) -> None:
            for start in range(0, len(data), CHUNK):
                await socket.send_bytes(channel + data[start : start + CHUNK])

        return write

    try:
        status = await _status(command, handler, stdout=writer(STDOUT), stderr=writer(STDERR))
        await socket.send_bytes(STATUS + json.dumps(status).encode())
        await socket.close()
    except WebSocketDisconnect:
        return


async def _status(command: Command, handler: ExecHandler, *, stdout: Write, stderr: Write) -> Object:
    try:
        code = await handler.execute(
            command.pod, command.container, command.argv, stdout=stdout, stderr=stderr
        )
    except ExecRefused as error:
        return {
            "metadata": {},
            "status": "Failure",
            "message": str(error),
            "reason": "InternalError",
            "code": 500,
            "details": {"causes": [{"message": str(error)}]},
        }
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": "command terminated with non-zero exit code: error executing command"
        f" {command.argv}, exit code {code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }

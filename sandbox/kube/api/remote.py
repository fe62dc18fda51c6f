"""exec over a WebSocket: `v4.channel.k8s.io`, whose frames begin with their channel's number."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

Object = dict[str, Any]
PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
STDOUT, STDERR, STATUS = b"\x01", b"\x02", b"\x03"
CHUNK = 4_000  # bytes a frame, as the kubelet's copy buffer makes them

Write = Callable[[bytes], Awaitable[None]]


class ExecRefused(Exception):
    """The container does not run, or has no such program; the text is what the real API says."""


class ExecHandler(Protocol):
    """Runs a program in a container and returns its exit code. Raises `ExecRefused`."""

    async def __call__(
        self, pod: Object, container: str, argv: list[str], stdout: Write, stderr: Write
    ) -> int: ...


async def serve(socket: WebSocket, pod: Object, container: str, argv: list[str], run: ExecHandler) -> None:
    """Run a program and carry its output and its end over an accepted WebSocket."""
    offered = socket.scope.get("subprotocols", [])
    protocol = next((known for known in PROTOCOLS if known in offered), None)
    await socket.accept(subprotocol=protocol)

    def writer(channel: bytes) -> Write:
        async def write(data: bytes) -> None:
            for start in range(0, len(data), CHUNK):
                await socket.send_bytes(channel + data[start : start + CHUNK])

        return write

    try:
        status = await _status(run, pod, container, argv, writer(STDOUT), writer(STDERR))
        await socket.send_bytes(STATUS + json.dumps(status).encode())
        await socket.close()
    except WebSocketDisconnect:
        return


async def _status(
    run: ExecHandler, pod: Object, container: str, argv: list[str], stdout: Write, stderr: Write
) -> Object:
    try:
        code = await run(pod, container, argv, stdout, stderr)
    except ExecRefused as refused:
        return {
            "metadata": {},
            "status": "Failure",
            "message": str(refused),
            "reason": "InternalError",
            "code": 500,
            "details": {"causes": [{"message": str(refused)}]},
        }
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": (
            f"command terminated with non-zero exit code: error executing command {argv}, exit code {code}"
        ),
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }

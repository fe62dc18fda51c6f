"""Runs a command in a container: one WebSocket per command, with deadlines and a cap on its output.

The `kubernetes` client's `stream` replaces its own `call_api` while it runs, so that two at once disturb each
other. Here each command has its own connection and nothing is shared. The protocol is Kubernetes'
`v4.channel.k8s.io`: the first byte of a frame names the channel, and the last frame is a Status with the exit
code (https://kubernetes.io/docs/reference/using-api/: remotecommand).
"""

import dataclasses
import time
from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec
import websocket

from bot.adapters.json_decoders import decoder_of
from bot.adapters.kube.client import BACKOFF, CONNECT_SECONDS, KubeClient
from bot.adapters.kube.errors import ExecFailed, KubeError, from_status
from bot.adapters.retries import TryAgain, retried, retry_after

PROTOCOL = "v4.channel.k8s.io"
STDOUT, STDERR, STATUS = 1, 2, 3
MOST_OUTPUT = 1_000_000  # bytes of one stream; a status of 5,000 BGP peers is a third of that
NOTHING_WAS_RUN = frozenset({429, 503})  # refusals after which any command may be sent again


@dataclasses.dataclass(frozen=True, kw_only=True)
class CommandOutput:
    """What a command has printed, and its exit code."""

    stdout: str
    stderr: str
    code: int


class _Cause(msgspec.Struct):
    reason: str = ""
    message: str = ""


class _Details(msgspec.Struct):
    causes: list[_Cause] = []


class _ExitStatus(msgspec.Struct):
    status: str = ""
    message: str = ""
    details: _Details | None = None


def execute(
    kube: KubeClient, *, namespace: str, pod: str, container: str, argv: Sequence[str], seconds: float
) -> CommandOutput:
    """Run a command once and return its output.

    A server that has no time for it (429, 503) is asked again, a few times within `seconds`. Raises
    `Forbidden`, `NotFound`, `ExecFailed` or another `KubeError`.
    """
    query = [("command", word) for word in argv]
    query += [("container", container), ("stdout", "true"), ("stderr", "true")]
    server = kube.endpoint.server.rstrip("/").replace("http", "ws", 1)
    url = f"{server}/api/v1/namespaces/{namespace}/pods/{pod}/exec?{urlencode(query)}"
    deadline = min(time.monotonic() + seconds, kube.deadline)
    connection = retried(lambda: _connect(kube, url, pod, deadline), BACKOFF, deadline=deadline)
    try:
        return _collect(connection, pod, deadline)
    finally:
        connection.shutdown()


def _connect(kube: KubeClient, url: str, pod: str, deadline: float) -> websocket.WebSocket:
    connection = websocket.WebSocket(sslopt={"context": kube.tls}, enable_multithread=False)
    headers = [f"{name}: {value}" for name, value in kube.headers.items() if name != "Accept"]
    connection.settimeout(max(0.1, min(CONNECT_SECONDS, deadline - time.monotonic())))
    try:
        connection.connect(url, subprotocols=[PROTOCOL], header=headers, suppress_origin=True)
    except websocket.WebSocketBadStatusException as refused:
        connection.shutdown()
        error = _refusal(refused, pod)
        if refused.status_code in NOTHING_WAS_RUN:
            pause = retry_after((refused.resp_headers or {}).get("retry-after"))
            raise TryAgain(error, pause=pause) from refused
        raise error from refused
    except (websocket.WebSocketException, OSError) as error:
        connection.shutdown()
        raise ExecFailed(
            f"No command could be run in {pod}",
            why=str(error) or type(error).__name__,
            fix="Try again in a minute.",
        ) from error
    return connection


def _refusal(refused: websocket.WebSocketBadStatusException, pod: str) -> KubeError:
    body = refused.resp_body or b""
    try:
        message = decoder_of(_ExitStatus).decode(body).message
    except msgspec.MsgspecError:
        message = bytes(body).decode(errors="replace").strip()[:200]
    doing = f"run a command in {pod}"
    return from_status(int(refused.status_code), message or "no reason given", doing=doing)


def _collect(connection: websocket.WebSocket, pod: str, deadline: float) -> CommandOutput:
    """Read frames until the Status or the end of the connection."""
    streams = {STDOUT: bytearray(), STDERR: bytearray(), STATUS: bytearray()}
    channel = None
    while channel != STATUS:
        frame = _receive(connection, pod, deadline)
        if frame is None:
            break
        channel = frame[0] if frame else None
        stream = streams.get(channel) if channel is not None else None
        if stream is not None and len(stream) < MOST_OUTPUT:
            stream += frame[1:]
    return CommandOutput(
        stdout=streams[STDOUT].decode(errors="replace"),
        stderr=streams[STDERR].decode(errors="replace"),
        code=_exit_code(bytes(streams[STATUS]), pod),
    )


def _receive(connection: websocket.WebSocket, pod: str, deadline: float) -> bytes | None:
    """The next frame; None if the connection was closed."""
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise _too_slow(pod)
    connection.settimeout(remaining)
    try:
        frame = connection.recv()
    except websocket.WebSocketTimeoutException:
        raise _too_slow(pod) from None
    except websocket.WebSocketConnectionClosedException:
        return None
    except (websocket.WebSocketException, OSError) as error:
        raise ExecFailed(
            f"The connection to {pod} broke", why=str(error), fix="Try again in a minute."
        ) from error
    data = frame.encode() if isinstance(frame, str) else bytes(frame)
    return data if data or connection.connected else None


def _too_slow(pod: str) -> ExecFailed:
    return ExecFailed(
        f"The command in {pod} did not end in time", fix="Try again; the node may be overloaded."
    )


def _exit_code(data: bytes, pod: str) -> int:
    """The exit code that a Status holds: 0 for Success, else that of NonZeroExitCode."""
    try:
        status = decoder_of(_ExitStatus).decode(data)
    except msgspec.MsgspecError as error:
        raise ExecFailed(
            f"The command in {pod} ended without a status", why=str(error), fix="Try again."
        ) from error
    if status.status == "Success":
        return 0
    for cause in status.details.causes if status.details else []:
        if cause.reason == "ExitCode" and cause.message.isdigit():
            return int(cause.message)
    raise ExecFailed(f"No command could be run in {pod}", why=status.message, fix="Look at the pod's state.")

"""Commands in containers: frames become streams, a Status becomes an exit code, and time is bounded."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import websocket

from bot.adapters.kube import pod_exec
from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.connection import Endpoint
from bot.adapters.kube.errors import ExecFailed, Forbidden, ServerFailed, TooManyRequests
from bot.adapters.retries import Backoff

SUCCESS = b"\x03" + json.dumps({"status": "Success"}).encode()


def exit_status(code: str) -> bytes:
    cause = {"reason": "ExitCode", "message": code}
    status = {"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": [cause]}}
    return b"\x03" + json.dumps(status).encode()


class Socket:
    """A WebSocket whose frames are written down before."""

    frames: list[Any]
    refusals: list[Exception]
    urls: list[str]
    closed: int

    def __init__(self, **_options: Any) -> None:
        self.connected = True

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def connect(self, url: str, **options: Any) -> None:
        assert options["subprotocols"] == ["v4.channel.k8s.io"]
        Socket.urls.append(url)
        if Socket.refusals:
            raise Socket.refusals.pop(0)

    def recv(self) -> Any:
        if not Socket.frames:
            raise websocket.WebSocketConnectionClosedException
        frame = Socket.frames.pop(0)
        if isinstance(frame, Exception):
            raise frame
        return frame

    def shutdown(self) -> None:
        Socket.closed += 1


@pytest.fixture(autouse=True)
def socket(monkeypatch: pytest.MonkeyPatch) -> type[Socket]:
    Socket.frames, Socket.refusals, Socket.urls, Socket.closed = [], [], [], 0
    monkeypatch.setattr("bot.adapters.kube.pod_exec.websocket.WebSocket", Socket)
    monkeypatch.setattr(pod_exec, "BACKOFF", Backoff(attempts=4, first_pause=0.001, longest_pause=0.001))
    return Socket


def run(*argv: str, seconds: float = 5.0) -> pod_exec.CommandOutput:
    kube = KubeClient(Endpoint(server="https://api:6443/", verify=False), user_agent="test", seconds=60.0)
    return pod_exec.execute(
        kube,
        namespace="kube-system",
        pod="calico-node-x",
        container="calico-node",
        argv=argv,
        seconds=seconds,
    )


def refused(status: int, body: bytes = b"", **headers: str) -> Exception:
    return websocket.WebSocketBadStatusException(
        "refused %s %s",
        status,
        resp_headers={k.replace("_", "-"): v for k, v in headers.items()},
        resp_body=body,
    )


def test_the_streams_are_collected_until_the_status(socket: type[Socket]) -> None:
    socket.frames = [
        b"\x01one ",
        b"\x02warning",
        "\x01two",
        b"",
        b"\x09unknown channel",
        SUCCESS,
        b"\x01late",
    ]
    assert run("birdcl", "show protocols") == pod_exec.CommandOutput(
        stdout="one two", stderr="warning", code=0
    )
    assert socket.urls == [
        "wss://api:6443/api/v1/namespaces/kube-system/pods/calico-node-x/exec"
        "?command=birdcl&command=show+protocols&container=calico-node&stdout=true&stderr=true"
    ]
    assert socket.closed == 1


def test_the_exit_code_is_the_one_of_the_command(socket: type[Socket]) -> None:
    socket.frames = [exit_status("3")]
    assert run("false").code == 3


def test_output_beyond_the_cap_is_dropped(socket: type[Socket]) -> None:
    socket.frames = [b"\x01" + b"x" * 600_000] * 3 + [SUCCESS]
    assert len(run("cat").stdout) == 1_200_000, "the frame that passes the cap is the last one"


def test_a_connection_that_ends_without_a_status_has_no_exit_code(socket: type[Socket]) -> None:
    socket.frames = [b"\x01half"]
    with pytest.raises(ExecFailed, match="ended without a status"):
        run("cat")


def test_a_status_that_is_no_exit_is_a_failure(socket: type[Socket]) -> None:
    socket.frames = [b"\x03" + json.dumps({"status": "Failure", "message": "no such container"}).encode()]
    with pytest.raises(ExecFailed, match="No command could be run") as raised:
        run("cat")
    assert raised.value.why == "no such container"


@pytest.mark.parametrize("error", [websocket.WebSocketTimeoutException(), OSError("reset by peer")])
def test_a_broken_or_silent_connection_is_a_failure(socket: type[Socket], error: Exception) -> None:
    socket.frames = [b"\x01half", error]
    with pytest.raises(ExecFailed, match=r"did not end in time|broke"):
        run("cat")
    assert socket.closed == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_has_run_nothing_is_asked_again(socket: type[Socket], status: int) -> None:
    socket.refusals, socket.frames = [refused(status)] * 3, [SUCCESS]
    assert run("true").code == 0 and len(socket.urls) == 4


def test_it_is_not_asked_for_ever(socket: type[Socket]) -> None:
    socket.refusals = [refused(503, b"overloaded")] * 9
    with pytest.raises(ServerFailed) as raised:
        run("true")
    assert "HTTP 503: overloaded" in raised.value.why and len(socket.urls) == 4


def test_a_pause_that_would_pass_the_deadline_is_not_waited_for(
    socket: type[Socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pod_exec, "BACKOFF", Backoff(attempts=4, first_pause=0.2, longest_pause=8.0))
    socket.refusals = [refused(429, retry_after="7")] * 2
    begin = time.monotonic()
    with pytest.raises(TooManyRequests, match="run a command"):
        run("true", seconds=2.0)
    assert time.monotonic() - begin < 1.0 and len(socket.urls) == 1


def test_any_other_refusal_is_told_in_the_servers_words(socket: type[Socket]) -> None:
    socket.refusals = [refused(403, json.dumps({"message": "pods/exec is forbidden"}).encode())]
    with pytest.raises(Forbidden, match="run a command in calico-node-x") as raised:
        run("true")
    assert raised.value.why == "HTTP 403: pods/exec is forbidden" and len(socket.urls) == 1

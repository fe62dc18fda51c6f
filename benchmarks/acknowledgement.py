"""How fast a slash command is acknowledged, against a bare Bolt listener, in turn, in both modes."""

from __future__ import annotations

import concurrent.futures
import hashlib
import hmac
import http.client
import json
import pathlib
import time
import urllib.parse

from benchmarks import figures, processes
from benchmarks.figures import Latency, Line
from benchmarks.slack_peer import CHANNEL, SlackPeer

SECRET = "bench"
WARM_UP, REQUESTS, RUNS = 50, 500, 5
BUSY_REQUESTS = 300
TEXT = "help"

CONFIG = f"""
projects:
  bench:
    channels: [{CHANNEL}]
    roles:
      viewer: {{everyone: true}}
      approver: {{users: [U0BO]}}
"""


def measure(folder: pathlib.Path) -> list[Line]:
    """Return the lines of the acknowledgement benchmark."""
    peer = SlackPeer()
    peer.start()
    try:
        return [*_socket_mode(peer, folder), *_http_mode(peer, folder)]
    finally:
        peer.stop()


def environment(peer_url: str, folder: pathlib.Path, name: str, admin: int) -> dict[str, str]:
    """The settings of a bot that talks to a peer and keeps its data in a folder."""
    home = folder / name
    home.mkdir(parents=True, exist_ok=True)
    config = home / "xk8s.yaml"
    if not config.exists():
        config.write_text(CONFIG)
    return {
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_APP_TOKEN": "xapp-bench",
        "SLACK_SIGNING_SECRET": SECRET,
        "SLACK_API_URL": f"{peer_url}/api/",
        "XK8S_DATA_DIR": str(home),
        "XK8S_CONFIG": str(config),
        "XK8S_ADMIN_ADDR": f"127.0.0.1:{admin}",
    }


def _socket_mode(peer: SlackPeer, folder: pathlib.Path) -> list[Line]:
    ours: list[Latency] = []
    bare: list[Latency] = []
    for run in range(RUNS):
        admin = processes.free_port()
        settings = environment(peer.url, folder, f"socket-{run}", admin)
        log = folder / "socket.log"
        with processes.running(["bot.cli", "serve"], environment=settings, log=log):
            processes.wait_until(lambda port=admin: processes.ready(port), name="xk8s serve")  # type: ignore[misc]
            ours.append(_one_by_one(peer))
        processes.wait_until(lambda: not peer.connected, name="xk8s serve to end")
        with processes.running(["benchmarks.bare_bolt", "socket", peer.url], environment={}, log=log):
            processes.wait_until(lambda: peer.connected, name="bare Bolt")
            bare.append(_one_by_one(peer))
        processes.wait_until(lambda: not peer.connected, name="bare Bolt to end")
    return _compare("Socket Mode, one at a time", ours, bare)


def _one_by_one(peer: SlackPeer) -> Latency:
    seconds = [peer.acknowledged_after(TEXT) for _ in range(WARM_UP + REQUESTS)]
    return figures.latency(seconds[WARM_UP:])


def _compare(title: str, ours: list[Latency], bare: list[Latency], bound: float = 1.25) -> list[Line]:
    mine, theirs = figures.median_of(ours), figures.median_of(bare)
    return [
        figures.ratio(f"{title}, p50 in ms", mine.p50, theirs.p50, bound),
        figures.ratio(f"{title}, p99 in ms", mine.p99, theirs.p99, bound),
    ]


def _http_mode(peer: SlackPeer, folder: pathlib.Path) -> list[Line]:
    ours: list[Latency] = []
    bare: list[Latency] = []
    ours_at_once: list[Latency] = []
    bare_at_once: list[Latency] = []
    for run in range(RUNS):
        admin, port = processes.free_port(), processes.free_port()
        settings = environment(peer.url, folder, f"http-{run}", admin)
        log = folder / "http.log"
        serve = ["bot.cli", "serve", "--http", "--port", str(port)]
        with processes.running(serve, environment=settings, log=log):
            processes.wait_until(lambda at=admin: processes.ready(at), name="xk8s serve --http")  # type: ignore[misc]
            ours.append(_posted(peer, port, at_once=1))
            ours_at_once.append(_posted(peer, port, at_once=10))
        bolt_port = processes.free_port()
        stock = ["benchmarks.bare_bolt", "http", peer.url, str(bolt_port)]
        with processes.running(stock, environment={}, log=log):
            processes.wait_until(lambda at=bolt_port: processes.listening(at), name="bare Bolt over HTTP")  # type: ignore[misc]
            bare.append(_posted(peer, bolt_port, at_once=1))
            bare_at_once.append(_posted(peer, bolt_port, at_once=10))
    return [
        *_compare("HTTP, one at a time", ours, bare),
        *_compare("HTTP, 10 at once", ours_at_once, bare_at_once, bound=0.3),
    ]


def _posted(peer: SlackPeer, port: int, *, at_once: int) -> Latency:
    with concurrent.futures.ThreadPoolExecutor(at_once) as posters:
        share = (WARM_UP + REQUESTS) // at_once
        done = [posters.submit(_post_many, peer, port, share) for _ in range(at_once)]
        seconds = [figure for future in done for figure in future.result()[WARM_UP // at_once :]]
    return figures.latency(seconds)


def _post_many(peer: SlackPeer, port: int, number: int) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    seconds = []
    for _ in range(number):
        body = urllib.parse.urlencode(peer.command(TEXT))
        headers = signed(body)
        started = time.perf_counter()
        connection.request("POST", "/slack/events", body, headers)
        answer = connection.getresponse()
        answer.read()
        seconds.append(time.perf_counter() - started)
        if answer.status != 200:
            raise RuntimeError(f"not acknowledged: HTTP {answer.status}")
    connection.close()
    return seconds


def signed(body: str, *, secret: str = SECRET) -> dict[str, str]:
    """The headers of a request as Slack signs it (v0, HMAC-SHA256 over timestamp and raw body)."""
    at = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": f"v0={digest}",
    }


def measure_busy(folder: pathlib.Path) -> list[Line]:
    """The acknowledgement while 50 verifications run, against the same process at rest.

    The clusters are served by a process of their own, so that what is measured here is the bot.
    """
    peer = SlackPeer()
    peer.start()
    try:
        with processes.running(
            ["benchmarks.clusters", str(folder)], environment={}, log=folder / "clusters.log"
        ):
            ready = folder / "environment.json"
            processes.wait_until(ready.exists, name="the clusters")
            admin = processes.free_port()
            world = json.loads(ready.read_text())
            settings = {**world, "SLACK_API_URL": f"{peer.url}/api/", "XK8S_ADMIN_ADDR": f"127.0.0.1:{admin}"}
            with processes.running(["bot.cli", "serve"], environment=settings, log=folder / "bot.log"):
                processes.wait_until(lambda: processes.ready(admin), name="xk8s serve")
                return _idle_and_busy(peer)
    finally:
        peer.stop()


def _idle_and_busy(peer: SlackPeer) -> list[Line]:
    peer.acknowledged_after("verify calico prod-eu")  # what is imported at the first one
    processes.wait_until(lambda: peer.answered >= 3, name="the first verification")
    idle = figures.latency([peer.acknowledged_after(TEXT) for _ in range(BUSY_REQUESTS)])
    before = peer.answered
    for _ in range(50):
        peer.acknowledged_after("verify calico prod-eu")
    busy = figures.latency([peer.acknowledged_after(TEXT) for _ in range(BUSY_REQUESTS)])
    running = peer.answered - before < 50 * 3 + BUSY_REQUESTS
    return [
        figures.ratio("50 verifications running, p99 in ms", busy.p99, idle.p99, 1.5),
        Line(
            title="verifications still running at the end",
            figure="yes" if running else "no",
            bound="yes",
            bound_kept=running,
        ),
    ]

"""Serves ASGI applications on loopback ports, all on one event loop in a thread of its own.

Every part of the sandbox (Slack, Keystone, Magnum, each cluster's Kubernetes API) is an ASGI
application with a port; the state behind them lives on this one loop, so that it needs no locks.
Calls from other threads go through `Loopback.call` or `Loopback.run`.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

T = TypeVar("T")
KEEP_ALIVE_SECONDS = 90  # as kube-apiserver (k8s.io/apiserver, pkg/server/secure_serving.go, IdleTimeout)


class _PeerCertificateProtocol(HttpToolsProtocol):
    """Hands the client's certificate to the application, as the Kubernetes API server needs it.

    It is in `scope["state"]["peer_certificate"]` (DER bytes, or None), for HTTP and WebSockets.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        tls = transport.get_extra_info("ssl_object")
        certificate = tls.getpeercert(binary_form=True) if tls is not None else None
        self.app_state = {**self.app_state, "peer_certificate": certificate}
        super().connection_made(transport)


class _UvicornServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the process: several servers share it."""
        yield


@dataclasses.dataclass(frozen=True)
class Server:
    """One application on its port."""

    url: str  # scheme, host and port, no slash at the end
    port: int
    _uvicorn: _UvicornServer
    _task: asyncio.Task[None]

    async def close(self) -> None:
        """Stop listening and drop the connections."""
        self._uvicorn.force_exit = True
        self._uvicorn.should_exit = True
        await self._task


class Loopback:
    """An event loop in a thread that serves ASGI applications on 127.0.0.1."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._servers: list[Server] = []

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def start(self) -> None:
        """Start the thread, which serves nothing yet."""
        self._thread.start()

    def stop(self) -> None:
        """Close every server, then end the loop and the thread."""
        if self._thread.is_alive():
            self.run(self._close_all())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    async def _close_all(self) -> None:
        await asyncio.gather(*(server.close() for server in self._servers), return_exceptions=True)
        current = asyncio.current_task()
        unfinished = [task for task in asyncio.all_tasks() if task is not current]
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 30.0) -> T:
        """Run a coroutine on the loop from another thread and return its result.

        Raises `TimeoutError` after so many seconds, and whatever the coroutine raises.
        """
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function on the loop's thread, where the sandbox's state may be read and changed."""

        async def on_loop() -> T:
            return function(*arguments)

        return self.run(on_loop())

    def serve(self, app: ASGIApp, *, port: int = 0, tls: ssl.SSLContext | None = None) -> Server:
        """Serve an application, called from another thread; see `serve_on_loop`."""
        return self.run(self.serve_on_loop(app, port=port, tls=tls))

    async def serve_on_loop(
        self, app: ASGIApp, *, port: int = 0, tls: ssl.SSLContext | None = None
    ) -> Server:
        """Serve an application on 127.0.0.1; port 0 takes a free one. Raises `OSError` for a taken one."""
        # asyncio turns Nagle's algorithm off only for sockets whose protocol is named
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        config = uvicorn.Config(
            app,
            http=_PeerCertificateProtocol,
            ws="websockets-sansio",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            server_header=False,
        )
        config.load()
        if tls is not None:
            config.ssl = tls
        uvicorn_server = _UvicornServer(config)
        task = asyncio.create_task(uvicorn_server.serve(sockets=[listener]))
        while not uvicorn_server.started:
            if task.done():
                task.result()
                raise OSError(f"the server on port {port} did not start")
            await asyncio.sleep(0.005)
        bound = int(listener.getsockname()[1])
        scheme = "https" if tls is not None else "http"
        server = Server(f"{scheme}://127.0.0.1:{bound}", bound, uvicorn_server, task)
        self._servers.append(server)
        return server

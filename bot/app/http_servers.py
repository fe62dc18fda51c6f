"""Runs the process's HTTP servers on one event loop until it is told to stop.

The loop only moves bytes: Slack's requests and readiness checks are dispatched on threads.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Generator, Sequence

import uvicorn
from starlette.types import ASGIApp

SHUTDOWN_SECONDS = 3  # for requests under way at the end


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to `serve`: several servers share the process."""
        yield


def server(app: ASGIApp, *, host: str, port: int) -> uvicorn.Server:
    """Return a server for an application, not started yet."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan="off",
        log_config=None,
        access_log=False,
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    return _Server(config)


def serve(
    servers: Sequence[uvicorn.Server], *, started: Callable[[], None], reload: Callable[[], object]
) -> None:
    """Serve until SIGTERM or SIGINT; call `started` once every port listens, `reload` on SIGHUP."""
    asyncio.run(_serve(servers, started, reload))


async def _serve(
    servers: Sequence[uvicorn.Server], started: Callable[[], None], reload: Callable[[], object]
) -> None:
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, lambda: loop.run_in_executor(None, reload))
    tasks = [asyncio.create_task(server.serve()) for server in servers]
    while not all(server.started for server in servers):
        for task in tasks:
            if task.done():  # uvicorn logs why and exits: the port is taken
                raise SystemExit(1)
        await asyncio.sleep(0.01)
    starting: asyncio.Future[None] = loop.run_in_executor(None, started)
    starting.add_done_callback(lambda future: stopping.set() if _failed(future) else None)
    for task in tasks:
        task.add_done_callback(lambda _task: stopping.set())
    await stopping.wait()
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*tasks)
    if _failed(starting):
        starting.result()


def _failed(future: asyncio.Future[None]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is not None

"""Runs the controllers of a cluster: each when a kind that it watches changed, or when it is due.

A round takes all changes since the last one, and leaves the API at least as much time as it took itself, so
that many writes in a row cost few rounds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller

LONGEST_PAUSE = 0.05  # seconds between two rounds while there is work


class ControllerManager:
    """All controllers of one cluster, in one task."""

    def __init__(
        self, store: Store, controllers: Sequence[Controller], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._controllers = controllers
        self._clock = clock
        self._resync = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle_version = 0  # the store's resourceVersion when all controllers became idle
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the task on the running event loop."""
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        """Cancel the task, without another pass."""
        if self._task is not None:
            self._task.cancel()

    def resync(self) -> None:
        """Let every controller make a pass, because something beside the store changed."""
        self._idle.clear()
        self._resync.set()

    async def settled(self, seconds: float) -> None:
        """Wait until no controller has anything left to do.

        Raises `TimeoutError` after so many seconds, and whatever a controller raised.
        """
        if self._task is None:
            return
        end = time.monotonic() + seconds
        while not (self._idle.is_set() and self._idle_version == self._store.resource_version):
            idle = asyncio.ensure_future(self._idle.wait())
            await asyncio.wait(
                {idle, self._task}, timeout=end - time.monotonic(), return_when=asyncio.FIRST_COMPLETED
            )
            idle.cancel()
            if self._task.done():
                self._task.result()
            if time.monotonic() > end:
                raise TimeoutError(f"the cluster did not settle within {seconds:.0f} s")
            await asyncio.sleep(0)

    async def _run(self) -> None:
        subscription = self._store.subscribe()
        dirty = set(range(len(self._controllers)))
        while True:
            began = time.perf_counter()
            for number in sorted(dirty):
                self._controllers[number].reconcile()
            duration = time.perf_counter() - began
            dirty = self._affected(subscription.queue)
            if dirty:
                await asyncio.sleep(min(duration, LONGEST_PAUSE))
                dirty |= self._affected(subscription.queue)
            else:
                dirty = await self._next_dirty(subscription.queue)

    def _affected(self, queue: asyncio.Queue[Any]) -> set[int]:
        kinds = set()
        while not queue.empty():
            kinds.add(queue.get_nowait().kind.kind)
        if not kinds:
            return set()
        return {
            number
            for number, controller in enumerate(self._controllers)
            if controller.watches is None or kinds & controller.watches
        }

    async def _next_dirty(self, queue: asyncio.Queue[Any]) -> set[int]:
        """Wait for a change, a resync or the clock, and return the controllers that it concerns."""
        due_times = [
            (controller.next_due, number)
            for number, controller in enumerate(self._controllers)
            if controller.next_due is not None
        ]
        if all(self._controllers[number].waits_in_background for _, number in due_times):
            self._idle_version = self._store.resource_version
            self._idle.set()
        first = min((due for due, _ in due_times), default=None)
        timeout = max(0.0, (first - self._clock()).total_seconds()) if first is not None else None
        change, resync = asyncio.ensure_future(queue.get()), asyncio.ensure_future(self._resync.wait())
        await asyncio.wait({change, resync}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        self._idle.clear()
        dirty = {number for due, number in due_times if due <= self._clock()}
        if change.done():
            queue.put_nowait(change.result())
        if self._resync.is_set():
            dirty = set(range(len(self._controllers)))
        self._resync.clear()
        for future in (change, resync):
            future.cancel()
        return dirty | self._affected(queue)

"""Runs a cluster's controllers: each when something that it watches changed, or when it is due.

A round takes what piled up since the last one, and leaves at least as much time to the API as it took itself,
so that many writes in a row cost few rounds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from sandbox.kube.api.store import Store

LONGEST_PAUSE = 0.05  # seconds between two rounds while there is work


class Controller(Protocol):
    """Brings the store nearer to what its objects ask for."""

    @property
    def watches(self) -> frozenset[str] | None:
        """Names of the kinds whose changes matter to it; None: all."""

    @property
    def next_due(self) -> datetime | None:
        """When time alone changes something for it."""

    @property
    def patient(self) -> bool:
        """Whether a cluster is settled although this controller waits, as for the next run of a CronJob."""

    def sync(self) -> None:
        """Look at everything once."""


class ControlLoop:
    """The controllers of one cluster."""

    def __init__(
        self, store: Store, controllers: Sequence[Controller], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._controllers = controllers
        self._clock = clock
        self._touched = asyncio.Event()
        self._quiet = asyncio.Event()
        self._seen = 0  # the version of the store at which all was quiet
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()

    def touch(self) -> None:
        """Something beside the store changed: let every controller look."""
        self._quiet.clear()
        self._touched.set()

    async def settled(self, seconds: float) -> None:
        """Wait until nobody has anything left to do. Raises `TimeoutError`, and what a controller raised."""
        if self._task is None:
            return
        end = time.monotonic() + seconds
        while not (self._quiet.is_set() and self._seen == self._store.resource_version):
            quiet = asyncio.ensure_future(self._quiet.wait())
            await asyncio.wait(
                {quiet, self._task}, timeout=end - time.monotonic(), return_when=asyncio.FIRST_COMPLETED
            )
            quiet.cancel()
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
                self._controllers[number].sync()
            spent = time.perf_counter() - began
            dirty = self._affected(subscription.queue)
            if dirty:
                await asyncio.sleep(min(spent, LONGEST_PAUSE))
                dirty |= self._affected(subscription.queue)
            else:
                dirty = await self._rest(subscription.queue)

    def _affected(self, queue: asyncio.Queue[Any]) -> set[int]:
        kinds = set()
        while not queue.empty():
            kinds.add(queue.get_nowait().kind.kind)
        if not kinds:
            return set()
        return {
            number
            for number, each in enumerate(self._controllers)
            if each.watches is None or kinds & each.watches
        }

    async def _rest(self, queue: asyncio.Queue[Any]) -> set[int]:
        """Wait for a change, a touch or the time; returns who has to look."""
        dues = [
            (each.next_due, number)
            for number, each in enumerate(self._controllers)
            if each.next_due is not None
        ]
        if all(self._controllers[number].patient for _, number in dues):
            self._seen = self._store.resource_version
            self._quiet.set()
        first = min((due for due, _ in dues), default=None)
        timeout = max(0.0, (first - self._clock()).total_seconds()) if first is not None else None
        changed, touched = asyncio.ensure_future(queue.get()), asyncio.ensure_future(self._touched.wait())
        await asyncio.wait({changed, touched}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        self._quiet.clear()
        dirty = {number for due, number in dues if due <= self._clock()}
        if changed.done():
            queue.put_nowait(changed.result())
        if self._touched.is_set():
            dirty = set(range(len(self._controllers)))
        self._touched.clear()
        for wait in (changed, touched):
            wait.cancel()
        return dirty | self._affected(queue)

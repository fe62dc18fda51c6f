"""The durable work of a serving process: launched beside the start, looked after, let go of at the end."""

from __future__ import annotations

import threading

import structlog

from bot.adapters.durable.flow import FlowReporter
from bot.adapters.durable.takeover import TakeoverSupervisor
from bot.app.replica import ALIVE_FOR, TERMINAL
from bot.app.wiring import Core, utc_now
from bot.common.problems import Problem
from storage.database import Database
from storage.replicas import ReplicaRepository

log = structlog.get_logger(__name__)

RELAUNCH_SECONDS = 10.0  # after a launch that failed: its tables may be made, or its database be back


class DurableWork:
    """Launches the runtime on a thread of its own, because that imports much, and keeps it."""

    def __init__(self, parts: Core, database: Database, *, me: str, reporter: FlowReporter) -> None:
        replicas = ReplicaRepository(database)
        self._runtime = parts.runtime
        self._me = me
        self._reporter = reporter

        def alive() -> list[str]:
            return replicas.alive(since=utc_now() - ALIVE_FOR)

        self._keeper = TakeoverSupervisor(
            parts.runtime,
            me=me,
            alive=alive,
            keepers=lambda: [replica for replica in alive() if not replica.startswith(TERMINAL)],
            open_work=parts.continuations.unended,
            reporter=reporter,
            ends=parts.ends,
            now=utc_now,
        )
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._launch, name="operations", daemon=True)

    def start(self) -> None:
        """Begin to launch; what is begun meanwhile waits for it."""
        self._thread.start()

    def stop(self) -> None:
        """Let go: what runs goes on after the next start, or in another replica."""
        self._ending.set()
        self._keeper.stop()
        self._thread.join(timeout=5)
        self._runtime.stop()

    def _launch(self) -> None:
        while not self._ending.is_set():
            try:
                self._runtime.launch(executor=self._me, reporter=self._reporter)
            except Problem as problem:
                log.error("durable work does not start", why=problem.why)
                self._ending.wait(RELAUNCH_SECONDS)
            else:
                self._keeper.start()
                return

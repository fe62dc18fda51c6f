"""Durable work that is asked for in a terminal: done in this process for as long as it waits.

It is one more replica meanwhile, with a heartbeat, and takes no other work. If it ends before the work does
(Ctrl-C, a lost connection), a serving replica notices within seconds and goes on with it; without one, the
next `xk8s serve` does.
"""

from __future__ import annotations

import threading

from bot.actions.request import IncomingRequest
from bot.adapters.durable.flow import Json
from bot.app.replica import ALIVE_FOR, TERMINAL, Replica
from bot.app.wiring import Core, utc_now
from bot.requests.answer import Answer
from bot.requests.long_running import ProgressReporter
from storage.replicas import ReplicaRepository

LOOK_SECONDS = 2.0  # another replica may have ended it: then nobody here is told


class TerminalWork:
    """The `Work` of a terminal: launched when it is first needed."""

    def __init__(self, parts: Core, request: IncomingRequest, answer: Answer) -> None:
        self._parts = parts
        self._request = request
        self._replicas = ReplicaRepository(parts.database)
        settings = parts.holder.now.model_copy(update={"replica_id": f"{TERMINAL}{request.operation}"})
        self._replica = Replica(settings, self._replicas, now=utc_now)
        self._ended = threading.Event()
        self._reporter = ProgressReporter(
            parts.continuations, answer=lambda _request: answer, wake=self._ended.set, now=utc_now
        )
        self._launched = False

    def begin(self, work: str, *, operation: str, project: str, given: Json) -> None:
        """Begin it here. Raises `Problem`."""
        if not self._launched:
            self._replica.start()
            self._launched = True
            self._parts.runtime.launch(executor=self._replica.id, reporter=self._reporter, alone=True)
        self._parts.runtime.begin(work, operation=operation, project=project, given=given)

    def wait(self) -> None:
        """Wait for the end of the work, wherever that comes from. Raises `KeyboardInterrupt`."""
        while not self._parts.continuing.ended(self._request.operation):
            self._ended.wait(LOOK_SECONDS)

    def goes_on_in(self) -> list[str]:
        """The other replicas that are alive, by name: one of them goes on when this process ends."""
        alive = self._replicas.alive(since=utc_now() - ALIVE_FOR)
        return [replica for replica in alive if not replica.startswith(TERMINAL)]

    def stop(self) -> None:
        """Let go."""
        if self._launched:
            self._parts.runtime.stop()
            self._replica.stop()

"""Workflows of a request that was typed in a terminal: run in this process for as long as it waits.

The process is one more replica meanwhile, with a heartbeat, and takes no other work. If it ends before the
workflow does (Ctrl-C, a lost connection), a serving replica notices within seconds and goes on with it;
without one, the next `xk8s serve` does.
"""

import threading

from bot.actions.request import IncomingRequest
from bot.adapters.durable.flow import Json
from bot.app.clock import utc_now
from bot.app.replica import ALIVE_FOR, TERMINAL, Replica
from bot.app.wiring import Core
from bot.requests.answer import Answer
from bot.requests.progress_reporter import ProgressReporter
from storage.replicas import ReplicaRepository

POLL_SECONDS = 2.0  # another replica may have ended the workflow: then nobody tells this process


class TerminalWorkflows:
    """The `WorkflowStarter` of a terminal; the runtime is launched when it is first needed."""

    def __init__(self, core: Core, request: IncomingRequest, answer: Answer) -> None:
        self._core = core
        self._request = request
        self._replicas = ReplicaRepository(core.database)
        settings = core.holder.now.model_copy(update={"replica_id": f"{TERMINAL}{request.operation}"})
        self._replica = Replica(settings, self._replicas, now=utc_now)
        self._ended = threading.Event()
        self._reporter = ProgressReporter(
            core.continuations, answer=lambda _request: answer, wake=self._ended.set, now=utc_now
        )
        self._launched = False

    def start_workflow(self, work: str, *, operation: str, project: str, workflow_input: Json) -> None:
        """Begin a workflow in this process. Raises `Problem`."""
        if not self._launched:
            self._replica.start()
            self._launched = True
            self._core.runtime.launch(executor=self._replica.id, reporter=self._reporter, alone=True)
        self._core.runtime.start_workflow(
            work, operation=operation, project=project, workflow_input=workflow_input
        )

    def wait(self) -> None:
        """Wait for the end of the workflow, wherever it comes from. Raises `KeyboardInterrupt`."""
        while not self._core.continuations.has_outcome(self._request.operation):
            self._ended.wait(POLL_SECONDS)

    def serving_replicas(self) -> list[str]:
        """Return the serving replicas that are alive: one of them goes on when this process ends."""
        alive = self._replicas.alive(since=utc_now() - ALIVE_FOR)
        return [replica for replica in alive if not replica.startswith(TERMINAL)]

    def stop(self) -> None:
        """Release the workflow and this replica's id."""
        if self._launched:
            self._core.runtime.stop()
            self._replica.stop()

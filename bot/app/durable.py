"""The durable runtime of a serving process: launched in the background, supervised, released at the end."""

from bot.adapters.durable.flow import FlowReporter
from bot.adapters.durable.takeover import TakeoverSupervisor
from bot.app.clock import utc_now
from bot.app.replica import ALIVE_FOR, TERMINAL
from bot.app.wiring import Core
from bot.common.worker import CountFailure, Worker
from storage.replicas import ReplicaRepository

RELAUNCH_SECONDS = 10.0  # after a launch that failed: its tables may be made, or its database be back


class DurableWork:
    """Launches the runtime on a thread of its own, because that imports much, and supervises take-overs."""

    def __init__(
        self,
        core: Core,
        *,
        replica: str,
        reporter: FlowReporter,
        count_failure: CountFailure = lambda _name: None,
    ) -> None:
        self._replicas = ReplicaRepository(core.database)
        self._runtime = core.runtime
        self._replica = replica
        self._reporter = reporter
        self._takeover = self._make_takeover(core)
        self._launcher = Worker(
            "workflows", self._launch, interval=RELAUNCH_SECONDS, count_failure=count_failure
        )

    def start(self) -> None:
        """Begin to launch; a workflow that is begun meanwhile waits for it."""
        self._launcher.start()

    def stop(self) -> None:
        """Let go: what runs goes on after the next start, or in another replica."""
        self._launcher.stop()
        self._takeover.stop()
        self._runtime.stop()

    def _make_takeover(self, core: Core) -> TakeoverSupervisor:
        return TakeoverSupervisor(
            core.runtime,
            me=self._replica,
            alive=self._alive,
            supervisors=lambda: [name for name in self._alive() if not name.startswith(TERMINAL)],
            open_work=core.continuations.running,
            reporter=self._reporter,
            outcomes=core.codec,
            now=utc_now,
        )

    def _alive(self) -> list[str]:
        return self._replicas.alive(since=utc_now() - ALIVE_FOR)

    def _launch(self) -> None:
        self._runtime.launch(executor=self._replica, reporter=self._reporter)
        if not self._launcher.stopping:
            self._takeover.start()
        self._launcher.stop()

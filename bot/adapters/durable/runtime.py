"""DBOS in this process: workflows are registered, enqueued, and recovered after a crash.

DBOS stores JSON here; its default would be pickle, which runs code for whoever can write to the database. It
is imported when it is launched (0.4 s), and not at all by commands that need no durable work.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

import structlog

from bot.adapters.durable.flow import FlowReporter, Json, Workflow
from bot.adapters.durable.outcomes import OutcomeCodec, unexpected_failure
from bot.adapters.durable.recorded_flow import RecordedFlow
from bot.adapters.durable.system_database import SCHEMA, NoDurableWork, beside, use_write_ahead_log
from bot.common.problems import Problem
from bot.common.wording import reason

log = structlog.get_logger(__name__)

NAME = "xk8s-operations"
# The version of the workflows' shape, not of the program: DBOS recovers only workflows of its own version, so
# it stays the same when the program is upgraded. A workflow whose steps change asks `DBOS.patch` which of the
# two shapes an older run has.
SHAPE = "1"
CLUSTERS = "clusters"  # the queue of creations and deletions
POLL_SECONDS = 0.5  # how soon an enqueued workflow starts
CONNECTIONS = 5
MOST_RECOVERIES = 100  # of one workflow by one replica: one that takes its process down with it must end
DELETED_AT_ONCE = 500  # records of workflows
LAUNCH_SECONDS = 30.0  # how long the start of a workflow waits for the launch
ENDED = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})


class Runtime:
    """The durable workflows of this process. One per process at a time, because DBOS is a singleton."""

    def __init__(
        self, database: str, *, outcomes: OutcomeCodec, per_project: Mapping[str, Callable[[], int]]
    ) -> None:
        """`per_project` returns for each queue how many of its workflows run at once in a project."""
        self._url = beside(database)
        self._outcomes = outcomes
        self._per_project = dict(per_project)
        self._limits: dict[str, int] = {}  # the limits that DBOS has been told
        self._workflows: dict[str, tuple[Workflow, str]] = {}  # with their queues
        self._registered: dict[str, Any] = {}  # the workflows as DBOS has wrapped them
        self._executor = ""
        self._reporter: FlowReporter | None = None
        self._alone = False
        self._launched, self._ending = threading.Event(), threading.Event()
        self._failure: str | None = None

    def register(self, name: str, workflow: Workflow, *, queue: str) -> None:
        """Register a workflow before the launch, under a name that never changes."""
        self._workflows[name] = workflow, queue

    def launch(self, *, executor: str, reporter: FlowReporter, alone: bool = False) -> None:
        """Start DBOS, which recovers the workflows of this executor. Raises `NoDurableWork`.

        `alone` is for a process that works for one request only: it starts that workflow itself, and takes
        none from the queues.
        """
        self._executor, self._reporter, self._alone = executor, reporter, alone
        try:
            self._launch()
        except Exception as error:
            self._failure = type(error).__name__
            with contextlib.suppress(Exception):  # DBOS would take a second launch for done
                _destroy()
            raise NoDurableWork(
                "Durable work cannot be started",
                why=reason(error),
                fix="Run `xk8s db upgrade` with a database role that may create tables, then start again.",
            ) from error
        self._launched.set()

    def _launch(self) -> None:
        from dbos import DBOS, DBOSPortableJSONSerializer

        DBOS(
            config={
                "name": NAME,
                "system_database_url": self._url,
                "dbos_system_schema": SCHEMA,
                "application_version": SHAPE,
                "executor_id": self._executor,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "WARNING",
                "sys_db_pool_size": CONNECTIONS,
            }
        )
        _forward_logs()
        for name, (workflow, _queue) in self._workflows.items():
            decorated = DBOS.workflow(name=name, max_recovery_attempts=MOST_RECOVERIES)
            self._registered[name] = decorated(self._bound(workflow))
        if self._alone:
            DBOS.listen_queues([])
        use_write_ahead_log(self._url)
        DBOS.launch()  # upgrades its tables, if necessary
        self.set_limits()

    def set_limits(self) -> None:
        """Tell DBOS how many workflows of each queue may run at once in a project, where that has changed."""
        from dbos import DBOS

        for queue, per_project in self._per_project.items():
            limit = per_project()
            if self._limits.get(queue) != limit:
                DBOS.register_queue(
                    queue,
                    partition_concurrency=limit,
                    polling_interval_sec=POLL_SECONDS,
                    on_conflict="always_update",
                )
                self._limits[queue] = limit

    def stop(self) -> None:
        """Stop DBOS. What runs goes on after the next start, here or in another replica."""
        self._ending.set()
        if self._launched.is_set():
            _destroy()
            self._launched.clear()

    def check(self) -> str | None:
        """Return why the launch has failed; None while it has not, because workflows then wait for it."""
        if self._launched.is_set() or self._failure is None:
            return None
        return f"durable work did not start: {self._failure}"

    def has_workflow(self, name: str) -> bool:
        """Return whether a workflow of that name is registered."""
        return name in self._workflows

    def start_workflow(self, work: str, *, operation: str, project: str, workflow_input: Json) -> None:
        """Start the workflow `work` with an input. Raises `NoDurableWork`.

        The operation is the workflow id, and with it the idempotency key: starting it again does nothing.
        """
        if not self.has_workflow(work):
            raise NoDurableWork(
                f"There is no work called {work}", fix="Update me: another version of me knows it."
            )
        if not self._launched.wait(LAUNCH_SECONDS):
            raise NoDurableWork(
                "Durable work is not started", why=self.check() or "", fix="Look at my log, then try again."
            )
        try:
            self._enqueue(work, operation, project, workflow_input)
        except Exception as error:
            log.exception("work not begun", work=work, operation=operation)
            raise NoDurableWork(
                "Durable work cannot be begun just now",
                why=type(error).__name__,
                fix="It is tried again by itself.",
            ) from error

    def _enqueue(self, name: str, operation: str, project: str, workflow_input: Json) -> None:
        from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

        workflow = self._registered[name]
        with SetWorkflowID(operation):
            if self._alone:
                DBOS.start_workflow(workflow, project, workflow_input)
                return
            with SetEnqueueOptions(queue_partition_key=project):
                DBOS.enqueue_workflow(self._workflows[name][1], workflow, project, workflow_input)

    def status(self, operation: str) -> str | None:
        """Return DBOS's status of a workflow, None if it was never started."""
        workflow = self._find(operation)
        return str(workflow.status) if workflow is not None else None

    def resume_orphans(self, alive: Collection[str]) -> list[str]:
        """Take over the workflows of executors that are not alive; return their operations."""
        from dbos import DBOS

        running = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        orphans = [workflow.workflow_id for workflow in running if workflow.executor_id not in alive]
        if orphans:
            DBOS.resume_workflows(orphans)
        return orphans

    def delete_ended(self, *, before: datetime) -> int:
        """Delete the records of workflows that ended before a time; return how many."""
        from dbos import DBOS

        workflows = DBOS.list_workflows(
            status=sorted(ENDED),
            completed_before=before.isoformat(),
            limit=DELETED_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if workflows:
            DBOS.delete_workflows([workflow.workflow_id for workflow in workflows])
        return len(workflows)

    def _bound(self, workflow: Workflow) -> Callable[[str, Json], None]:
        def run(project: str, workflow_input: Json) -> None:
            self._run(workflow, project, workflow_input)

        return run

    def _run(self, workflow: Workflow, project: str, workflow_input: Json) -> None:
        from dbos import DBOS

        operation = str(DBOS.workflow_id)
        if self._reporter is None:
            raise RuntimeError("not launched")
        reporter = self._reporter
        flow = RecordedFlow(
            operation=operation,
            project=project,
            reporter=reporter,
            record=_record,
            stopping=self._ending,
            owns=lambda: self._owns(operation),
        )
        with structlog.contextvars.bound_contextvars(reference=operation[:4], operation=operation):
            outcome = self._outcome_of(workflow, flow, workflow_input)

            def report() -> Json:
                reporter.report_outcome(operation, outcome)
                return {}

            flow.step("end", report)

    def _outcome_of(self, workflow: Workflow, flow: RecordedFlow, workflow_input: Json) -> Json:
        try:
            return self._outcomes.encode(workflow(flow, workflow_input))
        except Problem as problem:
            log.info("work not done", what=problem.what, why=problem.why)
            return self._outcomes.encode(problem)
        except Exception as error:
            log.exception("work failed")
            return self._outcomes.encode(unexpected_failure(error, flow.operation[:4]))

    def _owns(self, operation: str) -> bool:
        workflow = self._find(operation)
        return (
            workflow is not None and workflow.status == "PENDING" and workflow.executor_id == self._executor
        )

    def _find(self, operation: str) -> Any:
        from dbos import DBOS

        return next(
            iter(DBOS.list_workflows(workflow_ids=[operation], load_input=False, load_output=False)), None
        )


def _destroy() -> None:
    from dbos import DBOS

    DBOS.destroy(destroy_registry=True)


def _record(name: str, do: Callable[[], Json]) -> Mapping[str, Any]:
    from dbos import DBOS

    return DBOS.run_step({"name": name}, do)


def _forward_logs() -> None:
    """Send DBOS's log lines through the root logger, where secrets are hidden, not to its own handler."""
    logger = logging.getLogger("dbos")
    logger.handlers.clear()
    logger.propagate = True

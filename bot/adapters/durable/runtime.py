"""DBOS in our process: workflows are registered, begun, and recovered after a crash.

DBOS keeps its tables beside ours: on PostgreSQL in a schema of its own, on SQLite in a file of its own,
because SQLite has one writer and whoever waits for an acknowledgement must not wait for a workflow. What is
stored there is JSON: its default would be pickle, which runs code for whoever can write the database. It is
imported when it is launched (0.4 s), and not at all by commands that need no durable work.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.engine import make_url

from bot.adapters.durable.flow import FlowReporter, Json, Workflow
from bot.adapters.durable.outcomes import OutcomeCodec, broken
from bot.adapters.durable.recorded_flow import RecordedFlow
from bot.common.problems import Problem
from bot.common.wording import reason

log = structlog.get_logger(__name__)

NAME = "xk8s-operations"
SCHEMA = "xk8s_operations"
# The version of the workflows' shape, not of the program: DBOS goes on only with workflows of its own
# version, so it stays as it is when the program is upgraded. A workflow whose steps change asks `DBOS.patch`
# which of the two shapes an old run has.
SHAPE = "1"
CLUSTERS = "clusters"  # the queue of creations and deletions
POLL_SECONDS = 0.5  # how soon work that was queued is begun
CONNECTIONS = 5
MOST_RECOVERIES = 100  # of one workflow by one replica: one that takes its process down with it must end
FORGOTTEN_AT_ONCE = 500
LAUNCH_SECONDS = 30.0  # how long work that is begun waits for the launch
ENDED = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})


class NoDurableWork(Problem):
    """Durable work cannot be begun."""


class Runtime:
    """The durable workflows of this process. One per process at a time: DBOS knows only one."""

    def __init__(
        self, database: str, *, ends: OutcomeCodec, per_project: Mapping[str, Callable[[], int]]
    ) -> None:
        """`per_project` says for each queue how many of its workflows run at once in a project; more wait."""
        self._url = beside(database)
        self._ends = ends
        self._per_project = dict(per_project)
        self._limits: dict[str, int] = {}  # as DBOS has them
        self._workflows: dict[str, Workflow] = {}
        self._queues: dict[str, str] = {}
        self._known: dict[str, Any] = {}  # as DBOS has registered them
        self._executor = ""
        self._reporter: FlowReporter | None = None
        self._alone = False
        self._launched, self._ending = threading.Event(), threading.Event()
        self._failure: str | None = None

    def register(self, name: str, workflow: Workflow, *, queue: str) -> None:
        """Make a workflow known under a name that never changes. Before the launch."""
        self._workflows[name], self._queues[name] = workflow, queue

    def launch(self, *, executor: str, reporter: FlowReporter, alone: bool = False) -> None:
        """Start, and go on with what this executor had begun before a crash. Raises `NoDurableWork`.

        `alone` is for a process that works for one request only: it begins that itself and takes none from
        the queue.
        """
        self._executor, self._reporter, self._alone = executor, reporter, alone
        try:
            self._launch()
        except Exception as error:
            self._failure = type(error).__name__
            _forget()
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
        _log_as_we_do()
        for name, workflow in self._workflows.items():
            self._known[name] = DBOS.workflow(name=name, max_recovery_attempts=MOST_RECOVERIES)(
                self._bound(workflow)
            )
        if self._alone:
            DBOS.listen_queues([])
        _prepare(self._url)
        DBOS.launch()  # upgrades its tables, if there is something to upgrade
        self.set_limits()

    def set_limits(self) -> None:
        """Tell DBOS how many of each queue run at once in a project, where the configuration has changed
        that.
        """
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
        """Let go of everything: what runs is gone on with after the next start, here or elsewhere."""
        self._ending.set()
        if self._launched.is_set():
            from dbos import DBOS

            DBOS.destroy(destroy_registry=True)
            self._launched.clear()

    def check(self) -> str | None:
        """What is wrong, in words: it could not be launched. While it is being launched, what is begun
        waits.
        """
        if self._launched.is_set() or self._failure is None:
            return None
        return f"durable work did not start: {self._failure}"

    def knows(self, work: str) -> bool:
        """Whether there is a workflow of that name."""
        return work in self._workflows

    def begin(self, work: str, *, operation: str, project: str, given: Json) -> None:
        """Begin a workflow; the operation's id makes it one, however often it is begun. Raises
        `NoDurableWork`.
        """
        if not self.knows(work):
            raise NoDurableWork(
                f"There is no work called {work}", fix="Update me: another version of me knows it."
            )
        if not self._launched.wait(LAUNCH_SECONDS):
            raise NoDurableWork(
                "Durable work is not started", why=self.check() or "", fix="Look at my log, then try again."
            )
        try:
            self._enqueue(work, operation, project, given)
        except Exception as error:
            log.exception("work not begun", work=work, operation=operation)
            raise NoDurableWork(
                "Durable work cannot be begun just now",
                why=type(error).__name__,
                fix="It is tried again by itself.",
            ) from error

    def _enqueue(self, work: str, operation: str, project: str, given: Json) -> None:
        from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

        with SetWorkflowID(operation):
            if self._alone:
                DBOS.start_workflow(self._known[work], project, given)
                return
            with SetEnqueueOptions(queue_partition_key=project):
                DBOS.enqueue_workflow(self._queues[work], self._known[work], project, given)

    def state(self, operation: str) -> str | None:
        """DBOS's word for where a workflow is; None if it was never begun."""
        found = self._status(operation)
        return str(found.status) if found is not None else None

    def resume_all_but(self, alive: Collection[str]) -> list[str]:
        """Take over the workflows of executors that are not alive; returns their operations."""
        from dbos import DBOS

        running = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        left = [found.workflow_id for found in running if found.executor_id not in alive]
        if left:
            DBOS.resume_workflows(left)
        return left

    def forget(self, *, before: datetime) -> int:
        """Forget workflows that ended before a time; returns how many."""
        from dbos import DBOS

        old = DBOS.list_workflows(
            status=sorted(ENDED),
            completed_before=before.isoformat(),
            limit=FORGOTTEN_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if old:
            DBOS.delete_workflows([found.workflow_id for found in old])
        return len(old)

    def _bound(self, workflow: Workflow) -> Callable[[str, Json], None]:
        def run(project: str, given: Json) -> None:
            self._run(workflow, project, given)

        return run

    def _run(self, workflow: Workflow, project: str, given: Json) -> None:
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
            ending=self._ending,
            owned=lambda: self._owns(operation),
        )
        with structlog.contextvars.bound_contextvars(reference=operation[:4], operation=operation):
            end = self._end_of(workflow, flow, given)

            def tell() -> Json:
                reporter.end(operation, end)
                return {}

            flow.step("end", tell)

    def _end_of(self, workflow: Workflow, flow: RecordedFlow, given: Json) -> Json:
        try:
            return self._ends.encode(workflow(flow, given))
        except Problem as problem:
            log.info("work not done", what=problem.what, why=problem.why)
            return self._ends.encode(problem)
        except Exception as error:
            log.exception("work failed")
            return self._ends.encode(broken(error, flow.operation[:4]))

    def _owns(self, operation: str) -> bool:
        found = self._status(operation)
        return found is not None and found.status == "PENDING" and found.executor_id == self._executor

    def _status(self, operation: str) -> Any:
        from dbos import DBOS

        found = DBOS.list_workflows(workflow_ids=[operation], load_input=False, load_output=False)
        return found[0] if found else None


def beside(database: str) -> str:
    """The URL of DBOS's tables beside ours."""
    url = make_url(database)
    if url.get_backend_name() == "sqlite":
        path = url.database or ""
        stem, dot, ending = path.rpartition(".")
        beside_it = f"{stem}-operations.{ending}" if dot and "/" not in ending else f"{path}-operations"
        return url.set(database=beside_it).render_as_string(hide_password=False)
    return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def upgrade(database: str, *, application: str | None = None) -> None:
    """Bring DBOS's tables to what its version needs; on PostgreSQL give the role that serves its rights on
    them.

    With a role that may create tables. Raises `NoDurableWork`.
    """
    from dbos import DBOS

    url = beside(database)
    _prepare(url)
    try:
        DBOS.migrate(
            url, schema=SCHEMA, application_role=application if url.startswith("postgresql") else None
        )
    except Exception as error:
        raise NoDurableWork(
            "The tables of durable work cannot be upgraded",
            why=reason(error),
            fix="Say it with the URL of a role that may create a schema in XK8S_DATABASE_URL.",
        ) from error


def grants(application: str) -> list[str]:
    """The SQL that gives the role that serves its rights on DBOS's tables."""
    return [
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {application}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {SCHEMA} TO {application}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO {application}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {SCHEMA} TO {application}",
    ]


def _prepare(url: str) -> None:
    """Let SQLite's readers and its writer not wait for each other; the file keeps it."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with contextlib.closing(sqlite3.connect(parsed.database or "")) as connection:
            connection.execute("PRAGMA journal_mode=WAL")


def _forget() -> None:
    """After a launch that failed: DBOS would take a second one for done."""
    from dbos import DBOS

    with contextlib.suppress(Exception):
        DBOS.destroy(destroy_registry=True)


def _record(name: str, do: Callable[[], Json]) -> Mapping[str, Any]:
    from dbos import DBOS

    return DBOS.run_step({"name": name}, do)


def _log_as_we_do() -> None:
    """DBOS has a handler of its own: its lines go the way of ours instead, where secrets are hidden."""
    logger = logging.getLogger("dbos")
    logger.handlers.clear()
    logger.propagate = True

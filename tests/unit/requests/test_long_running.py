"""Requests whose work goes on elsewhere: begun once, concluded once, whoever dies in between."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.access.authorisation import Asker, Grant
from bot.access.roles import Role
from bot.actions.action import Action
from bot.actions.clusters import ClusterCreate
from bot.actions.request import EntryPoint, IncomingRequest, OperationId, Person, Place
from bot.actions.routes import Route, Routes
from bot.actions.service import Context, LongRunning, Outcome
from bot.audit.log import AuditLog
from bot.common.problems import Problem
from bot.requests.answer import Conclusion
from bot.requests.long_running import LongRunningOperations
from bot.requests.pipeline import RequestPipeline
from bot.requests.progress_reporter import ProgressReporter
from bot.requests.recovery import Recovery
from storage.audit_events import OUTCOME, AuditEventRepository
from storage.database import Database
from storage.inbox import InboxEntry, InboxRepository, LeasedEntry
from storage.long_running_operations import LongRunningOperationRepository
from tests.unit.requests.exchanges import RecordingAnswer, ports
from tests.unit.requests.fakes import NoOffers, NothingNeedsApproval

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
OPERATION = OperationId("7f3a" + "0" * 28)
OWNER = "replica"


class ClosableAnswer(RecordingAnswer):
    """The far end, with its progress, in a channel that can be archived."""

    def report_progress(self, request: IncomingRequest, state: object) -> None:
        self.shown.append(f"progress {state} in {request.place.channel}")


class Elsewhere:
    """Where work goes on: remembers what was begun."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, str, dict[str, Any]]] = []
        self.broken = False

    def start_workflow(
        self, work: str, *, operation: str, project: str, workflow_input: dict[str, Any]
    ) -> None:
        if self.broken:
            raise Problem("it cannot be begun just now")
        self.begun.append((work, operation, workflow_input))


class Gate:
    """Lets everybody in, once."""

    def __init__(self) -> None:
        self.asked = 0

    def authorise(self, action: Action, asker: Asker) -> Grant:
        self.asked += 1
        return Grant(project="shop", roles={Role.OPERATOR: "named"})


@dataclasses.dataclass
class Bench:
    pipeline: RequestPipeline
    inbox: InboxRepository
    repository: LongRunningOperationRepository
    audit: AuditLog
    events: AuditEventRepository
    elsewhere: Elsewhere
    reporter: ProgressReporter
    answer: ClosableAnswer
    woken: list[bool]
    gate: Gate
    served: list[Context]

    def lease(self) -> LeasedEntry | None:
        leased = self.inbox.lease(owner=OWNER, now=NOW, seconds=30, limit=1)
        return leased[0] if leased else None

    def work(self) -> Conclusion:
        entry = self.lease()
        assert entry is not None
        ended = self.pipeline.handle(
            IncomingRequest.model_validate(entry.payload), self.answer, attempt=entry.attempt
        )
        assert self.inbox.finish(entry.id, owner=OWNER, now=NOW)
        return ended

    def outcomes(self) -> list[tuple[str, str]]:
        events = self.events.of_operation(OPERATION)
        return [(event.outcome, event.detail) for event in events if event.phase == OUTCOME]


@pytest.fixture
def bench(database: Database) -> Bench:
    events = AuditEventRepository(database)
    audit = AuditLog(events, now=lambda: NOW)
    repository, inbox = LongRunningOperationRepository(database), InboxRepository(database)
    elsewhere, answer, woken, gate = Elsewhere(), ClosableAnswer(), [], Gate()
    served: list[Context] = []

    def decode(end: dict[str, Any]) -> object:
        return Problem(end["problem"]) if "problem" in end else end["result"]

    def service(_action: Action, context: Context, /) -> object:
        served.append(context)
        return LongRunning(work="cluster.create", input={"name": "dev"})

    long_running = LongRunningOperations(
        repository, audit=audit, workflows=elsewhere, decode=decode, now=lambda: NOW
    )
    pipeline = RequestPipeline(
        ports(
            offers=NoOffers(),
            approvals=NothingNeedsApproval(),
            access=gate,
            audit=audit,
            long_running=long_running,
            routes=Routes(Route(ClusterCreate, service)),
        )
    )
    reporter = ProgressReporter(
        repository, answer=lambda _request: answer, wake=lambda: woken.append(True), now=lambda: NOW
    )
    return Bench(pipeline, inbox, repository, audit, events, elsewhere, reporter, answer, woken, gate, served)


def request(entry: EntryPoint = EntryPoint.COMMAND) -> IncomingRequest:
    return IncomingRequest(
        key="k",
        operation=OPERATION,
        entry=entry,
        person=Person(id="U1"),
        received=NOW,
        place=Place(channel="C1", response_url="https://hooks.example/1"),
        text="cluster create dev --template t",
    )


def accept_into_inbox(bench: Bench, incoming: IncomingRequest) -> None:
    assert bench.inbox.accept(
        InboxEntry(
            key=incoming.key,
            operation=incoming.operation,
            payload=incoming.model_dump(mode="json"),
            received_at=incoming.received,
        )
    )


def test_nobody_waits_for_it_and_it_is_neither_answered_nor_an_orphan(bench: Bench) -> None:
    accept_into_inbox(bench, request())
    assert bench.work().outcome is Outcome.OPEN
    assert bench.elsewhere.begun == [("cluster.create", OPERATION, {"name": "dev"})]
    assert bench.answer.shown == ["begin"] and bench.outcomes() == []
    assert bench.lease() is None and bench.inbox.backlog().continued == 1
    recovery = Recovery(
        bench.audit,
        readers={},
        is_open=bench.inbox.is_open,
        notify=lambda _intent, _readback: None,
        now=lambda: NOW + timedelta(days=9),
    )
    assert recovery.close_intents() == 0


def test_its_end_is_audited_and_shown_once_without_asking_for_rights_again(bench: Bench) -> None:
    accept_into_inbox(bench, request())
    bench.work()
    bench.reporter.report_progress(OPERATION, "half")
    bench.reporter.report_outcome(OPERATION, {"result": "made"})
    assert bench.woken == [True]
    ended = bench.work()
    assert (ended.outcome, ended.result, ended.project) == (Outcome.SUCCEEDED, "made", "shop")
    assert ended.action is not None and ended.action.target == "dev"
    assert bench.answer.shown == ["begin", "progress half in C1", "finish"]
    assert bench.outcomes() == [("succeeded", "")] and bench.gate.asked == 1
    assert bench.lease() is None and bench.inbox.backlog().continued == 0


def test_an_end_that_came_before_the_worker_had_finished_is_not_lost(bench: Bench) -> None:
    accept_into_inbox(bench, request())
    entry = bench.lease()
    assert entry is not None
    bench.pipeline.handle(request(), bench.answer, attempt=entry.attempt)
    bench.reporter.report_outcome(OPERATION, {"problem": "no valid host"})
    assert bench.inbox.finish(entry.id, owner=OWNER, now=NOW)
    ended = bench.work()
    assert ended.outcome is Outcome.FAILED and ended.problem is not None
    assert bench.outcomes() == [("failed", "no valid host")]


def test_a_second_end_changes_nothing(bench: Bench) -> None:
    accept_into_inbox(bench, request())
    bench.work()
    bench.reporter.report_outcome(OPERATION, {"result": "made"})
    bench.reporter.report_outcome(OPERATION, {"problem": "not made"})
    assert bench.work().result == "made"
    bench.reporter.report_outcome(OPERATION, {"problem": "not made"})
    bench.reporter.report_progress(OPERATION, "late")
    assert bench.lease() is None and "progress late in C1" not in bench.answer.shown


def test_what_could_not_be_begun_is_begun_at_the_next_try_and_validated_once(bench: Bench) -> None:
    accept_into_inbox(bench, request())
    bench.elsewhere.broken = True
    entry = bench.lease()
    assert entry is not None
    with pytest.raises(Problem):
        bench.pipeline.handle(request(), bench.answer, attempt=entry.attempt)
    bench.elsewhere.broken = False
    bench.inbox.release(owner=OWNER)
    assert bench.work().outcome is Outcome.OPEN
    assert len(bench.elsewhere.begun) == 1 and len(bench.served) == 1


def test_a_crash_between_outcome_and_thread_shows_it_at_the_next_try_with_one_outcome(bench: Bench) -> None:
    accept_into_inbox(bench, request())
    bench.work()
    bench.reporter.report_outcome(OPERATION, {"result": "made"})
    entry = bench.lease()
    assert entry is not None
    bench.pipeline.handle(
        request(), ClosableAnswer(), attempt=entry.attempt
    )  # and died before it could finish the entry
    bench.inbox.release(owner=OWNER)
    assert bench.work().result == "made"
    assert bench.outcomes() == [("succeeded", "")]


def test_a_channel_that_is_gone_does_not_keep_a_request_open(bench: Bench) -> None:
    accept_into_inbox(bench, request())
    bench.work()
    bench.reporter.report_outcome(OPERATION, {"result": "made"})
    bench.answer.postable = False
    assert bench.work().outcome is Outcome.SUCCEEDED
    assert bench.lease() is None and bench.outcomes() == [("succeeded", "")]


def test_a_request_of_a_terminal_is_kept_so_that_a_replica_can_end_it(bench: Bench) -> None:
    assert bench.pipeline.handle(request(EntryPoint.TERMINAL), bench.answer).outcome is Outcome.OPEN
    assert bench.lease() is None
    bench.reporter.report_outcome(OPERATION, {"result": "made"})
    assert bench.work().outcome is Outcome.SUCCEEDED


def test_nothing_of_the_response_url_is_kept_with_it(bench: Bench) -> None:
    accept_into_inbox(bench, request())
    bench.work()
    continuation = bench.repository.get(OPERATION)
    assert continuation is not None and continuation.request["place"]["response_url"] == ""
    assert [continuation.operation for continuation in bench.repository.running()] == [OPERATION]

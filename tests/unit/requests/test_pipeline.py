"""The way of one request, with a real audit log and hand-written ends."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.access.authorisation import AccessDenied, Asker, Grant
from bot.access.roles import Role
from bot.actions.action import Action, Effect
from bot.actions.clusters import ClusterList
from bot.actions.help_words import Help
from bot.actions.request import EntryPoint, IncomingRequest, OperationId, Person, Place
from bot.actions.routes import Route, Routes
from bot.actions.service import Context, Outcome
from bot.actions.templates import TemplateCreate
from bot.audit.log import AuditLog
from bot.requests.long_running import LongRunningOperations
from bot.requests.pipeline import RequestPipeline
from storage.audit_events import AuditEventRepository, AuditFilter
from storage.database import Database, DatabaseError
from storage.long_running_operations import LongRunningOperationRepository
from tests.unit.requests.exchanges import RecordingAnswer, ports
from tests.unit.requests.fakes import NoOffers, NothingNeedsApproval

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Gate:
    """Lets everybody in but those who are named `stranger`."""

    def authorise(self, action: Action, asker: Asker) -> Grant:
        if asker.person == "stranger":
            raise AccessDenied("You may not do that")
        return Grant(project=None if action.effect is Effect.TALK else "shop", roles={Role.OPERATOR: "named"})


@dataclasses.dataclass
class Bench:
    pipeline: RequestPipeline
    repository: AuditEventRepository
    contexts: list[Context]

    def events(self) -> list[tuple[str, str, str]]:
        rows, _ = self.repository.find(AuditFilter(), offset=0, limit=50)
        return [(event.action, event.phase, event.outcome) for event in rows]


def bench(
    tmp_path: pathlib.Path, service: Callable[[Action, Context], object], *, now: datetime = NOW
) -> Bench:
    database = Database.open(f"sqlite:///{tmp_path}/audit.sqlite3")
    database.upgrade()
    repository = AuditEventRepository(database)
    contexts: list[Context] = []

    def noting(action: Action, context: Context, /) -> object:
        contexts.append(context)
        return service(action, context)

    audit = AuditLog(repository, now=lambda: NOW)
    pipeline = RequestPipeline(
        ports(
            offers=NoOffers(),
            approvals=NothingNeedsApproval(),
            access=Gate(),
            audit=audit,
            long_running=LongRunningOperations(
                LongRunningOperationRepository(database),
                audit=audit,
                workflows=NoWork(),
                decode=lambda end: end,
                now=lambda: NOW,
            ),
            routes=Routes(Route(TemplateCreate, noting), Route(ClusterList, noting), Route(Help, noting)),
            clock=lambda: now,
        )
    )
    return Bench(pipeline, repository, contexts)


class NoWork:
    def start_workflow(
        self, work: str, *, operation: str, project: str, workflow_input: dict[str, Any]
    ) -> None:
        raise AssertionError(f"{work} was begun")


def request(text: str, *, person: str = "U1") -> IncomingRequest:
    return IncomingRequest(
        key="k",
        operation=OperationId("7f3a" + "0" * 28),
        entry=EntryPoint.COMMAND,
        person=Person(id=person),
        place=Place(channel="C1"),
        text=text,
        received=NOW,
    )


def test_a_change_has_its_intent_before_and_its_outcome_after(tmp_path: pathlib.Path) -> None:
    events_at_service: list[list[tuple[str, str, str]]] = []

    def serve(_action: Action, _context: Context) -> object:
        events_at_service.append(trial.events())
        return "result"

    trial = bench(tmp_path, serve)
    answer = RecordingAnswer()
    ended = trial.pipeline.handle(request("template create calico"), answer)
    assert events_at_service == [[("template.create", "intent", "")]]
    assert trial.events() == [("template.create", "outcome", "succeeded")]
    assert answer.shown == ["begin", "finish"]
    assert ended.outcome is Outcome.SUCCEEDED and ended.result == "result"


def test_if_the_audit_log_cannot_be_written_nothing_is_done(tmp_path: pathlib.Path, monkeypatch: Any) -> None:
    trial = bench(tmp_path, lambda _action, _context: pytest.fail("it was done"))

    def broken(_event: object) -> bool:
        raise DatabaseError("disk full")

    monkeypatch.setattr(trial.repository, "append", broken)
    answer = RecordingAnswer()
    ended = trial.pipeline.handle(request("template create calico"), answer)
    assert ended.outcome is Outcome.FAILED
    assert ended.problem is not None and "cannot be written, so nothing is done" in ended.problem.what
    assert answer.shown == ["begin", "finish"]


def test_a_second_attempt_is_told_that_it_is_one_and_keeps_one_intent(tmp_path: pathlib.Path) -> None:
    trial = bench(tmp_path, lambda _action, context: context.resumed)
    trial.pipeline.handle(request("template create calico"), RecordingAnswer())
    trial.pipeline.handle(request("template create calico"), RecordingAnswer(), attempt=2)
    assert [context.resumed for context in trial.contexts] == [False, True]
    assert len(trial.events()) == 1


def test_a_problem_is_failed_and_a_bug_is_told_without_its_inside(tmp_path: pathlib.Path) -> None:
    def fails(_action: Action, _context: Context) -> object:
        raise KeyError("secret-detail")

    answer = RecordingAnswer()
    ended = bench(tmp_path, fails).pipeline.handle(request("cluster list"), answer)
    assert ended.outcome is Outcome.FAILED and ended.problem is not None
    assert "secret-detail" not in f"{ended.problem.what}{ended.problem.why}{ended.problem.fix}"
    assert "7f3a" in ended.problem.fix


def test_a_refusal_is_answered_privately_and_audited(tmp_path: pathlib.Path) -> None:
    trial, answer = bench(tmp_path, lambda _action, _context: None), RecordingAnswer()
    trial.pipeline.handle(request("template create calico", person="stranger"), answer)
    assert answer.shown == ["reply_privately"] and not trial.contexts
    assert trial.events() == [("template.create", "outcome", "refused")]


def test_a_typo_and_help_are_answered_privately_and_not_audited(tmp_path: pathlib.Path) -> None:
    trial = bench(tmp_path, lambda _action, _context: "help")
    for words in ("tempalte create", "help"):
        answer = RecordingAnswer()
        trial.pipeline.handle(request(words), answer)
        assert answer.shown == ["reply_privately"]
    assert trial.events() == []


def test_words_without_a_service_are_not_available_yet_and_nothing_else(tmp_path: pathlib.Path) -> None:
    trial, answer = bench(tmp_path, lambda _action, _context: None), RecordingAnswer()
    ended = trial.pipeline.handle(request("migrate dev-eu --to calico"), answer)
    assert ended.problem is not None and "not available yet" in ended.problem.what
    assert answer.shown == ["reply_privately"]


def test_where_nothing_can_be_posted_a_read_is_answered_privately_and_a_change_not_started(
    tmp_path: pathlib.Path,
) -> None:
    trial = bench(tmp_path, lambda _action, _context: "clusters")
    answer = RecordingAnswer(postable=False)
    assert trial.pipeline.handle(request("cluster list"), answer).result == "clusters"
    assert answer.shown == ["reply_privately"]
    ended = trial.pipeline.handle(
        request("template create calico").model_copy(update={"operation": "8" * 32}),
        RecordingAnswer(postable=False),
    )
    assert ended.outcome is Outcome.REFUSED and ended.problem is not None
    assert "so nothing was started" in ended.problem.what and "/invite" in ended.problem.fix
    assert len(trial.contexts) == 1


def test_what_could_not_be_done_is_an_outcome_though_there_is_a_result(tmp_path: pathlib.Path) -> None:
    @dataclasses.dataclass
    class Half:
        shortfall: str = "one cluster was out of reach"

    trial = bench(tmp_path, lambda _action, _context: Half())
    ended = trial.pipeline.handle(request("cluster list"), RecordingAnswer())
    assert ended.outcome is Outcome.FAILED and ended.problem is None and isinstance(ended.result, Half)
    assert trial.repository.of_operation(ended.request.operation)[-1].detail == "one cluster was out of reach"


def test_a_request_that_takes_its_process_down_is_given_up_and_the_person_is_told(
    tmp_path: pathlib.Path,
) -> None:
    late = NOW + timedelta(minutes=16)
    trial = bench(tmp_path, lambda _action, _context: pytest.fail("it was done again"), now=late)
    ended = trial.pipeline.handle(request("cluster list"), RecordingAnswer(), attempt=11)
    assert ended.problem is not None and "gave it up" in ended.problem.what
    young = bench(tmp_path / "young", lambda _action, _context: "fine", now=NOW + timedelta(minutes=1))
    assert young.pipeline.handle(request("cluster list"), RecordingAnswer(), attempt=11).result == "fine"

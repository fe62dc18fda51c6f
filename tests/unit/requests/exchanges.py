"""Exchanges and ports for the tests of the stages: each test sets what it is about, the rest is quiet."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

from bot.access.authorisation import AccessDenied, Asker, Grant
from bot.access.roles import Role
from bot.actions import grammar
from bot.actions.action import Action
from bot.actions.clusters import ClusterDelete
from bot.actions.request import EntryPoint, IncomingRequest, OperationId, Person, Place
from bot.actions.routes import Route, Routes
from bot.actions.service import Context, LongRunning, Outcome
from bot.audit.log import AuditLog
from bot.common.problems import Problem
from bot.requests.answer import CannotAnswer, Conclusion
from bot.requests.exchange import Exchange
from bot.requests.ports import Ports, ResolvedOffer
from bot.requests.stages.record_intent import record_intent
from storage.audit_events import AuditEvent
from storage.database import DatabaseError

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
DELETE = ClusterDelete(cluster="dev-eu")


class RecordingAnswer:
    """The far end: records what it has shown, in order."""

    def __init__(self, *, postable: bool = True) -> None:
        self.shown: list[str] = []
        self.states: list[object] = []
        self.conclusion: Conclusion | None = None
        self.postable = postable

    def begin(self, request: IncomingRequest, action: Action, project: str | None) -> None:
        self._post("begin")

    def report_progress(self, request: IncomingRequest, state: object) -> None:
        self.states.append(state)

    def report_state(self, request: IncomingRequest, name: str, state: object) -> None:
        self.states.append((name, state))

    def finish(self, conclusion: Conclusion) -> None:
        self._post("finish")
        self.conclusion = conclusion

    def reply_privately(self, conclusion: Conclusion) -> None:
        self.shown.append("reply_privately")
        self.conclusion = conclusion

    def _post(self, method: str) -> None:
        if not self.postable:
            raise CannotAnswer("I cannot post here", fix="/invite @xk8s")
        self.shown.append(method)


class AuditTable:
    """The repository of an audit log, in memory."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []
        self.broken = False

    def append(self, event: AuditEvent) -> bool:
        if self.broken:
            raise DatabaseError("disk full")
        fresh = (event.operation, event.phase) not in {(old.operation, old.phase) for old in self.events}
        if fresh:
            self.events.append(event)
        return fresh

    def phases(self) -> list[tuple[str, str]]:
        return [(event.phase, event.outcome) for event in self.events]


class OneOffer:
    """Offers of which one stands for the deletion of a cluster; it can be taken once."""

    def __init__(self, *, project: str | None = "shop", free: bool = True) -> None:
        self.project = project
        self.free = free
        self.released: list[str] = []

    def resolve(self, request: IncomingRequest) -> ResolvedOffer:
        if request.offer is None:
            raise Problem("This button is no longer known")
        placed = request.model_copy(update={"place": Place(channel="C1", thread="1.0")})
        return ResolvedOffer(request=placed, action=DELETE, project=self.project)

    def take(self, request: IncomingRequest) -> bool:
        free, self.free = self.free, False
        return free

    def give_back(self, request: IncomingRequest) -> None:
        self.released.append(request.operation)


class OneApproval:
    """Approvals of which one is for the deletion of a cluster."""

    def __init__(self, *, pending: object | None = None, refusal: Problem | None = None) -> None:
        self.pending = pending
        self.refusal = refusal
        self.started: list[Action] = []
        self.voided: list[str] = []

    def approved_action(self, request: IncomingRequest) -> Action:
        return DELETE

    def request_approval(self, request: IncomingRequest, action: Action, context: Context) -> object | None:
        if self.refusal is not None:
            raise self.refusal
        return self.pending

    def start_effect(self, request: IncomingRequest, action: Action, context: Context) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.started.append(action)

    def void(self, request: IncomingRequest, note: str) -> None:
        self.voided.append(note)


class ShopAccess:
    """Lets everybody act in the project shop but those who are called `stranger`."""

    def authorise(self, action: Action, asker: Asker) -> Grant:
        if asker.person == "stranger":
            raise AccessDenied("You may not do that")
        return Grant(project="shop", roles={Role.OPERATOR: "named"})


class Workflows:
    """The long-running operations of a test: what was begun, and the conclusion of what has ended."""

    def __init__(self, *, ended: Conclusion | None = None) -> None:
        self.ended = ended
        self.begun: list[LongRunning] = []
        self.resumed: list[str] = []

    def begin(
        self, request: IncomingRequest, action: Action, project: str | None, work: LongRunning
    ) -> Conclusion:
        self.begun.append(work)
        return conclusion(request)

    def resume(self, request: IncomingRequest, answer: object) -> Conclusion | None:
        self.resumed.append(request.operation)
        return self.ended


def request(text: str = "cluster delete dev-eu", **changes: Any) -> IncomingRequest:
    values: dict[str, Any] = {
        "key": "k",
        "operation": OperationId("7f3a" + "0" * 28),
        "entry": EntryPoint.COMMAND,
        "person": Person(id="U1"),
        "place": Place(channel="C1"),
        "text": text,
        "received": NOW,
    }
    return IncomingRequest(**(values | changes))


def conclusion(of: IncomingRequest) -> Conclusion:
    return Conclusion(request=of, action=DELETE, project="shop", outcome=Outcome.OPEN, seconds=1.0)


def exchange(action: Action | None = DELETE, **changes: Any) -> Exchange:
    values: dict[str, Any] = {
        "request": request(),
        "answer": RecordingAnswer(),
        "attempt": 1,
        "understood": action,
    }
    return Exchange(**(values | changes))


def audit_log(table: AuditTable) -> AuditLog:
    repository: Any = table
    return AuditLog(repository, now=lambda: NOW)


def ports(**changes: Any) -> Ports:
    values: dict[str, Any] = {
        "parse": grammar.parse,
        "offers": OneOffer(),
        "approvals": OneApproval(),
        "access": ShopAccess(),
        "audit": audit_log(AuditTable()),
        "routes": Routes(Route(ClusterDelete, lambda _action, _context: "deleted")),
        "long_running": Workflows(),
        "clock": lambda: NOW,
    }
    return Ports(**(values | changes))


def with_intent(subject: Exchange, table: AuditTable, **changes: Any) -> Exchange:
    """The exchange as it is behind the stage that records its intent."""
    record_intent(subject, ports(audit=audit_log(table)))
    return dataclasses.replace(subject, **changes)

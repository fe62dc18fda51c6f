"""Approvals on the road of a request: asked for, checked once they are given, and void."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bot.access.approvals import ApprovalVoid, NoApprover
from bot.access.authorisation import Deciders
from bot.actions.clusters import ClusterDelete, ClusterList
from bot.actions.proposal import Proposal, ProposalDocument
from bot.actions.request import EntryPoint, IncomingRequest, OperationId, Place
from bot.actions.routes import Route, Routes
from bot.actions.service import Context
from bot.common.problems import Problem, Refusal
from bot.requests.approval_gate import ApprovalGate
from storage.approvals import OPEN, STARTED, VOID, Vote
from storage.database import Database
from storage.inbox import InboxEntry
from tests.unit.access.approval_requests import NOW, desk, proposal
from tests.unit.requests.exchanges import DELETE, exchange, request

BO = Vote(person="U2", name="bo", approved=True)
BO_DECIDES = Deciders(users=("U2",), groups=(), everyone=False, people=frozenset({"U2"}))


class Proposer:
    """Proposes a deletion; a test may change what is proposed."""

    def __init__(self) -> None:
        self.proposal: Proposal = proposal(
            documents=(ProposalDocument(name="plan.md", title="The plan", text="…"),)
        )

    def __call__(self, _action: Any, _context: Context, /) -> Proposal:
        return self.proposal


@dataclasses.dataclass
class Desk:
    gate: ApprovalGate
    proposer: Proposer
    approvals: Any

    def ask(self, incoming: IncomingRequest) -> Any:
        return self.gate.request_approval(incoming, DELETE, context(incoming))

    def effect(self, incoming: IncomingRequest) -> IncomingRequest:
        """The request that the approval puts into the inbox."""
        entry = InboxEntry.decode(self.approvals.find(incoming.operation).effect)
        return IncomingRequest.model_validate(entry.payload)


def gate(database: Database, *, deciders: Deciders = BO_DECIDES, **rules: Any) -> Desk:
    proposer, approvals = Proposer(), desk(database, **rules)
    routes = Routes(
        Route(ClusterDelete, lambda _action, _context: "deleted", proposal=proposer),
        Route(ClusterList, lambda _action, _context: "clusters"),
    )
    approval_gate = ApprovalGate(
        approvals,
        routes=routes,
        deciders=lambda _project: deciders,
        home_channel=lambda _project: "C0HOME",
        now=lambda: NOW,
    )
    return Desk(approval_gate, proposer, approvals)


def context(incoming: IncomingRequest, *, project: str | None = "shop") -> Context:
    return dataclasses.replace(exchange(request=incoming).context(), project=project)


def test_a_change_that_needs_a_decision_opens_an_approval_with_its_documents(database: Database) -> None:
    trial, incoming = gate(database), request()
    pending = trial.ask(incoming)
    assert (pending.approval.state, pending.audit_target) == (OPEN, "dev-eu")
    assert pending.pending == f"waits for approval {pending.approval.id}"
    assert [document.title for document in pending.documents] == ["The plan"]
    assert pending.deciders is BO_DECIDES


def test_a_second_attempt_gets_the_same_approval_and_shows_the_documents_again(database: Database) -> None:
    trial, incoming = gate(database), request()
    first, second = trial.ask(incoming), trial.ask(incoming)
    assert first.approval.id == second.approval.id and second.documents == first.documents


@pytest.mark.parametrize(
    "needless",
    [
        pytest.param({"required": frozenset()}, id="the-configuration-asks-for-none"),
        pytest.param({"project": None}, id="there-is-no-project"),
        pytest.param({"action": ClusterList()}, id="a-read"),
    ],
)
def test_what_needs_no_decision_goes_on(database: Database, needless: dict[str, Any]) -> None:
    rules = {"required": needless["required"]} if "required" in needless else {}
    trial, incoming = gate(database, **rules), request()
    project_context = context(incoming, project=needless.get("project", "shop"))
    assert trial.gate.request_approval(incoming, needless.get("action", DELETE), project_context) is None


@pytest.mark.parametrize(
    ("people", "who"), [({"U1"}, "Nobody but you may decide"), ({"U1", "U2"}, "Too few people may decide")]
)
def test_without_enough_deciders_nothing_is_opened(database: Database, people: set[str], who: str) -> None:
    deciders = Deciders(users=(), groups=(), everyone=False, people=frozenset(people))
    trial, incoming = gate(database, deciders=deciders, approvers=2), request()
    with pytest.raises(NoApprover, match=who):
        trial.ask(incoming)
    assert trial.approvals.of_operation(incoming.operation) is None


@pytest.mark.parametrize(
    ("place", "channel", "thread"),
    [
        pytest.param(Place(channel="C1", thread="1.0"), "C1", "1.0", id="in-its-thread"),
        pytest.param(Place(channel="C1", message="2.0"), "C1", "2.0", id="under-a-mention"),
        pytest.param(Place(channel="D1", thread="1.0", direct=True), "C0HOME", "", id="not-in-private"),
        pytest.param(Place(), "C0HOME", "", id="from-a-terminal"),
    ],
)
def test_it_is_decided_where_the_project_sees_it(
    database: Database, place: Place, channel: str, thread: str
) -> None:
    trial, incoming = gate(database), request(place=place)
    approval = trial.ask(incoming).approval
    assert (approval.channel, approval.thread) == (channel, thread)
    effect = trial.effect(incoming)
    assert (effect.place.channel, effect.place.thread, effect.place.direct) == (channel, thread, False)


def test_the_effect_is_a_request_of_the_requester_that_continues_theirs(database: Database) -> None:
    trial, incoming = gate(database), request()
    trial.ask(incoming)
    effect = trial.effect(incoming)
    assert (effect.entry, effect.person, effect.continues) == (
        EntryPoint.APPROVED,
        incoming.person,
        incoming.operation,
    )
    assert effect.key == f"approved:{incoming.operation}" and effect.operation != incoming.operation
    assert trial.gate.approved_action(effect) == DELETE


def test_an_approved_effect_begins_once_and_again_after_a_crash(database: Database) -> None:
    trial, incoming = gate(database), request()
    approval = trial.ask(incoming).approval
    trial.approvals.decide(approval.id, BO, project="shop", typed="dev-eu")
    effect = trial.effect(incoming)
    for _ in range(2):
        trial.gate.start_effect(effect, DELETE, context(effect))
    assert trial.approvals.find(incoming.operation).state == STARTED


def test_what_has_changed_since_is_not_begun(database: Database) -> None:
    trial, incoming = gate(database), request()
    approval = trial.ask(incoming).approval
    trial.approvals.decide(approval.id, BO, project="shop", typed="dev-eu")
    trial.proposer.proposal = proposal(target_id="uuid-2")
    effect = trial.effect(incoming)
    with pytest.raises(ApprovalVoid):
        trial.gate.start_effect(effect, DELETE, context(effect))


def test_an_effect_that_could_not_begin_voids_its_approval(database: Database) -> None:
    trial, incoming = gate(database), request()
    trial.ask(incoming)
    trial.gate.void(trial.effect(incoming), "the role is gone")
    approval = trial.approvals.find(incoming.operation)
    assert (approval.state, approval.note) == (VOID, "the role is gone")


def test_an_effect_without_its_approval_is_refused(database: Database) -> None:
    lost = request(entry=EntryPoint.APPROVED, continues=OperationId("nobody"))
    with pytest.raises(Refusal, match="The approval is gone"):
        gate(database).gate.approved_action(lost)


def test_documents_that_cannot_be_made_again_are_left_out(database: Database) -> None:
    trial, incoming = gate(database), request()
    trial.ask(incoming)

    def unreachable(_action: Any, _context: Context, /) -> Proposal:
        raise Problem("Magnum did not answer")

    trial.gate._routes = Routes(
        Route(ClusterDelete, lambda _action, _context: "deleted", proposal=unreachable)
    )
    assert trial.ask(incoming).documents == ()

"""Approvals by a second person: requested, decided once, bound to what was shown.

Nobody decides over their own request, and nobody decides from a terminal. What is decided is the proposal
that was shown: when the effect begins it is proposed again, and if anything that the decision depends on has
changed, the approval is void and says what.
"""

import contextlib
import dataclasses
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.access.proposal_diff import differences
from bot.actions.action import Action
from bot.actions.proposal import Proposal
from bot.common.canonical_json import digest
from bot.common.problems import Problem, Refusal
from storage import approvals as store
from storage.approvals import Approval, ApprovalRepository, Vote
from storage.database import DatabaseError

ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike: people read ids aloud
ID_LENGTH = 6


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalRules:
    """What the configuration says of approvals, in the words of this module."""

    required: frozenset[str]  # the kinds of proposals that need a decision
    expire: timedelta
    remind: timedelta  # how long before the end; at most half of `expire`
    approvers: int  # how many people must approve
    reason: bool  # whether a request must say why


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalRequest:
    """A request for a decision: who asks for what, and where people decide."""

    operation: str
    project: str
    action: Action
    proposal: Proposal
    requester: str
    requester_name: str
    reason: str
    channel: str
    thread: str
    effect: Mapping[str, Any] | None  # the inbox entry that an approval makes; None: a workflow waits for it


class NoApproval(Refusal):
    """There is no approval with that id in this project."""


class NoApprover(Refusal):
    """A change needs a decision, and nobody else may decide."""


class MayNotDecide(Refusal):
    """This person may not decide over this request."""


class ApprovalEnded(Refusal):
    """The approval is not open any more; the text says its true state."""


class ApprovalVoid(Refusal):
    """What was approved is not what would be done now."""


class ApprovalsUnavailable(Problem):
    """The database does not answer, so nothing is decided."""


class Approvals:
    """The approvals of every project, over the database that decides which decision counts."""

    def __init__(
        self,
        repository: ApprovalRepository,
        *,
        rules: Callable[[], ApprovalRules],
        now: Callable[[], datetime],
        decided: Callable[[], None] = lambda: None,
    ) -> None:
        """`decided` wakes who waits for a change; the database alone says what has changed."""
        self._repository = repository
        self._rules = rules
        self._now = now
        self._decided = decided

    def requires_approval(self, kind: str) -> bool:
        """Return whether a kind of change needs a decision."""
        return kind in self._rules().required

    @property
    def approvers(self) -> int:
        """How many people must approve."""
        return self._rules().approvers

    def ask(self, request: ApprovalRequest) -> Approval:
        """Open an approval; a second attempt of the same operation gets the same one.

        Raises `Refusal` if the configuration wants a reason and there is none.
        """
        rules, now = self._rules(), self._now()
        if rules.reason and not request.reason.strip():
            raise Refusal(
                "Whoever decides wants to know why",
                why="`approvals.reason` is set in the configuration",
                fix=f'Add a reason: `/xk8s {request.action.words()} --reason "…"`',
            )
        bound = request.proposal.bound_to(request.action)
        approval = Approval(
            id=_new_id(),
            operation=request.operation,
            project=request.project,
            kind=request.proposal.kind,
            action=request.action.encode(),
            requester=request.requester,
            requester_name=request.requester_name,
            reason=request.reason.strip(),
            channel=request.channel,
            thread=request.thread,
            digest=digest(bound),
            bound=bound,
            shown=_shown(request.proposal),
            typed=request.proposal.typed,
            needed=rules.approvers,
            effect=dict(request.effect) if request.effect is not None else None,
            made_at=now,
            expires_at=now + rules.expire,
        )
        with _available():
            opened = self._repository.create(approval)
        if request.effect is None:  # no answer of a request shows it
            self._decided()
        return opened

    def get(self, approval_id: str, *, project: str) -> Approval:
        """Return an approval of a project. Raises `NoApproval`."""
        with _available():
            approval = self._repository.get(approval_id, project=project)
        if approval is None:
            raise NoApproval(f"There is no approval {approval_id} in {project}", fix="See `/xk8s approvals`.")
        return approval

    def find(self, operation: str) -> Approval:
        """Return the approval that an operation has asked for. Raises `NoApproval`."""
        approval = self.of_operation(operation)
        if approval is None:
            raise NoApproval("The approval is gone", fix="Ask again.")
        return approval

    def of_operation(self, operation: str) -> Approval | None:
        """Return the approval that an operation has asked for, if it has."""
        with _available():
            return self._repository.of_operation(operation)

    def waiting(self, project: str) -> list[Approval]:
        """Return what is open in a project, or approved and not begun."""
        with _available():
            return self._repository.unfinished([project])

    def may_decide(self, approval: Approval, person: str) -> None:
        """Check the rules that hold whatever the person's role. Raises `MayNotDecide` or `ApprovalEnded`."""
        if person.startswith("terminal:"):
            raise MayNotDecide("Nobody decides from a terminal", fix="Press the button in Slack.")
        if person == approval.requester:
            raise MayNotDecide(
                "You asked for it, so somebody else decides",
                fix=f"To take it back: `/xk8s approvals withdraw {approval.id}`",
            )
        if approval.state != store.OPEN:
            raise ApprovalEnded(state_line(approval), fix="See `/xk8s approvals`.")
        own_decision = next((decision for decision in approval.decisions if decision.person == person), None)
        if own_decision is not None:
            raise ApprovalEnded(
                f"You have approved {approval.id} already; it needs {approval.needed} people",
                fix="Ask another approver.",
            )

    def decide(self, approval_id: str, verdict: Vote, *, project: str, typed: str = "") -> Approval:
        """Count a decision and return the approval as it then is.

        `typed` is the name that a destructive proposal wants typed. Raises `Refusal` with the true state if
        the decision does not count.
        """
        approval = self.get(approval_id, project=project)
        self.may_decide(approval, verdict.person)
        if verdict.approved and approval.typed and typed.strip() != approval.typed:
            raise MayNotDecide(
                f"That is not the name: {typed.strip()[:80] or 'nothing was typed'}",
                why=f"this approval needs {approval.typed} typed exactly",
                fix="Press Approve again and type the name.",
            )
        _refuse_empty_window(approval, verdict)
        with _available():
            approval, counted = self._repository.decide(approval_id, verdict, now=self._now())
        self._decided()
        if not counted:
            self.may_decide(approval, verdict.person)
        return approval

    def withdraw(self, approval_id: str, *, person: str, project: str) -> Approval:
        """Take back what this person has asked for. Raises `Refusal`."""
        approval = self.get(approval_id, project=project)
        if approval.requester != person:
            raise MayNotDecide("Only who asked can take it back", fix="An approver can reject it.")
        with _available():
            approval, counted = self._repository.withdraw(approval_id, now=self._now())
        self._decided()
        if not counted:
            raise ApprovalEnded(state_line(approval), fix="See `/xk8s approvals`.")
        return approval

    def start(self, approval_id: str, action: Action, proposal: Proposal) -> Approval:
        """Begin the effect, if what is proposed now is what was approved.

        Raises `ApprovalVoid` if it is not, and `ApprovalEnded` if the approval is not approved.
        """
        bound = proposal.bound_to(action)

        def changed(approval: Approval) -> str:
            if digest(bound) == approval.digest:
                return ""
            return "; ".join(differences(approval.bound, bound)) or "it changed"

        with _available():
            approval = self._repository.start(approval_id, changed, now=self._now())
        if approval.state == store.VOID:
            raise ApprovalVoid(
                f"What was approved has changed since, so nothing was done: {approval.note}",
                fix="Look at it again, and ask again.",
            )
        if approval.state != store.STARTED:
            raise ApprovalEnded(state_line(approval), fix="See `/xk8s approvals`.")
        return approval

    def void(self, approval_id: str, *, note: str) -> None:
        """End an approval whose effect could not begin; `note` says why."""
        with _available():
            self._repository.void(approval_id, note=note, now=self._now())


@contextlib.contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise ApprovalsUnavailable(
            "The database does not answer, so nothing was decided",
            why=str(error),
            fix="Try again in a minute.",
        ) from error


def _shown(proposal: Proposal) -> dict[str, Any]:
    """Return what people read of a proposal, as JSON: its keys are stored."""
    return {
        "headline": proposal.headline,
        "consequences": list(proposal.consequences),
        "warnings": list(proposal.warnings),
        "target": proposal.target,
        "destructive": proposal.destructive,
        "documents": [document.title for document in proposal.documents],
    }


def state_line(approval: Approval) -> str:
    """Return the true state of an approval in one line, without markup."""
    approvers = " and ".join(decision.name or decision.person for decision in approval.approved_by)
    at = f" at {approval.ended_at:%Y-%m-%d %H:%M} UTC" if approval.ended_at else ""
    match approval.state:
        case store.REJECTED:
            by = next(
                (
                    decision.name or decision.person
                    for decision in approval.decisions
                    if not decision.approved
                ),
                "somebody",
            )
            return f"{approval.id} was rejected by {by}{at}{': ' + approval.note if approval.note else ''}"
        case store.WITHDRAWN:
            return f"{approval.id} was withdrawn by {approval.requester_name or approval.requester}{at}"
        case store.EXPIRED:
            return f"{approval.id} has expired{at}: nobody decided in time"
        case store.VOID:
            return f"{approval.id} is void{at}: {approval.note}"
        case store.APPROVED | store.STARTED:
            return f"{approval.id} was approved by {approvers}{at if approval.state == store.STARTED else ''}"
    return f"{approval.id} is open"


def _refuse_empty_window(approval: Approval, verdict: Vote) -> None:
    begins, ends = store.narrowed_window(approval, verdict)
    if begins is not None and ends is not None and begins >= ends:
        raise MayNotDecide(
            "Your window and the one that was named before have no moment in common",
            why=f"{begins:%Y-%m-%d %H:%M} to {ends:%Y-%m-%d %H:%M} UTC",
            fix="Name another window, or none.",
        )


def _new_id() -> str:
    return "a" + "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH))

"""Approvals by a second person: asked for, decided once, bound to what was shown.

Nobody decides over their own request, and nobody decides from a terminal. What is decided is the proposal
that was shown: when the effect begins it is proposed again, and if anything that the decision depends on has
changed, the approval is void and says what (design, rule 3).
"""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.actions.action import Action
from bot.actions.proposal import Proposal, digest
from bot.common.problems import Problem, Refusal
from storage import approvals as store
from storage.approvals import Approval, ApprovalRepository, DecisionResult
from storage.database import DatabaseError

ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike: people read ids aloud
ID_LENGTH = 6
MOST_CHANGES = 8  # differences that a void approval names


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalRules:
    """What the configuration says of approvals."""

    required: frozenset[str]
    expire: timedelta
    remind: timedelta  # how long before the end; at most half of `expire`
    approvers: int
    reason: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalRequest:
    """Who asks for what, where."""

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
    """There is no approval of that id in this project."""


class NoApprover(Refusal):
    """A change needs a decision, and nobody else may decide."""


class MayNotDecide(Refusal):
    """Somebody who may not decide over this request."""


class ApprovalEnded(Refusal):
    """It was decided, withdrawn or too late; the text says the true state."""


class ApprovalVoid(Refusal):
    """What was approved is no more what would be done."""


class ApprovalsUnavailable(Problem):
    """The database does not answer, so nothing is decided."""


class Approvals:
    """The approvals of every project."""

    def __init__(
        self,
        repository: ApprovalRepository,
        *,
        rules: Callable[[], ApprovalRules],
        now: Callable[[], datetime],
        decided: Callable[[], None] = lambda: None,
    ) -> None:
        self._repository = repository
        self._rules = rules
        self._now = now
        self._decided = decided  # wakes who waits for it; the database is what counts

    def needed(self, kind: str) -> bool:
        """Whether a kind of change needs a decision."""
        return kind in self._rules().required

    @property
    def approvers(self) -> int:
        """How many people must approve."""
        return self._rules().approvers

    def ask(self, ask: ApprovalRequest) -> Approval:
        """Open an approval; a second attempt of the same operation gets the same. Raises `Refusal`."""
        rules, now = self._rules(), self._now()
        if rules.reason and not ask.reason.strip():
            raise Refusal(
                "Whoever decides wants to know why",
                why="`approvals.reason` is set in the configuration",
                fix=f'Add a reason: `/xk8s {ask.action.words()} --reason "…"`',
            )
        bound = ask.proposal.bound_to(ask.action)
        made = Approval(
            id=_new_id(),
            operation=ask.operation,
            project=ask.project,
            kind=ask.proposal.kind,
            action=ask.action.encode(),
            requester=ask.requester,
            requester_name=ask.requester_name,
            reason=ask.reason.strip(),
            channel=ask.channel,
            thread=ask.thread,
            digest=digest(bound),
            bound=bound,
            shown=shown(ask.proposal),
            typed=ask.proposal.typed,
            needed=rules.approvers,
            effect=dict(ask.effect) if ask.effect is not None else None,
            made_at=now,
            expires_at=now + rules.expire,
        )
        with _available():
            asked = self._repository.ask(made)
        if ask.effect is None:  # no answer of a request shows it
            self._decided()
        return asked

    def get(self, approval: str, *, project: str) -> Approval:
        """One approval of a project. Raises `NoApproval`."""
        with _available():
            found = self._repository.get(approval, project=project)
        if found is None:
            raise NoApproval(f"There is no approval {approval} in {project}", fix="See `/xk8s approvals`.")
        return found

    def find(self, operation: str) -> Approval:
        """The approval that an operation has asked for. Raises `NoApproval`."""
        found = self.of_operation(operation)
        if found is None:
            raise NoApproval("The approval is gone", fix="Ask again.")
        return found

    def of_operation(self, operation: str) -> Approval | None:
        """The approval that an operation has asked for, if it has."""
        with _available():
            return self._repository.of_operation(operation)

    def waiting(self, project: str) -> list[Approval]:
        """What is open in a project, or approved and not begun."""
        with _available():
            return self._repository.waiting([project])

    def may_decide(self, found: Approval, person: str) -> None:
        """Refuse who may not decide over it, whatever their role. Raises `MayNotDecide` or
        `ApprovalEnded`.
        """
        if person.startswith("terminal:"):
            raise MayNotDecide("Nobody decides from a terminal", fix="Press the button in Slack.")
        if person == found.requester:
            raise MayNotDecide(
                "You asked for it, so somebody else decides",
                fix=f"To take it back: `/xk8s approvals withdraw {found.id}`",
            )
        if found.state != store.OPEN:
            raise ApprovalEnded(state_line(found), fix="See `/xk8s approvals`.")
        mine = next((each for each in found.decisions if each.person == person), None)
        if mine is not None:
            raise ApprovalEnded(
                f"You have approved {found.id} already; it needs {found.needed} people",
                fix="Ask another approver.",
            )

    def decide(self, approval: str, verdict: DecisionResult, *, project: str, typed: str = "") -> Approval:
        """Count a decision. Raises `Refusal` with the true state if it does not count."""
        found = self.get(approval, project=project)
        self.may_decide(found, verdict.person)
        if verdict.approved and found.typed and typed.strip() != found.typed:
            raise MayNotDecide(
                f"That is not the name: {typed.strip()[:80] or 'nothing was typed'}",
                why=f"this approval needs {found.typed} typed exactly",
                fix="Press Approve again and type the name.",
            )
        _refuse_empty_window(found, verdict)
        with _available():
            after, counted = self._repository.decide(approval, verdict, now=self._now())
        self._decided()
        if not counted:
            self.may_decide(after, verdict.person)
        return after

    def withdraw(self, approval: str, *, person: str, project: str) -> Approval:
        """Take one's own request back. Raises `Refusal`."""
        found = self.get(approval, project=project)
        if found.requester != person:
            raise MayNotDecide("Only who asked can take it back", fix="An approver can reject it.")
        with _available():
            after, counted = self._repository.withdraw(approval, now=self._now())
        self._decided()
        if not counted:
            raise ApprovalEnded(state_line(after), fix="See `/xk8s approvals`.")
        return after

    def start(self, approval: str, action: Action, proposal: Proposal) -> Approval:
        """Begin the effect, if what is proposed now is what was approved. Raises `ApprovalVoid` or
        `ApprovalEnded`.
        """

        def still(found: Approval) -> str:
            bound = proposal.bound_to(action)
            return (
                ""
                if digest(bound) == found.digest
                else "; ".join(changes(found.bound, bound)) or "it changed"
            )

        with _available():
            found = self._repository.start(approval, still, now=self._now())
        if found.state == store.VOID:
            raise ApprovalVoid(
                f"What was approved has changed since, so nothing was done: {found.note}",
                fix="Look at it again, and ask again.",
            )
        if found.state != store.STARTED:
            raise ApprovalEnded(state_line(found), fix="See `/xk8s approvals`.")
        return found

    def void(self, approval: str, *, note: str) -> None:
        """End an approval whose effect could not begin."""
        with _available():
            self._repository.void(approval, note=note, now=self._now())


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


def shown(proposal: Proposal) -> dict[str, Any]:
    """What people read of a proposal, as JSON."""
    return {
        "headline": proposal.headline,
        "consequences": list(proposal.consequences),
        "warnings": list(proposal.warnings),
        "target": proposal.target,
        "destructive": proposal.destructive,
        "documents": [each.title for each in proposal.documents],
    }


def state_line(found: Approval) -> str:
    """The true state of an approval in one line, without markup."""
    who = " and ".join(each.name or each.person for each in found.approved_by)
    at = f" at {found.ended_at:%Y-%m-%d %H:%M} UTC" if found.ended_at else ""
    match found.state:
        case store.REJECTED:
            by = next((each.name or each.person for each in found.decisions if not each.approved), "somebody")
            return f"{found.id} was rejected by {by}{at}{': ' + found.note if found.note else ''}"
        case store.WITHDRAWN:
            return f"{found.id} was withdrawn by {found.requester_name or found.requester}{at}"
        case store.EXPIRED:
            return f"{found.id} has expired{at}: nobody decided in time"
        case store.VOID:
            return f"{found.id} is void{at}: {found.note}"
        case store.APPROVED | store.STARTED:
            return f"{found.id} was approved by {who}{at if found.state == store.STARTED else ''}"
    return f"{found.id} is open"


def changes(before: Any, after: Any, path: str = "") -> list[str]:
    """What differs between two values of JSON, each as `path: old → new`; long values are cut, many are
    counted.
    """
    found = list(_differences(before, after, path))
    more = len(found) - MOST_CHANGES
    return found[:MOST_CHANGES] + ([f"and {more} more"] if more > 0 else [])


def _differences(before: Any, after: Any, path: str) -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            line
            for key in sorted({*before, *after})
            for line in _differences(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
        ]
    if before == after:
        return []
    where = path.removeprefix("bound.") or "it"
    if isinstance(before, list) and isinstance(after, list):
        gone, new = [x for x in before if x not in after], [x for x in after if x not in before]
        parts = [f"{len(part)} {word}" for part, word in ((new, "more"), (gone, "fewer")) if part]
        return [f"{where}: {', '.join(parts) or 'another order'}"]
    return [f"{where}: {_short(before)} → {_short(after)}"]


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _refuse_empty_window(found: Approval, verdict: DecisionResult) -> None:
    begins, ends = store.narrowed(found, verdict)
    if begins is not None and ends is not None and begins >= ends:
        raise MayNotDecide(
            "Your window and the one that was named before have no moment in common",
            why=f"{begins:%Y-%m-%d %H:%M} to {ends:%Y-%m-%d %H:%M} UTC",
            fix="Name another window, or none.",
        )


def _new_id() -> str:
    return "a" + "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH))

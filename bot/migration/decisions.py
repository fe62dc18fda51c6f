"""Decisions that a migration waits for, as approvals in the thread of the request that began it."""

from __future__ import annotations

from collections.abc import Callable

from bot.access.approvals import ApprovalRequest, Approvals, NoApprover, state_line
from bot.access.authorisation import Deciders
from bot.access.proposal import Proposal
from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.common.problems import Refusal
from bot.migration.workflow.ports import APPROVED, BEGUN, ENDED, OPEN, DecisionState
from storage import approvals as store
from storage.approvals import Approval
from storage.continuations import Continuation, ContinuationRepository

_STATES = {store.OPEN: OPEN, store.APPROVED: APPROVED, store.STARTED: BEGUN}


class ApprovalDecisions:
    """The `DecisionPort` of the migration workflow."""

    def __init__(
        self,
        approvals: Approvals,
        continuations: ContinuationRepository,
        *,
        deciders: Callable[[str], Deciders],
        home_channel: Callable[[str], str],
    ) -> None:
        self._approvals = approvals
        self._continuations = continuations
        self._deciders = deciders
        self._home_channel = home_channel

    def needed(self, kind: str) -> bool:
        """Whether the configuration asks for one."""
        return self._approvals.needed(kind)

    def ask(self, operation: str, name: str, proposal: Proposal) -> DecisionState:
        """Open an approval; a second attempt gets the same. Raises `NoApprover`."""
        kept, request = self._work(operation)
        person, action = request.person, Action.decode(kept.action)
        if not self._deciders(kept.project).enough_without(person.id, self._approvals.approvers):
            raise NoApprover(
                f"Too few people may decide over this in {kept.project}",
                why=f"it needs {self._approvals.approvers} other than {person.name or person.id}",
                fix=f"Name approvers in `projects.{kept.project}.roles.approver`, then resume.",
            )
        place = request.place
        channel = place.channel if place.channel and not place.direct else self._home_channel(kept.project)
        asked = self._approvals.ask(
            ApprovalRequest(
                operation=_key(operation, request, name),
                project=kept.project,
                action=action,
                proposal=proposal,
                requester=person.id,
                requester_name=person.name,
                reason=action.reason or "",
                channel=channel,
                thread=place.thread if channel == place.channel else "",
                effect=None,
            )
        )
        return _standing(asked)

    def look(self, operation: str, name: str) -> DecisionState:
        """Where it stands. Raises `NoApproval`."""
        return _standing(self._find(operation, name))

    def start(self, operation: str, name: str, proposal: Proposal) -> str:
        """Begin what was approved. Raises `Refusal` with what has changed since."""
        kept, _request = self._work(operation)
        self._approvals.start(self._find(operation, name).id, Action.decode(kept.action), proposal)
        return ""

    def close(self, operation: str, name: str, note: str) -> None:
        """Void it: nobody waits for it any more."""
        self._approvals.void(self._find(operation, name).id, note=note)

    def _find(self, operation: str, name: str) -> Approval:
        _kept, request = self._work(operation)
        return self._approvals.find(_key(operation, request, name))

    def _work(self, operation: str) -> tuple[Continuation, IncomingRequest]:
        kept = self._continuations.get(operation)
        if kept is None:
            raise Refusal("The request of this migration is gone", fix="Cancel it and plan it again.")
        return kept, IncomingRequest.model_validate(kept.request)


def thread_owner(operation: str, request: IncomingRequest) -> str:
    """The operation whose root message began the thread: what was approved goes on where it was asked for."""
    return request.continues or operation


def _key(operation: str, request: IncomingRequest, name: str) -> str:
    return f"{thread_owner(operation, request)}:{name}"


def _standing(found: Approval) -> DecisionState:
    by = tuple(each.name or each.person for each in found.approved_by)
    return DecisionState(
        id=found.id,
        state=_STATES.get(found.state, ENDED),
        line=state_line(found),
        by=by,
        not_before=found.not_before,
    )

"""Requests the approvals of a migration in the thread of the request that began it, and reads them back."""

import dataclasses
from collections.abc import Callable

from bot.access.approvals import ApprovalRequest, Approvals, NoApprover, state_line
from bot.access.authorisation import Deciders
from bot.actions.action import Action
from bot.actions.proposal import Proposal
from bot.actions.request import IncomingRequest
from bot.common.problems import Refusal
from bot.migration.workflow.ports import DecisionStatus, MigrationDecision
from storage import approvals as store
from storage.approvals import Approval
from storage.long_running_operations import LongRunningOperation, LongRunningOperationRepository

_STATUS = {
    store.OPEN: DecisionStatus.OPEN,
    store.APPROVED: DecisionStatus.APPROVED,
    store.STARTED: DecisionStatus.BEGUN,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ApprovalDecisions:
    """The `DecisionPort` of the migration workflow. An approval is found by its operation and its name."""

    approvals: Approvals
    continuations: LongRunningOperationRepository
    deciders: Callable[[str], Deciders]  # of a project
    home_channel: Callable[[str], str]  # of a project

    def is_required(self, kind: str) -> bool:
        """Whether the configuration asks for an approval of this kind."""
        return self.approvals.requires_approval(kind)

    def request(self, operation: str, name: str, proposal: Proposal) -> MigrationDecision:
        """Open an approval; a second attempt gets the same. Raises `NoApprover`."""
        continuation, request = self._find_request(operation)
        project, person, place = continuation.project, request.person, request.place
        self._check_approvers(project, person.id, person.name)
        action = Action.decode(continuation.action)
        channel = place.channel if place.channel and not place.direct else self.home_channel(project)
        approval = self.approvals.ask(
            ApprovalRequest(
                operation=_key(operation, request, name),
                project=project,
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
        return _decision(approval)

    def get(self, operation: str, name: str) -> MigrationDecision:
        """Read an approval. Raises `NoApproval`."""
        return _decision(self._find(operation, name))

    def start(self, operation: str, name: str, proposal: Proposal) -> None:
        """Begin what was approved. Raises `Refusal` with what has changed since."""
        continuation, _request = self._find_request(operation)
        approval = self._find(operation, name)
        self.approvals.start(approval.id, Action.decode(continuation.action), proposal)

    def close(self, operation: str, name: str, note: str) -> None:
        """Void an approval that nobody waits for any more."""
        self.approvals.void(self._find(operation, name).id, note=note)

    def _check_approvers(self, project: str, requester: str, requester_name: str) -> None:
        approvers = self.approvals.approvers
        if not self.deciders(project).enough_without(requester, approvers):
            raise NoApprover(
                f"Too few people may decide over this in {project}",
                why=f"it needs {approvers} other than {requester_name or requester}",
                fix=f"Name approvers in `projects.{project}.roles.approver`, then resume.",
            )

    def _find(self, operation: str, name: str) -> Approval:
        _continuation, request = self._find_request(operation)
        return self.approvals.find(_key(operation, request, name))

    def _find_request(self, operation: str) -> tuple[LongRunningOperation, IncomingRequest]:
        continuation = self.continuations.get(operation)
        if continuation is None:
            raise Refusal("The request of this migration is gone", fix="Cancel it and plan it again.")
        return continuation, IncomingRequest.model_validate(continuation.request)


def _key(operation: str, request: IncomingRequest, name: str) -> str:
    """The operation of the approval: of the root of the thread, so that it goes on where it was asked for."""
    return f"{request.continues or operation}:{name}"


def _decision(approval: Approval) -> MigrationDecision:
    return MigrationDecision(
        id=approval.id,
        status=_STATUS.get(approval.state, DecisionStatus.ENDED),
        line=state_line(approval),
        by=tuple(approver.name or approver.person for approver in approval.approved_by),
        not_before=approval.not_before,
    )

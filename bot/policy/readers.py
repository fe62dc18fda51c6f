"""Reads back what came of a policy change whose request was cut off: from its record, and from the policy."""

import dataclasses
from collections.abc import Callable

from bot.actions.service import Outcome, Readback, TargetReader
from bot.adapters.kube import writes
from bot.policy import apply, change_plan
from bot.policy.clusters import PolicyClusters
from bot.policy.drift import TargetState, target_state
from bot.policy.preconditions import show_command
from bot.policy.reach.model import PolicyRef
from bot.policy.service import Changes
from storage.audit_events import AuditEvent
from storage.policy_changes import GIVEN_UP, WRITTEN, PolicyChange

ACTIONS = ("policy.apply", "policy.delete", "policy.rollback")


@dataclasses.dataclass(frozen=True)
class PolicyReaders:
    """Reads back the changes of all policy actions."""

    clusters: PolicyClusters
    changes: Changes

    def all(self) -> dict[str, TargetReader]:
        """Return the reader of every action. It is the same for all: the record says what the change was."""
        reader: Callable[[AuditEvent], Readback] = self.read
        return dict.fromkeys(ACTIONS, reader)

    def read(self, intent: AuditEvent, /) -> Readback:
        """Return what came of an intent.

        A change is recorded before it is written, so without a record nothing was written.
        """
        change = self.changes.get(intent.operation)
        if change is None:
            return Readback(outcome=Outcome.FAILED, detail="cut off before anything was written")
        reference, name = change.operation[:4], f"{change.namespace}/{change.policy}"
        if change.state == WRITTEN:
            detail = f"cut off, but {name} was written: change {reference}"
            return _readback(Outcome.SUCCEEDED, change, detail)
        if change.state == GIVEN_UP:
            return _readback(Outcome.FAILED, change, f"cut off; {name} was not written: {change.note}")
        return self._read_policy(change, name)

    def _read_policy(self, change: PolicyChange, name: str) -> Readback:
        """Settle a change that has only begun, by the live policy."""
        with self.clusters.open_changed_cluster(change, operation=change.operation) as client:
            live = writes.read(client.kube, change_plan.path_of(PolicyRef(change.namespace, change.policy)))
        match target_state(change, live):
            case TargetState.WRITTEN:
                apply.record_written(self.changes, change, live)
                return _readback(Outcome.SUCCEEDED, change, f"cut off, but {name} is as it was to be")
            case TargetState.UNCHANGED:
                self.changes.mark_given_up(change.operation, note="cut off before it was written")
                return _readback(Outcome.FAILED, change, f"cut off; {name} is as it was before")
            case TargetState.CHANGED_BY_OTHERS:
                detail = f"cut off, and {name} was changed by somebody since: see {show_command(change)}"
                return _readback(Outcome.UNKNOWN, change, detail)


def _readback(outcome: Outcome, change: PolicyChange, detail: str) -> Readback:
    return Readback(outcome=outcome, detail=detail, target=change.cluster_name)

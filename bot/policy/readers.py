"""What became of a policy change whose request is gone: read from what was noted of it, and from the
policy itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from bot.actions.service import Outcome, Readback, TargetReader
from bot.adapters.kube import writes
from bot.policy import apply, change_plan
from bot.policy.apply import ChangeState
from bot.policy.clusters import PolicyClusters
from bot.policy.reach.model import PolicyRef
from bot.policy.service import Changes
from storage.audit import AuditEvent
from storage.policy_changes import GIVEN_UP, WRITTEN, PolicyChange

ACTIONS = ("policy.apply", "policy.delete", "policy.rollback")


@dataclasses.dataclass(frozen=True)
class PolicyReaders:
    """The readings of policies."""

    clusters: PolicyClusters
    changes: Changes

    def all(self) -> dict[str, TargetReader]:
        """Every reading, by action; all are the same: the change says what it was."""
        read: Callable[[AuditEvent], Readback] = self.read
        return dict.fromkeys(ACTIONS, read)

    def read(self, intent: AuditEvent, /) -> Readback:
        """What came of an intent. A change is noted before it is written: without a note nothing was."""
        change = self.changes.get(intent.operation)
        if change is None:
            return Readback(outcome=Outcome.FAILED, detail="cut off before anything was written")
        reference, name = change.operation[:4], f"{change.namespace}/{change.policy}"
        if change.state == WRITTEN:
            return _found(Outcome.SUCCEEDED, change, f"cut off, but {name} was written: change {reference}")
        if change.state == GIVEN_UP:
            return _found(Outcome.FAILED, change, f"cut off; {name} was not written: {change.note}")
        return self._looked(change, name)

    def _looked(self, change: PolicyChange, name: str) -> Readback:
        with self.clusters.at_change(change, operation=change.operation) as at:
            live = writes.read(at.kube, change_plan.path_of(PolicyRef(change.namespace, change.policy)))
        match apply.change_state(change, live):
            case ChangeState.DONE:
                apply.keep(self.changes, change, live)
                return _found(Outcome.SUCCEEDED, change, f"cut off, but {name} is as it was to be")
            case ChangeState.UNTOUCHED:
                self.changes.give_up(change.operation, note="cut off before it was written")
                return _found(Outcome.FAILED, change, f"cut off; {name} is as it was before")
            case ChangeState.OTHER:
                check = f"see `/xk8s policy show {change.policy} {change.cluster_name} -n {change.namespace}`"
                return _found(
                    Outcome.UNKNOWN, change, f"cut off, and {name} was changed by somebody since: {check}"
                )


def _found(outcome: Outcome, change: PolicyChange, detail: str) -> Readback:
    return Readback(outcome=outcome, detail=detail, target=change.cluster_name)

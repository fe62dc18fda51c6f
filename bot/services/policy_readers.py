"""What became of a policy change whose request is gone: read from what was noted of it, and from the
policy itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from bot.kube import writing
from bot.policy import carrying_out, planning
from bot.policy.carrying_out import Standing
from bot.policy.reach.model import PolicyRef
from bot.requests.recovery import Found, TargetReader
from bot.requests.service import Outcome
from bot.services.policies import Changes
from bot.services.policy_clusters import PolicyClusters
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
        read: Callable[[AuditEvent], Found] = self.read
        return dict.fromkeys(ACTIONS, read)

    def read(self, intent: AuditEvent, /) -> Found:
        """What came of an intent. A change is noted before it is written: without a note nothing was."""
        change = self.changes.get(intent.operation)
        if change is None:
            return Found(outcome=Outcome.FAILED, detail="cut off before anything was written")
        reference, name = change.operation[:4], f"{change.namespace}/{change.policy}"
        if change.state == WRITTEN:
            return _found(Outcome.SUCCEEDED, change, f"cut off, but {name} was written: change {reference}")
        if change.state == GIVEN_UP:
            return _found(Outcome.FAILED, change, f"cut off; {name} was not written: {change.note}")
        return self._looked(change, name)

    def _looked(self, change: PolicyChange, name: str) -> Found:
        with self.clusters.at_change(change, operation=change.operation) as at:
            live = writing.read(at.kube, planning.path_of(PolicyRef(change.namespace, change.policy)))
        match carrying_out.standing(change, live):
            case Standing.DONE:
                carrying_out.keep(self.changes, change, live)
                return _found(Outcome.SUCCEEDED, change, f"cut off, but {name} is as it was to be")
            case Standing.UNTOUCHED:
                self.changes.give_up(change.operation, note="cut off before it was written")
                return _found(Outcome.FAILED, change, f"cut off; {name} is as it was before")
            case Standing.OTHER:
                check = f"see `/xk8s policy show {change.policy} {change.cluster_name} -n {change.namespace}`"
                return _found(
                    Outcome.UNKNOWN, change, f"cut off, and {name} was changed by somebody since: {check}"
                )


def _found(outcome: Outcome, change: PolicyChange, detail: str) -> Found:
    return Found(outcome=outcome, detail=detail, target=change.cluster_name)

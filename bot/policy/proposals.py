"""What a change of a policy is going to do, for those who decide over it: read and computed, never written.

A decision is bound to the cluster, the very object that is written over (uid and resourceVersion, or that
there is none), what will be there, and the connections that change between workloads. Pods that come and go
within a workload do not void it; a policy or a workload that changes what opens and closes does.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from bot.access.proposal import Proposal
from bot.actions.policies import PolicyApply, PolicyDelete, PolicyRollback
from bot.actions.service import Context
from bot.policy import change_plan, diff_text
from bot.policy.change_plan import PolicyChangePlan
from bot.policy.preview import ConnectionPreview
from bot.policy.reach.changes import ConnectionChange
from bot.policy.service import PolicyServices

PRODUCTION, ELSEWHERE = "policy.production", "policy"
NOTHING_YET = "policy.form"  # a form is to be filled first: there is nothing to decide over
BEGUN = (  # an earlier attempt at this very request got past here, and what it does may be done already
    "policy.begun"
)
MOST_LINES = 8  # connections that approvers read in the card; all of them are in the preview
_DONE = {change_plan.APPLY: "Apply", change_plan.DELETE: "Delete", change_plan.ROLLBACK: "Roll back"}


@dataclasses.dataclass(frozen=True)
class PolicyProposals:
    """The proposals of the words that change policies. `needed` says of which kinds a decision is asked
    for.
    """

    services: PolicyServices
    needed: Callable[[str], bool]

    def apply(self, action: PolicyApply, context: Context) -> Proposal:
        """What `policy apply` is going to do. Raises `Problem`, as the apply would."""
        if self._begun(context):
            return _begun_proposal()
        if action.needs_manifest:
            return Proposal(kind=NOTHING_YET, headline="The policy is still to be written")
        if (free := self._free(action.cluster, context)) is not None:
            return free
        with self.services.at(action.cluster, context) as at:
            change_plan.check_enforced(at.where)
            return proposal(self.services.plan_apply(action, at))

    def delete(self, action: PolicyDelete, context: Context) -> Proposal:
        """What `policy delete` is going to do. Raises `Problem`."""
        if self._begun(context):
            return _begun_proposal()
        if (free := self._free(action.cluster, context)) is not None:
            return free
        with self.services.at(action.cluster, context) as at:
            return proposal(self.services.plan_delete(action, at))

    def rollback(self, action: PolicyRollback, context: Context) -> Proposal:
        """What `policy rollback` is going to do. Raises `Problem`."""
        if self._begun(context):
            return _begun_proposal()
        change = self.services.change_of(action, context)
        if (free := self._free(change.cluster, context)) is not None:
            return free
        with self.services.at_change(change, context) as at:
            return proposal(change_plan.plan_rollback(at.kube, at.where, change))

    def _free(self, cluster: str, context: Context) -> Proposal | None:
        """A proposal of the kind alone where nobody decides over it: reading a whole cluster for it is
        for nothing.
        """
        kind = _kind(
            self.services.clusters.is_production(
                cluster, project=context.project, operation=context.operation
            )
        )
        return None if self.needed(kind) else Proposal(kind=kind, headline="A change of a policy")

    def _begun(self, context: Context) -> bool:
        """Whether the change of this operation is noted: it only is once nothing stood against it any
        more.
        """
        return self.services.changes.get(context.operation) is not None


def _kind(production: bool) -> str:
    return PRODUCTION if production else ELSEWHERE


def _begun_proposal() -> Proposal:
    return Proposal(kind=BEGUN, headline="The change has begun")


def proposal(plan: PolicyChangePlan) -> Proposal:
    """A plan as people decide over it."""
    shown = plan.preview
    where, told = shown.where, diff_text.lines(shown.changes)
    return Proposal(
        kind=_kind(where.production),
        headline=(
            f"{_DONE[plan.kind]} the policy {plan.ref.name} in {plan.ref.namespace} of {where.cluster}:"
            f" {diff_text.summary(told)}"
        ),
        consequences=tuple(_cut([str(line) for line in told])),
        warnings=tuple(_warnings(shown)),
        target=where.cluster,
        target_id=where.cluster_id,
        bound={
            "policy": str(plan.ref),
            "uid": plan.before.uid if plan.before else None,
            "resourceVersion": plan.before.version if plan.before else None,
            "manifest": plan.expected,
            "undoes": plan.undoes.operation if plan.undoes else None,
            "connections": _digest(shown.changes),
        },
    )


def _warnings(shown: ConnectionPreview) -> Iterable[str]:
    if shown.incomplete:
        others = _cut([str(each) for each in shown.foreign], most=3)
        what = "; ".join([*others, *shown.gaps])
        yield f"This verdict is incomplete, others may decide otherwise: {what}"
    if shown.owner is not None:
        yield shown.owner.consequence
    if shown.loses_dns:
        number = len(shown.loses_dns)
        yield (
            f"{number} pod{'' if number == 1 else 's'} can resolve no names any more (UDP and TCP 53 to the"
            " cluster's DNS)"
        )
    yield from shown.warnings


def _cut(lines: list[str], most: int = MOST_LINES) -> list[str]:
    more = len(lines) - most
    return [*lines[:most], *([f"…and {more} more"] if more > 0 else [])]


def _digest(changes: Iterable[ConnectionChange]) -> str:
    """The connections that change, as one value: there may be thousands."""
    told: list[Any] = [[each.source, each.destination, str(each.closes), str(each.opens)] for each in changes]
    return hashlib.sha256(json.dumps(sorted(told), separators=(",", ":")).encode()).hexdigest()

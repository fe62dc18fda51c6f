"""What a change of a policy is going to do, for the people who approve it: read and computed, never written.

A decision is bound to the cluster, to the very object that is written over (its uid and resourceVersion, or
that there is none), to what will be there, and to the connections between workloads that change. Pods that
come and go within a workload do not void it; a policy or a workload that changes what opens and closes does.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator

from bot.actions.policies import PolicyApply, PolicyDelete, PolicyRollback
from bot.actions.proposal import Proposal
from bot.actions.service import Context
from bot.policy import change_plan, diff_text, preconditions
from bot.policy.change_plan import PolicyChangePlan
from bot.policy.errors import first_lines
from bot.policy.preview import ConnectionPreview
from bot.policy.reach.changes import ConnectionChange
from bot.policy.service import PolicyServices

PRODUCTION, ELSEWHERE = "policy.production", "policy"
NO_MANIFEST = "policy.form"  # a form is to be filled first: there is nothing to approve yet
BEGUN = "policy.begun"  # an earlier attempt at this very request got past approval, and may be done already
MOST_LINES = 8  # connections that approvers read in the card; all of them are in the preview
_VERBS = {change_plan.APPLY: "Apply", change_plan.DELETE: "Delete", change_plan.ROLLBACK: "Roll back"}


@dataclasses.dataclass(frozen=True)
class PolicyProposals:
    """The proposals of the actions that change policies.

    `is_required` says whether a kind of proposal needs an approval at all.
    """

    services: PolicyServices
    is_required: Callable[[str], bool]

    def apply(self, action: PolicyApply, context: Context) -> Proposal:
        """Propose `policy apply`. Raises `Problem`, as the apply would."""
        if self._is_begun(context):
            return _already_begun()
        if action.needs_manifest:
            return Proposal(kind=NO_MANIFEST, headline="The policy is still to be written")
        if (unplanned := self._without_plan(action.cluster, context)) is not None:
            return unplanned
        with self.services.open_cluster(action.cluster, context) as client:
            preconditions.check_enforced(client.cluster)
            return proposal(self.services.plan_apply(action, client))

    def delete(self, action: PolicyDelete, context: Context) -> Proposal:
        """Propose `policy delete`. Raises `Problem`."""
        if self._is_begun(context):
            return _already_begun()
        if (unplanned := self._without_plan(action.cluster, context)) is not None:
            return unplanned
        with self.services.open_cluster(action.cluster, context) as client:
            return proposal(self.services.plan_delete(action, client))

    def rollback(self, action: PolicyRollback, context: Context) -> Proposal:
        """Propose `policy rollback`. Raises `Problem`."""
        if self._is_begun(context):
            return _already_begun()
        change = self.services.change_of(action, context)
        if (unplanned := self._without_plan(change.cluster, context)) is not None:
            return unplanned
        with self.services.open_changed_cluster(change, context) as client:
            return proposal(change_plan.plan_rollback(client.kube, client.cluster, change))

    def _without_plan(self, name: str, context: Context) -> Proposal | None:
        """A proposal of the kind alone where nobody has to approve it: then the cluster need not be read."""
        cluster = self.services.clusters.find(name, project=context.project, operation=context.operation)
        kind = PRODUCTION if cluster.production else ELSEWHERE
        return None if self.is_required(kind) else Proposal(kind=kind, headline="A change of a policy")

    def _is_begun(self, context: Context) -> bool:
        """Whether the change of this operation is recorded, which it only is after it was approved."""
        return self.services.changes.get(context.operation) is not None


def _already_begun() -> Proposal:
    return Proposal(kind=BEGUN, headline="The change has begun")


def proposal(plan: PolicyChangePlan) -> Proposal:
    """Return a plan as people decide about it."""
    preview, cluster = plan.preview, plan.preview.cluster
    ref, before = preview.ref, preview.before
    lines = diff_text.diff_lines(preview.changes)
    return Proposal(
        kind=PRODUCTION if cluster.production else ELSEWHERE,
        headline=(
            f"{_VERBS[plan.kind]} the policy {ref.name} in {ref.namespace} of {cluster.name}:"
            f" {diff_text.summarise(lines)}"
        ),
        consequences=tuple(first_lines([str(line) for line in lines], MOST_LINES)),
        warnings=tuple(_warnings(preview)),
        target=cluster.name,
        target_id=cluster.id,
        bound={
            "policy": str(ref),
            "uid": before.uid if before else None,
            "resourceVersion": before.version if before else None,
            "manifest": preview.manifest,
            "undoes": plan.undoes.operation if plan.undoes else None,
            "connections": _digest(preview.changes),
        },
    )


def _warnings(preview: ConnectionPreview) -> Iterator[str]:
    if preview.incomplete:
        reasons = "; ".join(
            [*first_lines([str(policy) for policy in preview.other_policies], 3), *preview.gaps]
        )
        yield f"This verdict is incomplete, others may decide otherwise: {reasons}"
    if preview.owner is not None:
        yield preview.owner.consequence
    if preview.loses_dns:
        number = len(preview.loses_dns)
        yield (
            f"{number} pod{'' if number == 1 else 's'} can resolve no names any more (UDP and TCP 53 to the"
            " cluster's DNS)"
        )
    yield from preview.warnings


def _digest(changes: Iterable[ConnectionChange]) -> str:
    """The connections that change, as one value, because there may be thousands of them."""
    rows = [[change.source, change.destination, str(change.closes), str(change.opens)] for change in changes]
    return hashlib.sha256(json.dumps(sorted(rows), separators=(",", ":")).encode()).hexdigest()

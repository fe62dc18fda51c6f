"""Lists a cluster's policies, with their directions, pods and owners, and recent changes."""

from collections.abc import Iterable
from datetime import datetime

from bot.policy.cluster_state import ClusterState
from bot.policy.owners import owner_of
from bot.policy.preview import count_isolated_pods
from bot.policy.reach.model import Direction, Policy, PolicyRef
from bot.policy.results import ListedPolicy, RecentChange
from storage.policy_changes import PolicyChange


def list_policies(state: ClusterState) -> tuple[ListedPolicy, ...]:
    """Return all policies, by namespace and name; one that cannot be parsed isolates nothing in the list."""
    parsed = {policy.ref: policy for policy in state.cluster.policies}
    return tuple(
        ListedPolicy(
            ref=ref,
            isolates=_directions(parsed.get(ref)),
            pods=count_isolated_pods(state.cluster.pods, parsed.get(ref)),
            owner=owner_of(obj),
            created=datetime.fromisoformat(created)
            if (created := obj["metadata"].get("creationTimestamp"))
            else None,
        )
        for ref, obj in sorted(state.policies.items())
    )


def list_changes(changes: Iterable[PolicyChange]) -> tuple[RecentChange, ...]:
    """Return recorded changes as they are listed, in the same order."""
    return tuple(
        RecentChange(
            operation=change.operation,
            kind=change.kind,
            ref=PolicyRef(change.namespace, change.policy),
            actor=change.actor,
            at=change.at,
            undone=change.undone_by is not None,
        )
        for change in changes
    )


def _directions(policy: Policy | None) -> tuple[str, ...]:
    if policy is None:
        return ()
    return tuple(str(direction) for direction in Direction if policy.rules(direction) is not None)

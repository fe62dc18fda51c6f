"""A cluster's policies as a list: whom each isolates, how many pods it selects, who owns it."""

from __future__ import annotations

from datetime import datetime

from bot.policy.cluster_state import ClusterState
from bot.policy.owners import owner_of
from bot.policy.preview import selected
from bot.policy.reach.model import Direction, Policy
from bot.policy.results import ListedPolicy


def listed(found: ClusterState) -> tuple[ListedPolicy, ...]:
    """All policies, by namespace and name; one that the engine does not understand isolates nobody here."""
    parsed = {policy.ref: policy for policy in found.cluster.policies}
    return tuple(
        ListedPolicy(
            ref=ref,
            isolates=_isolates(parsed.get(ref)),
            pods=selected(found.cluster, ref),
            owner=owner_of(obj),
            made=_time(obj["metadata"].get("creationTimestamp")),
        )
        for ref, obj in sorted(found.policies.items())
    )


def _isolates(policy: Policy | None) -> tuple[str, ...]:
    if policy is None:
        return ()
    return tuple(str(direction) for direction in Direction if policy.rules(direction) is not None)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

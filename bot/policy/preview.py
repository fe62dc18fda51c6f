"""What a change of one policy does to the connections of a cluster: computed, nothing is written.

Pure: a cluster as it was read goes in, with the policy as it is to be (or none, for a deletion).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from bot.policy.cluster_state import ClusterState
from bot.policy.content import PolicyContent
from bot.policy.matrix import Matrix, matrix
from bot.policy.other_policy_apis import OtherPolicies
from bot.policy.owners import PolicyOwner
from bot.policy.reach import difference as differing
from bot.policy.reach import engine, idle, model, parser
from bot.policy.reach.changes import ConnectionChange
from bot.policy.reach.difference import Isolation, LostDns
from bot.policy.reach.idle import DeadRule, IdlePolicy
from bot.policy.warnings import cautions

Object = dict[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Where:
    """The cluster that a policy is about. `driver` is what people call it; empty if none of ours runs."""

    project: str
    cluster: str  # its name
    cluster_id: str
    production: bool
    driver: str
    enforces: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Takeover:
    """A field that another manager owns."""

    manager: str
    field: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConnectionPreview:
    """What a change does. `manifest` is what would be there afterwards; None: no such policy any more."""

    where: Where
    ref: model.PolicyRef
    manifest: Object | None
    before: PolicyContent | None
    unchanged: bool  # what is there says the same already
    changes: tuple[ConnectionChange, ...]  # pair by pair, sorted by source and destination
    isolated: tuple[Isolation, ...]
    released: tuple[Isolation, ...]
    loses_dns: tuple[LostDns, ...]
    dead: tuple[DeadRule, ...]  # rules of this policy that select nothing
    idle: tuple[IdlePolicy, ...]  # policies of its namespace without effect, this one included
    selected: int  # pods that the policy selects
    foreign: tuple[OtherPolicies, ...]
    gaps: tuple[str, ...]
    owner: PolicyOwner | None = None
    takeovers: tuple[Takeover, ...] = ()
    warnings: tuple[str, ...] = ()  # of the API server, and of Services that a policy does not see
    matrix: Matrix | None = None

    @property
    def incomplete(self) -> bool:
        """Whether policies that are not computed may decide otherwise."""
        return bool(self.foreign or self.gaps)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Computed:
    """The two states that a preview compares, and the preview."""

    before: engine.Reachability
    after: engine.Reachability
    preview: ConnectionPreview


def compute(
    where: Where,
    found: ClusterState,
    ref: model.PolicyRef,
    manifest: Mapping[str, Any] | None,
    *,
    before: PolicyContent | None,
    unchanged: bool = False,
    owner: PolicyOwner | None = None,
    takeovers: tuple[Takeover, ...] = (),
    warnings: tuple[str, ...] = (),
) -> Computed:
    """Compute what a change does. Raises `parsing.InvalidPolicy` for a manifest that means nothing."""
    then = engine.compute(found.cluster)
    if manifest is not None:
        policy = parser.parse_policy(manifest)
        now = then.with_policy(policy)
        warnings = (*warnings, *cautions(policy, found))
    else:
        now = then.without_policy(ref) if ref in found.policies else then
    changes = differing.difference(then, now)
    mine = (ref,) if manifest is not None else ()
    near = tuple(policy.ref for policy in now.cluster.policies if policy.namespace == ref.namespace)
    preview = ConnectionPreview(
        where=where,
        ref=ref,
        manifest=dict(manifest) if manifest is not None else None,
        before=before,
        unchanged=unchanged,
        changes=tuple(changes.changes),
        isolated=changes.isolated,
        released=changes.released,
        loses_dns=changes.loses_dns,
        dead=idle.dead_rules(now, mine),
        idle=idle.idle_policies(now, near),
        selected=selected(now.cluster, ref),
        foreign=found.foreign,
        gaps=found.gaps,
        owner=owner,
        takeovers=takeovers,
        warnings=warnings,
        matrix=None
        if changes.nothing_changes
        else matrix(then.cluster, now.cluster, changes.changes, namespace=ref.namespace),
    )
    return Computed(before=then, after=now, preview=preview)


def selected(cluster: model.ClusterModel, ref: model.PolicyRef) -> int:
    """How many running pods a policy isolates: those it selects, without those on the host network."""
    policy = next((each for each in cluster.policies if each.ref == ref), None)
    if policy is None:
        return 0
    return sum(
        pod.namespace == ref.namespace
        and not pod.finished
        and not pod.host_network
        and policy.pods.matches(pod.labels)
        for pod in cluster.pods
    )

"""Computes what a change of one policy does to the connections of a cluster; nothing is written.

Pure: a cluster as it was read goes in, with the policy as it is to be, or none for a deletion.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from bot.policy.cluster_state import ClusterState
from bot.policy.content import PolicyContent, read_content
from bot.policy.field_conflicts import Takeover
from bot.policy.matrix import Matrix, build_matrix
from bot.policy.other_policy_apis import OtherPolicy
from bot.policy.owners import PolicyOwner, owner_of
from bot.policy.reach import parser
from bot.policy.reach.changes import ConnectionChange
from bot.policy.reach.difference import IsolationChange, compare_states
from bot.policy.reach.engine import Reachability, compute
from bot.policy.reach.lost_dns import LostDns
from bot.policy.reach.model import Pod, Policy, PolicyRef
from bot.policy.reach.redundancy import DeadRule, RedundantPolicy, dead_rules, redundant_policies
from bot.policy.warnings import find_warnings

Object = dict[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyCluster:
    """The cluster that a policy is about.

    `name` and `id` are those of Magnum. `driver` is the title of the network driver that runs there, empty if
    it is none that we know; `enforces` says whether that driver enforces NetworkPolicies.
    """

    project: str
    name: str
    id: str
    production: bool
    driver: str
    enforces: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConnectionPreview:
    """What a change does.

    `manifest` is the policy as it would be afterwards, None if there would be none, and `before` as it is
    now. `unchanged` means that the policy says the same already. `changes` are sorted by source and
    destination; `isolated` and `released` are pods that policies begin and cease to isolate. `dead_rules` are
    rules of this policy that match nothing, `redundant_policies` the policies of its namespace without any
    effect, this one included. `selected` counts the pods that the policy isolates. `warnings` are those of
    the API server and of `warnings.find_warnings`.
    """

    cluster: PolicyCluster
    ref: PolicyRef
    manifest: Object | None
    before: PolicyContent | None
    unchanged: bool
    changes: tuple[ConnectionChange, ...]
    isolated: tuple[IsolationChange, ...]
    released: tuple[IsolationChange, ...]
    loses_dns: tuple[LostDns, ...]
    dead_rules: tuple[DeadRule, ...]
    redundant_policies: tuple[RedundantPolicy, ...]
    selected: int
    other_policies: tuple[OtherPolicy, ...]
    gaps: tuple[str, ...]
    owner: PolicyOwner | None = None
    takeovers: tuple[Takeover, ...] = ()
    warnings: tuple[str, ...] = ()
    matrix: Matrix | None = None

    @property
    def incomplete(self) -> bool:
        """Whether policies that are not computed may decide otherwise."""
        return bool(self.other_policies or self.gaps)


def compute_preview(
    cluster: PolicyCluster,
    state: ClusterState,
    ref: PolicyRef,
    manifest: Mapping[str, Any] | None,
    *,
    takeovers: tuple[Takeover, ...] = (),
    warnings: tuple[str, ...] = (),
) -> tuple[ConnectionPreview, Reachability]:
    """Compute what it does that a policy becomes as `manifest` says, or is deleted if that is None.

    Also returns the connections afterwards. Raises `parser.InvalidPolicy` for a manifest that is not a
    NetworkPolicy.
    """
    now = compute(state.cluster)
    policy = parser.parse_policy(manifest) if manifest is not None else None
    if policy is not None:
        after = now.with_policy(policy)
        warnings = (*warnings, *find_warnings(policy, state))
    else:
        after = now.without_policy(ref) if ref in now.policies else now
    changed = compare_states(now, after)
    neighbours = [
        policy_ref for policy_ref in sorted(after.policies) if policy_ref.namespace == ref.namespace
    ]
    live = state.policies.get(ref)
    before = read_content(live)
    preview = ConnectionPreview(
        cluster=cluster,
        ref=ref,
        manifest=dict(manifest) if manifest is not None else None,
        before=before,
        unchanged=before is not None and before.content == manifest,
        changes=tuple(changed.changes),
        isolated=changed.isolated,
        released=changed.released,
        loses_dns=changed.loses_dns,
        dead_rules=dead_rules(after, () if policy is None else (ref,)),
        redundant_policies=redundant_policies(after, neighbours),
        selected=count_isolated_pods(after.pod_index.pods, policy),
        other_policies=state.other_policies,
        gaps=state.gaps,
        owner=owner_of(live),
        takeovers=takeovers,
        warnings=warnings,
        matrix=None
        if changed.nothing_changes
        else build_matrix(now.cluster, after.cluster, changed.changes, namespace=ref.namespace),
    )
    return preview, after


def count_isolated_pods(pods: Iterable[Pod], policy: Policy | None) -> int:
    """Count the running pods that a policy isolates: those it selects that are not on the host network."""
    if policy is None:
        return 0
    return sum(policy.selects(pod) and not pod.finished and not pod.host_network for pod in pods)

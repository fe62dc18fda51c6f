"""Plans one change of one policy: reads the cluster, tries the change in a dry run, computes its effect.

Nothing is written here. A preview shows a plan, an approval is bound to one, and an apply executes one; all
three come from the same functions, so that they cannot differ.
"""

import dataclasses
from typing import Any

from bot.adapters.kube import paths, writes
from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import FieldConflict
from bot.policy import content, preconditions
from bot.policy.cluster_state import ClusterState, read_cluster_state
from bot.policy.field_conflicts import Takeover, takeovers_of
from bot.policy.preview import ConnectionPreview, PolicyCluster, compute_preview
from bot.policy.reach import model, parser
from bot.policy.reach.engine import Reachability
from bot.policy.reach.model import PolicyRef
from storage.policy_changes import PolicyChange

Object = dict[str, Any]

APPLY, DELETE, ROLLBACK = "apply", "delete", "rollback"


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyChangePlan:
    """What would be written, and its effect.

    `desired` is the object that is sent, None for a deletion. What is there now, and what the server said it
    would be afterwards, are `before` and `manifest` of the preview. `state` is the cluster as it was read,
    `after` has the connections after the change. `undoes` is the change that a roll-back reverts.
    """

    kind: str
    desired: Object | None
    state: ClusterState
    preview: ConnectionPreview
    after: Reachability
    undoes: PolicyChange | None = None


def path_of(ref: PolicyRef) -> str:
    """Return the API path of a policy."""
    return paths.item(model.API_VERSION, "networkpolicies", ref.name, ref.namespace)


def plan_apply(
    kube: KubeClient, cluster: PolicyCluster, manifest: Object, *, take_over: bool = False
) -> PolicyChangePlan:
    """Plan to apply a manifest by server-side apply.

    With `take_over` fields of other managers are taken over without being named as `Takeover`. Raises
    `NamespaceNotFound`, and `KubeError` in the server's own words.
    """
    ref = PolicyRef(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
    state = read_cluster_state(kube)
    preconditions.check_namespace(state, ref, cluster)
    result, takeovers = _dry_run(kube, ref, manifest, take_over=take_over)
    expected = content.strip_server_fields(result.object)
    warnings = result.warnings
    preview, after = compute_preview(cluster, state, ref, expected, takeovers=takeovers, warnings=warnings)
    return PolicyChangePlan(kind=APPLY, desired=manifest, state=state, preview=preview, after=after)


def plan_delete(kube: KubeClient, cluster: PolicyCluster, ref: PolicyRef) -> PolicyChangePlan:
    """Plan to delete a policy. Raises `PolicyNotFound` or `KubeError`."""
    state = read_cluster_state(kube)
    live = state.policies.get(ref)
    if live is None:
        raise preconditions.policy_not_found(ref, state.policies, cluster)
    writes.delete(kube, path_of(ref), uid=live["metadata"]["uid"], dry_run=True)
    preview, after = compute_preview(cluster, state, ref, None)
    return PolicyChangePlan(kind=DELETE, desired=None, state=state, preview=preview, after=after)


def plan_rollback(kube: KubeClient, cluster: PolicyCluster, change: PolicyChange) -> PolicyChangePlan:
    """Plan to restore what was there before a change.

    Raises `ChangeNotFound` if the change cannot be rolled back, `ChangedSince` if somebody changed the policy
    after it, or `KubeError`.
    """
    preconditions.check_revocable(change)
    ref = PolicyRef(change.namespace, change.policy)
    state = read_cluster_state(kube)
    live = state.policies.get(ref)
    preconditions.check_untouched(change, live)
    if change.before is None:
        writes.delete(kube, path_of(ref), uid=change.after_uid, dry_run=True)
    elif live is None:
        preconditions.check_namespace(state, ref, cluster)
        writes.apply(kube, path_of(ref), change.before, dry_run=True)
    preview, after = compute_preview(cluster, state, ref, change.before)
    plan = PolicyChangePlan(kind=ROLLBACK, desired=change.before, state=state, preview=preview, after=after)
    return dataclasses.replace(plan, undoes=change)


def reconstruct_plan(cluster: PolicyCluster, state: ClusterState, change: PolicyChange) -> PolicyChangePlan:
    """Return the plan of a change that has been written.

    `state` is the cluster as it is now; for the preview the policy in it is replaced by what was there before
    the change.
    """
    ref = PolicyRef(change.namespace, change.policy)
    preview, after = compute_preview(cluster, with_policy(state, ref, change.before), ref, change.after)
    return PolicyChangePlan(
        kind=change.kind, desired=change.wanted, state=state, preview=preview, after=after
    )


def with_policy(state: ClusterState, ref: PolicyRef, manifest: Object | None) -> ClusterState:
    """Return a cluster in which a policy is as the manifest says; without a manifest it does not exist."""
    policies = {policy_ref: obj for policy_ref, obj in state.policies.items() if policy_ref != ref}
    parsed = [policy for policy in state.cluster.policies if policy.ref != ref]
    if manifest is not None:
        policies[ref] = manifest
        parsed.append(parser.parse_policy(manifest))
    cluster = dataclasses.replace(state.cluster, policies=tuple(parsed))
    return dataclasses.replace(state, policies=policies, cluster=cluster)


def _dry_run(
    kube: KubeClient, ref: PolicyRef, manifest: Object, *, take_over: bool
) -> tuple[writes.WriteResult, tuple[Takeover, ...]]:
    """Return what the server would make of a manifest, and whose fields that would take over.

    The fields of others do not stop a preview: it is computed as if they were taken over, and names them.
    """
    try:
        return writes.apply(kube, path_of(ref), manifest, dry_run=True), ()
    except FieldConflict as conflict:
        takeovers = takeovers_of(conflict)
        result = writes.apply(kube, path_of(ref), manifest, dry_run=True, force=True)
        return result, () if take_over else takeovers

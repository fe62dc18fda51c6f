"""Plans one change of one policy: reads the cluster, tries the change in a dry run, computes its effect.

Nothing is written here. A preview shows a plan, an approval is bound to one, and an apply executes one; all
three come from the same functions, so that they cannot differ.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from bot.adapters.kube import paths, writes
from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import FieldConflict
from bot.policy import content, owners, preconditions, preview
from bot.policy.cluster_state import ClusterState, read_cluster_state
from bot.policy.content import PolicyContent
from bot.policy.field_conflicts import Takeover, takeovers_of
from bot.policy.preview import ComputedPreview, ConnectionPreview, Where
from bot.policy.reach import model, parser
from bot.policy.reach.model import PolicyRef
from storage.policy_changes import PolicyChange

Object = dict[str, Any]

APPLY, DELETE, ROLLBACK = "apply", "delete", "rollback"


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyChangePlan:
    """What would be written over what, and its effect.

    `wanted` is what is sent, `expected` what the server said it would make of it; both are None for a
    deletion. `before` is the policy as it is now, `undoes` the change that a roll-back reverts.
    """

    kind: str
    ref: PolicyRef
    wanted: Object | None
    expected: Object | None
    before: PolicyContent | None
    state: ClusterState
    computed: ComputedPreview
    undoes: PolicyChange | None = None

    @property
    def preview(self) -> ConnectionPreview:
        """The effect as people are shown it."""
        return self.computed.preview


def path_of(ref: PolicyRef) -> str:
    """Return the API path of a policy."""
    return paths.item(model.API_VERSION, "networkpolicies", ref.name, ref.namespace)


def plan_apply(kube: Kube, where: Where, manifest: Object, *, take_over: bool = False) -> PolicyChangePlan:
    """Plan to apply a manifest by server-side apply.

    With `take_over` fields of other managers are taken over without being named as `Takeover`. Raises
    `NoSuchNamespace`, and `KubeError` in the server's own words.
    """
    ref = PolicyRef(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
    state = read_cluster_state(kube)
    preconditions.check_namespace(state, ref, where)
    live = state.policies.get(ref)
    result, takeovers = _dry_run(kube, ref, manifest, take_over=take_over)
    expected = content.strip_server_fields(result.object)
    before = content.read_content(live)
    computed = preview.compute_preview(
        where,
        state,
        ref,
        expected,
        before=before,
        unchanged=before is not None and before.content == expected,
        owner=owners.owner_of(live),
        takeovers=takeovers,
        warnings=result.warnings,
    )
    return PolicyChangePlan(
        kind=APPLY, ref=ref, wanted=manifest, expected=expected, before=before, state=state, computed=computed
    )


def plan_delete(kube: Kube, where: Where, ref: PolicyRef) -> PolicyChangePlan:
    """Plan to delete a policy. Raises `NoSuchPolicy` or `KubeError`."""
    state = read_cluster_state(kube)
    live = state.policies.get(ref)
    if live is None:
        raise preconditions.no_such_policy(ref, state.policies, where)
    writes.delete(kube, path_of(ref), uid=live["metadata"]["uid"], dry_run=True)
    return _plan_exact(where, state, ref, kind=DELETE)


def plan_rollback(kube: Kube, where: Where, change: PolicyChange) -> PolicyChangePlan:
    """Plan to restore what was there before a change.

    Raises `NoSuchChange` if the change cannot be rolled back, `ChangedSince` if somebody changed the policy
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
        preconditions.check_namespace(state, ref, where)
        writes.apply(kube, path_of(ref), change.before, dry_run=True)
    return _plan_exact(where, state, ref, kind=ROLLBACK, wanted=change.before, undoes=change)


def _plan_exact(
    where: Where,
    state: ClusterState,
    ref: PolicyRef,
    *,
    kind: str,
    wanted: Object | None = None,
    undoes: PolicyChange | None = None,
) -> PolicyChangePlan:
    """Plan a change after which the policy is exactly what is wanted, so that no dry run has to tell it."""
    live = state.policies.get(ref)
    before = content.read_content(live)
    computed = preview.compute_preview(where, state, ref, wanted, before=before, owner=owners.owner_of(live))
    return PolicyChangePlan(
        kind=kind,
        ref=ref,
        wanted=wanted,
        expected=wanted,
        before=before,
        state=state,
        computed=computed,
        undoes=undoes,
    )


def preview_written_change(where: Where, state: ClusterState, change: PolicyChange) -> ComputedPreview:
    """Compute the effect of a change after it was written.

    `state` is the cluster as it is now; for the comparison the policy in it is replaced by what was there
    before the change.
    """
    ref = PolicyRef(change.namespace, change.policy)
    before = (
        PolicyContent(content=change.before, uid=change.before_uid, version=change.before_version)
        if change.before
        else None
    )
    return preview.compute_preview(
        where,
        with_policy(state, ref, change.before),
        ref,
        change.after,
        before=before,
        owner=owners.owner_of(change.before),
    )


def with_policy(state: ClusterState, ref: PolicyRef, manifest: Object | None) -> ClusterState:
    """Return a cluster in which a policy is as the manifest says; without a manifest it does not exist."""
    policies = {other: obj for other, obj in state.policies.items() if other != ref}
    parsed = [policy for policy in state.cluster.policies if policy.ref != ref]
    if manifest is not None:
        policies[ref] = manifest
        parsed.append(parser.parse_policy(manifest))
    cluster = dataclasses.replace(state.cluster, policies=tuple(parsed))
    return dataclasses.replace(state, policies=policies, cluster=cluster)


def _dry_run(
    kube: Kube, ref: PolicyRef, manifest: Object, *, take_over: bool
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

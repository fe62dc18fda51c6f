"""Plans one change of one policy: reads the cluster, lets the server try it in a dry run, computes what it
does.

Nothing is written here. A preview shows a plan, an approval is bound to one, and an apply carries one out;
all three come from the same functions, so that they cannot differ.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any

from bot.adapters.kube import paths, writes
from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import FieldConflict
from bot.common.problems import Refusal
from bot.drivers.catalog import recommended
from bot.policy import cluster_state, content, owners, preview
from bot.policy.cluster_state import POLICY_API, ClusterState
from bot.policy.content import PolicyContent
from bot.policy.errors import ChangedSince, NoSuchChange, NoSuchPolicy, NotEnforced
from bot.policy.preview import Computed, ConnectionPreview, Takeover, Where
from bot.policy.reach import parser
from bot.policy.reach.model import PolicyRef
from storage.policy_changes import GIVEN_UP, WRITTEN, PolicyChange

Object = dict[str, Any]

APPLY, DELETE, ROLLBACK = "apply", "delete", "rollback"


class NoSuchNamespace(Refusal):
    """The cluster has no such namespace."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyChangePlan:
    """What would be written, over what, and what that does.

    `wanted` is what is sent, `expected` what the server said it would make of it; both None for a deletion.
    `exact`: all of the object is replaced, as a roll-back does it; otherwise it is applied to what is there.
    """

    kind: str
    ref: PolicyRef
    wanted: Object | None
    expected: Object | None
    before: PolicyContent | None
    found: ClusterState
    computed: Computed
    exact: bool = False
    undoes: PolicyChange | None = None

    @property
    def preview(self) -> ConnectionPreview:
        """What people are shown of it."""
        return self.computed.preview


def path_of(ref: PolicyRef) -> str:
    """Where a policy is in the API."""
    return paths.item(POLICY_API, "networkpolicies", ref.name, ref.namespace)


def check_enforced(where: Where) -> None:
    """Refuse to write a policy that nothing would enforce. Raises `NotEnforced`."""
    if where.enforces:
        return
    runs = where.driver or "no network driver that I know to enforce policies"
    raise NotEnforced(
        f"{where.cluster} runs {runs}, so no policy is applied there",
        why=(
            f"{where.driver} enforces no NetworkPolicy: the API would accept it and nothing would change"
            if where.driver
            else "The API would accept it, and whether anything changes is not known"
        ),
        fix=f"Move the cluster first: `/xk8s migrate {where.cluster} --to {recommended().driver}`",
    )


def plan_apply(kube: Kube, where: Where, manifest: Object, *, take_over: bool = False) -> PolicyChangePlan:
    """Plan to apply a manifest. Raises `NoSuchNamespace`, and `KubeError` in the server's own words."""
    ref = PolicyRef(manifest["metadata"]["namespace"], manifest["metadata"]["name"])
    found = cluster_state.read_cluster_state(kube)
    _check_namespace(found, ref, where)
    live = found.policies.get(ref)
    tried, takeovers = _dry_run(kube, ref, manifest, take_over=take_over)
    expected = content.content(tried.object)
    before = content.content_of(live)
    computed = preview.compute(
        where,
        found,
        ref,
        expected,
        before=before,
        unchanged=before is not None and before.content == expected,
        owner=owners.owner_of(live),
        takeovers=takeovers,
        warnings=tried.warnings,
    )
    return PolicyChangePlan(
        kind=APPLY, ref=ref, wanted=manifest, expected=expected, before=before, found=found, computed=computed
    )


def plan_delete(kube: Kube, where: Where, ref: PolicyRef) -> PolicyChangePlan:
    """Plan to delete a policy. Raises `NoSuchPolicy` or `KubeError`."""
    found = cluster_state.read_cluster_state(kube)
    live = found.policies.get(ref)
    if live is None:
        raise no_such_policy(ref, found.policies, where)
    writes.delete(kube, path_of(ref), uid=live["metadata"]["uid"], dry_run=True)
    before = content.content_of(live)
    computed = preview.compute(where, found, ref, None, before=before, owner=owners.owner_of(live))
    return PolicyChangePlan(
        kind=DELETE, ref=ref, wanted=None, expected=None, before=before, found=found, computed=computed
    )


def plan_rollback(kube: Kube, where: Where, change: PolicyChange) -> PolicyChangePlan:
    """Plan to restore what was there before a change.

    Raises `NoSuchChange` if there is nothing to take back, `ChangedSince` if somebody changed the policy
    since.
    """
    _check_revocable(change)
    ref = PolicyRef(change.namespace, change.policy)
    found = cluster_state.read_cluster_state(kube)
    live = found.policies.get(ref)
    _check_untouched(change, live)
    if change.before is None:
        writes.delete(kube, path_of(ref), uid=change.after_uid, dry_run=True)
    elif live is None:
        _check_namespace(found, ref, where)
        writes.apply(kube, path_of(ref), change.before, dry_run=True)
    before = content.content_of(live)
    computed = preview.compute(where, found, ref, change.before, before=before, owner=owners.owner_of(live))
    return PolicyChangePlan(
        kind=ROLLBACK,
        ref=ref,
        wanted=change.before,
        expected=change.before,
        before=before,
        found=found,
        computed=computed,
        exact=True,
        undoes=change,
    )


def describe_made_change(where: Where, found: ClusterState, change: PolicyChange) -> Computed:
    """What a change did, computed after it was made: the cluster as it is, with the policy as it was
    before.
    """
    ref = PolicyRef(change.namespace, change.policy)
    then = with_policy(found, ref, change.before)
    before = (
        PolicyContent(content=change.before, uid=change.before_uid, version=change.before_version)
        if change.before
        else None
    )
    return preview.compute(
        where, then, ref, change.after, before=before, owner=owners.owner_of(change.before)
    )


def with_policy(found: ClusterState, ref: PolicyRef, manifest: Object | None) -> ClusterState:
    """A cluster as it would be with a policy as it was, or without it."""
    others = {each: obj for each, obj in found.policies.items() if each != ref}
    policies = {**others, ref: manifest} if manifest is not None else others
    parsed = [policy for policy in found.cluster.policies if policy.ref != ref]
    if manifest is not None:
        parsed.append(parser.parse_policy(manifest))
    return dataclasses.replace(
        found, policies=policies, cluster=dataclasses.replace(found.cluster, policies=tuple(parsed))
    )


def _dry_run(
    kube: Kube, ref: PolicyRef, manifest: Object, *, take_over: bool
) -> tuple[writes.WriteResult, tuple[Takeover, ...]]:
    """What the server would make of it, and whose fields it would take over.

    The fields of others do not stop a preview: it is computed as if they were taken over, and names them.
    """
    try:
        return writes.apply(kube, path_of(ref), manifest, dry_run=True), ()
    except FieldConflict as conflict:
        owned = takeovers_of(conflict)
        tried = writes.apply(kube, path_of(ref), manifest, dry_run=True, force=True)
        return tried, () if not owned or take_over else owned


def takeovers_of(conflict: FieldConflict) -> tuple[Takeover, ...]:
    """Whose fields an apply would take over. What this bot wrote itself in another way (a roll-back) is
    its own.
    """
    found = (
        Takeover(manager=cause.message.removeprefix('conflict with "').partition('"')[0], field=cause.field)
        for cause in conflict.causes
    )
    return tuple(each for each in found if each.manager != writes.FIELD_MANAGER)


def no_such_policy(ref: PolicyRef, known: Mapping[PolicyRef, Object], where: Where) -> NoSuchPolicy:
    """The refusal that names the nearest policy."""
    names = [each.name for each in known if each.namespace == ref.namespace]
    near = difflib.get_close_matches(ref.name, names, n=1, cutoff=0.5)
    meant = f"Did you mean `{near[0]}`? " if near else ""
    return NoSuchPolicy(
        f"There is no policy {ref.name} in {ref.namespace} of {where.cluster}",
        fix=f"{meant}See `/xk8s policy list {where.cluster}`.",
    )


def _check_namespace(found: ClusterState, ref: PolicyRef, where: Where) -> None:
    if ref.namespace in found.namespaces:
        return
    near = difflib.get_close_matches(ref.namespace, found.namespaces, n=1, cutoff=0.5)
    meant = (
        f"Did you mean `-n {near[0]}`?" if near else f"There are {', '.join(sorted(found.namespaces)[:10])}."
    )
    raise NoSuchNamespace(f"There is no namespace {ref.namespace} in {where.cluster}", fix=meant)


def _check_revocable(change: PolicyChange) -> None:
    name = f"{change.namespace}/{change.policy}"
    if change.undone_by is not None:
        raise NoSuchChange(
            f"The change {change.operation[:4]} of {name} was taken back already",
            why=f"by {change.undone_by[:4]}",
            fix=f"To take that back: `/xk8s policy rollback {change.undone_by[:4]}`",
        )
    if change.state == GIVEN_UP:
        raise NoSuchChange(
            f"The change {change.operation[:4]} of {name} was never made",
            why=change.note,
            fix=f"See `/xk8s policy list {change.cluster_name}`.",
        )
    if change.state != WRITTEN or change.note:
        raise NoSuchChange(
            f"The change {change.operation[:4]} of {name} cannot be taken back",
            why=change.note or "it was cut off, and what came of it is not known",
            fix=(
                f"Look at it: `/xk8s policy show {change.policy} {change.cluster_name} -n {change.namespace}`"
            ),
        )


def _check_untouched(change: PolicyChange, live: Object | None) -> None:
    """Refuse if what is there is not exactly what the change left. Raises `ChangedSince`."""
    why = since(change, live)
    if why:
        raise ChangedSince(
            f"{change.namespace}/{change.policy} was changed after {change.operation[:4]}, so it is not"
            " restored",
            why=why,
            fix=(
                f"Look at it: `/xk8s policy show {change.policy} {change.cluster_name} -n {change.namespace}`"
            ),
        )


def since(change: PolicyChange, live: Object | None) -> str:
    """What happened to a policy after a change, in words; empty if nothing did."""
    if live is None:
        return "" if change.after is None else "it was deleted since"
    by = content.last_writer(live)
    whom = f" (last written by {by})" if by else ""
    if change.after is None:
        return f"somebody made it again{whom}"
    if live["metadata"].get("uid") != change.after_uid:
        return f"it was deleted and made again{whom}"
    if live["metadata"].get("resourceVersion") == change.after_version:
        return ""
    found = content.differences(change.after, content.content(live))
    said = "; ".join(found) or "its content is the same, but it was written again"
    return f"{said}{whom}"

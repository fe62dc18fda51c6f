"""Policy words to the policy domain: which cluster is meant, how to get into it, and who asks."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from bot.actions.policies import (
    PolicyApply,
    PolicyDelete,
    PolicyList,
    PolicyPresets,
    PolicyPreview,
    PolicyReach,
    PolicyRollback,
    PolicyShow,
)
from bot.actions.proposal import Proposal
from bot.actions.routes import Route, Routes
from bot.actions.service import Context, TargetReader
from bot.adapters.kube import writes
from bot.adapters.kube.errors import KubeError
from bot.common.problems import Ambiguous, Choice
from bot.policy import (
    apply,
    change_plan,
    cluster_state,
    content,
    owners,
    post_check,
    presets,
    reach_query,
    validation,
)
from bot.policy.change_plan import PolicyChangePlan
from bot.policy.clusters import PolicyClient, PolicyClusters
from bot.policy.errors import BadManifest, NoSuchChange
from bot.policy.overview import listed
from bot.policy.preview import Computed, selected
from bot.policy.reach import engine, exposure
from bot.policy.reach.model import PolicyRef
from bot.policy.results import (
    ExposureShown,
    PolicyChanged,
    PolicyForm,
    PolicyListing,
    PolicyShown,
    PresetList,
    PreviewShown,
    ReachAnswer,
    RecentChange,
)
from storage.policy_changes import PolicyChange

RECENT = 5  # changes shown under a list
SHORTEST_REFERENCE = 4


class Changes(apply.ChangeStore, Protocol):
    """Where changes are kept and found again."""

    def find(self, project: str, prefix: str) -> list[PolicyChange]: ...

    def of_cluster(self, project: str, cluster: str, *, limit: int) -> list[PolicyChange]: ...


@dataclasses.dataclass(frozen=True)
class PolicyServices:
    """The word `policy`."""

    clusters: PolicyClusters
    changes: Changes
    now: Callable[[], datetime]

    # --- looking

    def presets(self, _action: PolicyPresets, _context: Context) -> PresetList:
        """The presets."""
        return PresetList(presets=presets.PRESETS)

    def list(self, action: PolicyList, context: Context) -> PolicyListing:
        """A cluster's policies, and what was changed here last."""
        with self.at(action.cluster, context) as at:
            found = cluster_state.read_cluster_state(at.kube)
        recent = self.changes.of_cluster(at.where.project, at.where.cluster_id, limit=RECENT)
        return PolicyListing(
            where=at.where,
            policies=listed(found),
            foreign=found.foreign,
            gaps=found.gaps,
            changes=tuple(_recent(change) for change in recent),
        )

    def show(self, action: PolicyShow, context: Context) -> PolicyShown:
        """One policy as YAML. Raises `NoSuchPolicy`."""
        ref = PolicyRef(action.namespace, action.policy)
        with self.at(action.cluster, context) as at:
            live = writes.read(at.kube, change_plan.path_of(ref))
            if live is None:
                raise change_plan.no_such_policy(ref, cluster_state.policies(at.kube), at.where)
            found = cluster_state.read_cluster_state(at.kube)
        return PolicyShown(
            where=at.where,
            ref=ref,
            yaml=content.as_yaml(live),
            owner=owners.owner_of(live),
            managers=tuple(sorted(owners.managers_of(live))),
            last_writer=content.last_writer(live),
            selected=selected(found.cluster, ref),
        )

    def reach(self, action: PolicyReach, context: Context) -> ReachAnswer | ExposureShown:
        """Whether one end reaches the other; without ends, what is open to everybody."""
        if bool(action.source) != bool(action.destination) or (action.port and not action.source):
            raise BadManifest(
                "Both ends are needed: `--from` and `--to`",
                fix=f"Or neither, to see what is open to everybody: `/xk8s policy reach {action.cluster}`",
            )
        port = reach_query.port_of(action.port)
        with self.at(action.cluster, context) as at:
            found = cluster_state.read_cluster_state(at.kube)
        computed = engine.compute(found.cluster)
        if not action.source or not action.destination:
            return ExposureShown(
                where=at.where,
                exposure=exposure.exposure(computed),
                pods=_pods_of(computed),
                foreign=found.foreign,
                gaps=found.gaps,
            )
        sources, destinations = (
            reach_query.end_of(computed, said) for said in (action.source, action.destination)
        )
        return ReachAnswer(
            where=at.where,
            source=action.source,
            destination=action.destination,
            port=action.port or "",
            stories=reach_query.stories(computed, sources, destinations, port),
            foreign=found.foreign,
            gaps=found.gaps,
        )

    def preview(self, action: PolicyPreview, context: Context) -> PreviewShown | PolicyForm:
        """What a policy would do; nothing is written."""
        if action.needs_manifest:
            return self._form(action, context)
        manifest = manifest_of(action)
        with self.at(action.cluster, context) as at:
            plan = change_plan.plan_apply(at.kube, at.where, manifest)
        loses = bool(plan.preview.loses_dns)
        return PreviewShown(
            preview=plan.preview,
            action=action,
            may_apply=at.where.enforces and not plan.preview.unchanged,
            dns_helps=loses and presets.with_dns(manifest) != manifest,
        )

    # --- changing

    def apply(self, action: PolicyApply, context: Context) -> PolicyChanged | PolicyForm:
        """Apply a policy. Raises `NotEnforced`, `OwnedByOthers`, `ChangedSince` and what the server says."""
        kept = self.changes.get(context.operation)
        if kept is None and action.needs_manifest:
            return self._form(action, context)
        with self.at(action.cluster, context) as at:
            change_plan.check_enforced(at.where)
            if kept is not None:
                return self._finish(at, kept, take_over=action.force_conflicts)
            plan = self.plan_apply(action, at)
            if plan.preview.unchanged:
                return PolicyChanged(
                    kind=plan.kind,
                    where=at.where,
                    ref=plan.ref,
                    change="",
                    preview=plan.preview,
                    aftermath=None,
                )
            return self._carry_out(at, plan, context, take_over=action.force_conflicts)

    def delete(self, action: PolicyDelete, context: Context) -> PolicyChanged:
        """Delete a policy. Raises `NoSuchPolicy`, `ChangedSince` and what the server says."""
        with self.at(action.cluster, context) as at:
            if (kept := self.changes.get(context.operation)) is not None:
                return self._finish(at, kept)
            return self._carry_out(at, self.plan_delete(action, at), context)

    def rollback(self, action: PolicyRollback, context: Context) -> PolicyChanged:
        """Restore what was there before a change. Raises `NoSuchChange`, `ChangedSince` and what the
        server says.
        """
        change = self.change_of(action, context)
        with self.at_change(change, context) as at:
            if (kept := self.changes.get(context.operation)) is not None:
                return self._finish(at, kept)
            return self._carry_out(at, change_plan.plan_rollback(at.kube, at.where, change), context)

    # --- planning, for the changes above and for their proposals

    def plan_apply(self, action: PolicyApply, at: PolicyClient) -> PolicyChangePlan:
        """Plan an apply. Raises `OwnedByOthers` where other field managers stand against it."""
        plan = change_plan.plan_apply(
            at.kube, at.where, manifest_of(action), take_over=action.force_conflicts
        )
        if plan.preview.takeovers:
            raise apply.owned_by_others(plan.preview.takeovers)
        return plan

    def plan_delete(self, action: PolicyDelete, at: PolicyClient) -> PolicyChangePlan:
        """Plan a deletion. Raises `NoSuchPolicy`."""
        return change_plan.plan_delete(at.kube, at.where, PolicyRef(action.namespace, action.policy))

    def change_of(self, action: PolicyRollback, context: Context) -> PolicyChange:
        """The change of a reference. Raises `NoSuchChange`, or `Ambiguous` where several begin with it."""
        found = []
        if len(action.change) >= SHORTEST_REFERENCE:
            found = self.changes.find(context.project or "", action.change)
        if len(found) == 1:
            return found[0]
        if not found:
            raise NoSuchChange(
                f"There is no change {action.change} in {context.project}",
                fix="The changes of a cluster stand under `/xk8s policy list CLUSTER`.",
            )
        raise Ambiguous(
            f"{len(found)} changes begin with {action.change}",
            choices=[_choice(change) for change in found],
            fix="Pick one.",
        )

    def at(self, cluster: str, context: Context) -> contextlib.AbstractContextManager[PolicyClient]:
        """A cluster of the project by name or id, and a client for it. Raises `Problem`."""
        return self.clusters.at(cluster, project=context.project, operation=context.operation)

    def at_change(
        self, change: PolicyChange, context: Context
    ) -> contextlib.AbstractContextManager[PolicyClient]:
        """The cluster that a change was made in. Raises `NoSuchChange` if it is gone."""
        return self.clusters.at_change(change, operation=context.operation)

    # --- inside

    def _form(self, action: PolicyPreview | PolicyApply, context: Context) -> PolicyForm:
        if context.person.id.startswith("terminal:"):
            raise BadManifest(
                "Which policy?",
                fix='Name a file: `xk8s run "policy preview --yaml CLUSTER -n NS" --file policy.yaml`',
            )
        name = self.clusters.name_of(action.cluster, project=context.project, operation=context.operation)
        return PolicyForm(action=action, cluster=name, namespace=action.namespace)

    def _carry_out(
        self, at: PolicyClient, plan: PolicyChangePlan, context: Context, *, take_over: bool = False
    ) -> PolicyChanged:
        maker = apply.ChangeAuthor(operation=context.operation, actor=context.person.id, at=self.now())
        change = apply.note(self.changes, plan, at.where, maker)
        written = apply.execute(at.kube, self.changes, change, take_over=take_over)
        return self._told(at, written, plan.computed, plan.found)

    def _finish(self, at: PolicyClient, change: PolicyChange, *, take_over: bool = False) -> PolicyChanged:
        """Go on where an earlier attempt was cut off, looking at the target first."""
        written = apply.execute(at.kube, self.changes, change, take_over=take_over, resumed=True)
        found = cluster_state.read_cluster_state(at.kube)
        return self._told(at, written, change_plan.describe_made_change(at.where, found, written), found)

    def _told(
        self, at: PolicyClient, change: PolicyChange, computed: Computed, found: cluster_state.ClusterState
    ) -> PolicyChanged:
        ref = PolicyRef(change.namespace, change.policy)
        after, not_compared, leaving = None, "", False
        try:
            seen = cluster_state.read_cluster_state(at.kube)
            leaving = change.after is None and ref in seen.policies
            after = post_check.compare(computed.after, seen, found, written=ref)
        except KubeError as unread:
            not_compared = f"{unread.what}: {unread.why}"
        return PolicyChanged(
            kind=change.kind,
            where=at.where,
            ref=ref,
            change=change.operation,
            preview=computed.preview,
            aftermath=after,
            not_compared=not_compared,
            leaving=leaving,
            note=change.note,
            undoes=change.undoes or "",
        )


def manifest_of(action: PolicyPreview | PolicyApply) -> presets.Manifest:
    """The manifest that words stand for. Raises `BadManifest` or `BadParameters`."""
    if action.manifest is not None:
        found = validation.own_policy(action.manifest, namespace=action.namespace)
    else:
        given = presets.Parameters(
            from_namespaces=action.from_namespace, to_namespaces=action.to_namespace, ports=action.port
        )
        found = presets.find(action.preset or "").manifest(action.namespace, given)
    return presets.with_dns(found) if action.allow_dns else found


def _pods_of(computed: engine.Reachability) -> dict[str, int]:
    counted: dict[str, int] = {}
    for pod in computed.cluster.pods:
        if not pod.finished:
            counted[str(pod.owner)] = counted.get(str(pod.owner), 0) + 1
    return counted


def _recent(change: PolicyChange) -> RecentChange:
    return RecentChange(
        operation=change.operation,
        kind=change.kind,
        ref=PolicyRef(change.namespace, change.policy),
        actor=change.actor,
        at=change.at,
        undone=change.undone_by is not None,
    )


def _choice(change: PolicyChange) -> Choice:
    what = f"{change.kind} of {change.namespace}/{change.policy} in {change.cluster_name}"
    return Choice(change.operation, f"{what}, {change.at:%Y-%m-%d %H:%M} UTC")


class PolicyProposer(Protocol):
    """Proposes each change of a policy."""

    def apply(self, action: PolicyApply, context: Context, /) -> Proposal: ...

    def delete(self, action: PolicyDelete, context: Context, /) -> Proposal: ...

    def rollback(self, action: PolicyRollback, context: Context, /) -> Proposal: ...


def routes(
    services: PolicyServices, proposals: PolicyProposer, readers: Mapping[str, TargetReader]
) -> Routes:
    """Return the routes of the policy actions; `readers` are by the action's name."""
    return Routes(
        Route(PolicyPresets, services.presets),
        Route(PolicyList, services.list),
        Route(PolicyShow, services.show),
        Route(PolicyPreview, services.preview),
        Route(PolicyApply, services.apply, proposal=proposals.apply),
        Route(PolicyDelete, services.delete, proposal=proposals.delete),
        Route(PolicyRollback, services.rollback, proposal=proposals.rollback),
        Route(PolicyReach, services.reach),
        readers=readers,
    )

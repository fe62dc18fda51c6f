"""The service of the policy actions: opens the cluster that is meant, and calls the policy domain."""

import collections
import dataclasses
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
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
from bot.policy import (
    apply,
    change_plan,
    cluster_state,
    content,
    owners,
    policy_list,
    post_check,
    preconditions,
    presets,
    reach_query,
    validation,
)
from bot.policy.change_plan import PolicyChangePlan
from bot.policy.clusters import PolicyClient, PolicyClusters
from bot.policy.errors import InvalidManifest
from bot.policy.field_conflicts import owned_by_others
from bot.policy.preview import count_isolated_pods
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
)
from bot.policy.rule_templates import Manifest, with_dns
from storage.policy_changes import PolicyChange

RECENT = 5  # changes shown under a list
SHORTEST_REFERENCE = 4  # characters of an operation that name a change


class Changes(apply.ChangeStore, Protocol):
    """Where changes are recorded and found again."""

    def find(self, project: str, prefix: str) -> list[PolicyChange]: ...

    def of_cluster(self, project: str, cluster: str, *, limit: int) -> list[PolicyChange]: ...


@dataclasses.dataclass(frozen=True)
class PolicyServices:
    """What each policy action does, and what its proposal plans.

    A change that is recorded already was cut off by a crash, and is resumed.
    """

    clusters: PolicyClusters
    changes: Changes
    now: Callable[[], datetime]

    def presets(self, _action: PolicyPresets, _context: Context) -> PresetList:
        """Return the ready-made policies, in the order in which they are listed."""
        return PresetList(presets=presets.PRESETS)

    def list(self, action: PolicyList, context: Context) -> PolicyListing:
        """List a cluster's policies, and what was changed through this bot last."""
        with self.open_cluster(action.cluster, context) as client:
            state = cluster_state.read_cluster_state(client.kube)
        recent = self.changes.of_cluster(client.cluster.project, client.cluster.id, limit=RECENT)
        return PolicyListing(
            cluster=client.cluster,
            policies=policy_list.list_policies(state),
            other_policies=state.other_policies,
            gaps=state.gaps,
            changes=policy_list.list_changes(recent),
        )

    def show(self, action: PolicyShow, context: Context) -> PolicyShown:
        """Show one policy as YAML. Raises `PolicyNotFound`."""
        ref = PolicyRef(action.namespace, action.policy)
        with self.open_cluster(action.cluster, context) as client:
            live = writes.read(client.kube, change_plan.path_of(ref))
            if live is None:
                raise preconditions.policy_not_found(
                    ref, cluster_state.read_policies(client.kube), client.cluster
                )
            state = cluster_state.read_cluster_state(client.kube)
        return PolicyShown(
            cluster=client.cluster,
            ref=ref,
            yaml=content.to_yaml(live),
            owner=owners.owner_of(live),
            managers=tuple(sorted(owners.managers_of(live))),
            last_writer=content.describe_last_writer(live),
            selected=count_isolated_pods(state.cluster.pods, state.policy(ref)),
        )

    def reach(self, action: PolicyReach, context: Context) -> ReachAnswer | ExposureShown:
        """Say whether one end reaches the other; without ends, what is open to everybody."""
        if bool(action.source) != bool(action.destination) or (action.port and not action.source):
            raise InvalidManifest(
                "Both ends are needed: `--from` and `--to`",
                fix=f"Or neither, to see what is open to everybody: `/xk8s policy reach {action.cluster}`",
            )
        port = reach_query.parse_port(action.port)
        with self.open_cluster(action.cluster, context) as client:
            state = cluster_state.read_cluster_state(client.kube)
        reach = engine.compute(state.cluster)
        if not action.source or not action.destination:
            return ExposureShown(
                cluster=client.cluster,
                exposure=exposure.compute_exposure(reach),
                pods=collections.Counter(str(pod.owner) for pod in reach.pod_index.pods),
                other_policies=state.other_policies,
                gaps=state.gaps,
            )
        sources = reach_query.find_ends(reach, action.source)
        destinations = reach_query.find_ends(reach, action.destination)
        return ReachAnswer(
            cluster=client.cluster,
            source=action.source,
            destination=action.destination,
            port=action.port or "",
            pairs_explained=reach_query.explain_pairs(reach, sources, destinations, port),
            other_policies=state.other_policies,
            gaps=state.gaps,
        )

    def preview(self, action: PolicyPreview, context: Context) -> PreviewShown | PolicyForm:
        """Show what a policy would do; nothing is written."""
        if action.needs_manifest:
            return self._form(action, context)
        manifest = manifest_of(action)
        with self.open_cluster(action.cluster, context) as client:
            plan = change_plan.plan_apply(client.kube, client.cluster, manifest)
        return PreviewShown(
            preview=plan.preview,
            action=action,
            may_apply=client.cluster.enforces and not plan.preview.unchanged,
            dns_helps=bool(plan.preview.loses_dns) and with_dns(manifest) != manifest,
        )

    def apply(self, action: PolicyApply, context: Context) -> PolicyChanged | PolicyForm:
        """Apply a policy. Raises `NotEnforced`, `OwnedByOthers`, `ChangedSince` and what the server says."""
        record = self.changes.get(context.operation)
        if record is None and action.needs_manifest:
            return self._form(action, context)
        with self.open_cluster(action.cluster, context) as client:
            preconditions.check_enforced(client.cluster)
            if record is not None:
                return self._resume(client, record, take_over=action.force_conflicts)
            plan = self.plan_apply(action, client)
            if plan.preview.unchanged:
                return PolicyChanged(
                    kind=plan.kind,
                    cluster=client.cluster,
                    ref=plan.preview.ref,
                    change="",
                    preview=plan.preview,
                    post_check=None,
                )
            return self._execute(client, plan, context, take_over=action.force_conflicts)

    def delete(self, action: PolicyDelete, context: Context) -> PolicyChanged:
        """Delete a policy. Raises `PolicyNotFound`, `ChangedSince` and what the server says."""
        with self.open_cluster(action.cluster, context) as client:
            if (record := self.changes.get(context.operation)) is not None:
                return self._resume(client, record)
            return self._execute(client, self.plan_delete(action, client), context)

    def rollback(self, action: PolicyRollback, context: Context) -> PolicyChanged:
        """Restore what was there before a change.

        Raises `ChangeNotFound`, `ChangedSince` and what the server says.
        """
        change = self.change_of(action, context)
        with self.open_changed_cluster(change, context) as client:
            if (record := self.changes.get(context.operation)) is not None:
                return self._resume(client, record)
            return self._execute(
                client, change_plan.plan_rollback(client.kube, client.cluster, change), context
            )

    def plan_apply(self, action: PolicyApply, client: PolicyClient) -> PolicyChangePlan:
        """Plan an apply. Raises `OwnedByOthers` where other field managers own what would be written."""
        manifest = manifest_of(action)
        plan = change_plan.plan_apply(client.kube, client.cluster, manifest, take_over=action.force_conflicts)
        if plan.preview.takeovers:
            raise owned_by_others(plan.preview.takeovers)
        return plan

    def plan_delete(self, action: PolicyDelete, client: PolicyClient) -> PolicyChangePlan:
        """Plan a deletion. Raises `PolicyNotFound`."""
        return change_plan.plan_delete(
            client.kube, client.cluster, PolicyRef(action.namespace, action.policy)
        )

    def change_of(self, action: PolicyRollback, context: Context) -> PolicyChange:
        """Return the change that is to be rolled back. Raises `ChangeNotFound` or `Ambiguous`."""
        long_enough = len(action.change) >= SHORTEST_REFERENCE
        matches = self.changes.find(context.project or "", action.change) if long_enough else ()
        return preconditions.pick_change(matches, action.change, str(context.project))

    def open_cluster(self, cluster: str, context: Context) -> AbstractContextManager[PolicyClient]:
        """Open a cluster of the project by name or id. Raises `Problem`."""
        return self.clusters.open_cluster(cluster, project=context.project, operation=context.operation)

    def open_changed_cluster(
        self, change: PolicyChange, context: Context
    ) -> AbstractContextManager[PolicyClient]:
        """Open the cluster that a change was made in. Raises `ChangeNotFound` if that cluster is gone."""
        return self.clusters.open_changed_cluster(change, operation=context.operation)

    def _form(self, action: PolicyPreview | PolicyApply, context: Context) -> PolicyForm:
        if context.person.id.startswith("terminal:"):
            raise InvalidManifest(
                "Which policy?",
                fix='Name a file: `xk8s run "policy preview --yaml CLUSTER -n NS" --file policy.yaml`',
            )
        cluster = self.clusters.find(action.cluster, project=context.project, operation=context.operation)
        return PolicyForm(action=action, cluster=cluster.name, namespace=action.namespace)

    def _execute(
        self, client: PolicyClient, plan: PolicyChangePlan, context: Context, *, take_over: bool = False
    ) -> PolicyChanged:
        author = apply.ChangeAuthor(operation=context.operation, actor=context.person.id, at=self.now())
        change = apply.record_begun(self.changes, plan, author)
        record = apply.execute(client.kube, self.changes, change, take_over=take_over)
        return _changed(client, record, plan)

    def _resume(
        self, client: PolicyClient, change: PolicyChange, *, take_over: bool = False
    ) -> PolicyChanged:
        record = apply.execute(client.kube, self.changes, change, take_over=take_over, resumed=True)
        state = cluster_state.read_cluster_state(client.kube)
        return _changed(client, record, change_plan.reconstruct_plan(client.cluster, state, record))


def _changed(client: PolicyClient, change: PolicyChange, plan: PolicyChangePlan) -> PolicyChanged:
    """The result of a change: what was previewed, and how the cluster that is read again compares with it."""
    ref = PolicyRef(change.namespace, change.policy)
    check, not_compared, deleting = None, "", False
    try:
        state = cluster_state.read_cluster_state(client.kube)
        deleting = change.after is None and ref in state.policies
        check = post_check.compare(plan.after, state, plan.state, policy=ref)
    except KubeError as error:
        not_compared = f"{error.what}: {error.why}"
    return PolicyChanged(
        kind=change.kind,
        cluster=client.cluster,
        ref=ref,
        change=change.operation,
        preview=plan.preview,
        post_check=check,
        not_compared=not_compared,
        deleting=deleting,
        note=change.note,
        undoes=change.undoes or "",
    )


def manifest_of(action: PolicyPreview | PolicyApply) -> Manifest:
    """Return the manifest that a request stands for. Raises `InvalidManifest` or `InvalidParameters`."""
    if action.manifest is not None:
        manifest = validation.validate_manifest(action.manifest, namespace=action.namespace)
    else:
        parameters = presets.Parameters(
            from_namespaces=action.from_namespace, to_namespaces=action.to_namespace, ports=action.port
        )
        manifest = presets.find(action.preset or "").manifest(action.namespace, parameters)
    return with_dns(manifest) if action.allow_dns else manifest


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

"""What must hold before a policy is written or a change is rolled back, and the refusals if it does not."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from bot.common.problems import Ambiguous, Choice
from bot.drivers.catalog import recommended
from bot.policy.cluster_state import ClusterState
from bot.policy.drift import drift_after
from bot.policy.errors import ChangedSince, ChangeNotFound, NamespaceNotFound, NotEnforced, PolicyNotFound
from bot.policy.preview import PolicyCluster
from bot.policy.reach.model import PolicyRef
from storage.policy_changes import GIVEN_UP, WRITTEN, PolicyChange

Object = dict[str, Any]


def check_enforced(cluster: PolicyCluster) -> None:
    """Refuse to write a policy that no driver would enforce. Raises `NotEnforced`."""
    if cluster.enforces:
        return
    runs = cluster.driver or "no network driver that I know to enforce policies"
    raise NotEnforced(
        f"{cluster.name} runs {runs}, so no policy is applied there",
        why=(
            f"{cluster.driver} enforces no NetworkPolicy: the API would accept it and nothing would change"
            if cluster.driver
            else "The API would accept it, and whether anything changes is not known"
        ),
        fix=f"Move the cluster first: `/xk8s migrate {cluster.name} --to {recommended().driver}`",
    )


def check_namespace(state: ClusterState, ref: PolicyRef, cluster: PolicyCluster) -> None:
    """Refuse a policy in a namespace that the cluster does not have. Raises `NamespaceNotFound`."""
    if ref.namespace in state.namespaces:
        return
    near = difflib.get_close_matches(ref.namespace, state.namespaces, n=1, cutoff=0.5)
    names = ", ".join(sorted(state.namespaces)[:10])
    fix = f"Did you mean `-n {near[0]}`?" if near else f"There are {names}."
    raise NamespaceNotFound(f"There is no namespace {ref.namespace} in {cluster.name}", fix=fix)


def pick_change(matches: Sequence[PolicyChange], reference: str, project: str) -> PolicyChange:
    """Return the one change whose operation begins with a reference.

    Raises `ChangeNotFound` if there is none, `Ambiguous` if there are several.
    """
    if len(matches) == 1:
        return matches[0]
    if not matches:
        raise ChangeNotFound(
            f"There is no change {reference} in {project}",
            fix="The changes of a cluster stand under `/xk8s policy list CLUSTER`.",
        )
    raise Ambiguous(
        f"{len(matches)} changes begin with {reference}",
        choices=[_choice(change) for change in matches],
        fix="Pick one.",
    )


def _choice(change: PolicyChange) -> Choice:
    label = f"{change.kind} of {change.namespace}/{change.policy} in {change.cluster_name}"
    return Choice(change.operation, f"{label}, {change.at:%Y-%m-%d %H:%M} UTC")


def check_revocable(change: PolicyChange) -> None:
    """Refuse to roll back what was never written, or was rolled back already. Raises `ChangeNotFound`."""
    name = f"{change.namespace}/{change.policy}"
    if change.undone_by is not None:
        raise ChangeNotFound(
            f"The change {change.operation[:4]} of {name} was taken back already",
            why=f"by {change.undone_by[:4]}",
            fix=f"To take that back: `/xk8s policy rollback {change.undone_by[:4]}`",
        )
    if change.state == GIVEN_UP:
        raise ChangeNotFound(
            f"The change {change.operation[:4]} of {name} was never made",
            why=change.note,
            fix=f"See `/xk8s policy list {change.cluster_name}`.",
        )
    if change.state != WRITTEN or change.note:
        raise ChangeNotFound(
            f"The change {change.operation[:4]} of {name} cannot be taken back",
            why=change.note or "it was cut off, and what came of it is not known",
            fix=f"Look at it: {show_command(change)}",
        )


def check_untouched(change: PolicyChange, live: Object | None) -> None:
    """Refuse to roll back unless the live policy is exactly what the change left. Raises `ChangedSince`."""
    why = drift_after(change, live)
    if why:
        raise ChangedSince(
            f"{change.namespace}/{change.policy} was changed after {change.operation[:4]}, so it is not"
            " restored",
            why=why,
            fix=f"Look at it: {show_command(change)}",
        )


def policy_not_found(
    ref: PolicyRef, policies: Mapping[PolicyRef, Object], cluster: PolicyCluster
) -> PolicyNotFound:
    """Return the refusal that suggests the nearest policy of the same namespace."""
    names = [existing.name for existing in policies if existing.namespace == ref.namespace]
    near = difflib.get_close_matches(ref.name, names, n=1, cutoff=0.5)
    suggestion = f"Did you mean `{near[0]}`? " if near else ""
    return PolicyNotFound(
        f"There is no policy {ref.name} in {ref.namespace} of {cluster.name}",
        fix=f"{suggestion}See `/xk8s policy list {cluster.name}`.",
    )


def show_command(change: PolicyChange) -> str:
    """Return the command, as it is typed, that shows the policy of a change."""
    return f"`/xk8s policy show {change.policy} {change.cluster_name} -n {change.namespace}`"

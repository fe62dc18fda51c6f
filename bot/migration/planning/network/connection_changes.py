"""Connections that a migration closes because the new driver enforces policies, or opens because it does not.

Policies that no driver enforced have never been tested: in the new cluster they start to cut. The other way
round isolation that people rely on is lost without a word. Both are told connection by connection.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping

from bot.common.wording import count
from bot.drivers.profile import DriverProfile
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.team_namespaces import system_namespaces
from bot.migration.objects.manifest import containers_of, spec_of
from bot.migration.planning.findings import PlanFinding, note, warn
from bot.policy.cluster_state import ClusterState
from bot.policy.reach.changes import ConnectionChange
from bot.policy.reach.connections import NOTHING, Connections
from bot.policy.reach.difference import difference
from bot.policy.reach.engine import Reachability, compute
from bot.policy.reach.model import Pod, Protocol

ABOUT = "policies"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Connection:
    """What closes or opens from one workload or outside range to another: `shop/cart[Deployment]`, `TCP
    80,UDP 53`.

    `served` is the part of `ports` that containers of the destination declare: what probably matters.
    """

    source: str
    destination: str
    ports: str
    served: str
    source_pods: int
    destination_pods: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConnectionChanges:
    """What changes on the network. `computed` is False if neither driver enforces, or both do."""

    computed: bool
    policies: int
    closes: tuple[Connection, ...] = ()
    opens: tuple[Connection, ...] = ()
    loses_dns: tuple[str, ...] = ()  # pods
    gaps: tuple[str, ...] = ()  # what the engine could not take into account


@dataclasses.dataclass(frozen=True, kw_only=True)
class States:
    """The network before and after, as computed; for those who ask further."""

    before: Reachability
    after: Reachability


def states(
    snapshot: ClusterState, *, source: DriverProfile, target: DriverProfile, namespaces: Collection[str]
) -> States:
    """The source as it is, and the target as the copied policies will make it.

    Only pods that will be in the target count: those of the migrated namespaces and of the cluster's own.
    Their addresses there are not known, so that no ipBlock matches a pod.
    """
    scope = frozenset(namespaces) | system_namespaces()
    cluster = snapshot.cluster
    pods = tuple(
        dataclasses.replace(pod, addresses=()) if not pod.host_network else pod
        for pod in cluster.pods
        if pod.namespace in scope and not _is_driver(pod, source)
    )
    policies = tuple(policy for policy in cluster.policies if policy.namespace in frozenset(namespaces))
    base = dataclasses.replace(
        cluster,
        pods=pods,
        policies=(),
        namespaces=tuple(each for each in cluster.namespaces if each.name in scope),
    )
    enforced = dataclasses.replace(base, policies=policies)
    return States(
        before=compute(enforced if source.enforces_network_policy else base),
        after=compute(enforced if target.enforces_network_policy else base),
    )


def _is_driver(pod: Pod, source: DriverProfile) -> bool:
    """The source's own driver: it does not come along."""
    return pod.namespace in system_namespaces() and source.pod_labels.items() <= pod.labels.items()


def connection_changes(
    snapshot: ClusterState,
    inventory: Inventory,
    found: States,
    *,
    source: DriverProfile,
    target: DriverProfile,
) -> ConnectionChanges:
    """What closes and what opens."""
    policies = len(snapshot.cluster.policies)
    gaps = (*snapshot.gaps, *(f"{each} is not computed" for each in snapshot.foreign))
    if source.enforces_network_policy == target.enforces_network_policy or not policies:
        return ConnectionChanges(computed=False, policies=policies, gaps=gaps)
    changed = difference(found.before, found.after)
    declared = _declared(inventory, found.before)
    return ConnectionChanges(
        computed=True,
        policies=policies,
        gaps=gaps,
        closes=tuple(_connections(changed.changes, declared, closes=True)),
        opens=tuple(_connections(changed.changes, declared, closes=False)),
        loses_dns=tuple(f"{lost.pod} ({', '.join(lost.protocols)})" for lost in changed.loses_dns),
    )


def _connections(
    changes: Iterable[ConnectionChange], declared: Mapping[str, Connections], *, closes: bool
) -> Iterable[Connection]:
    for each in changes:
        ports = each.closes if closes else each.opens
        if ports:
            served = ports & declared.get(each.destination, NOTHING)
            yield Connection(
                source=each.source,
                destination=each.destination,
                ports=str(ports),
                served=str(served) if served else "",
                source_pods=each.source_pods,
                destination_pods=each.destination_pods,
            )


def _declared(inventory: Inventory, reach: Reachability) -> dict[str, Connections]:
    """The ports that containers of each workload declare."""
    owners = {str(pod.ref): str(pod.owner) for pod in reach.cluster.pods}
    found: dict[str, Connections] = {}
    for pod in inventory.of("Pod"):
        owner = owners.get(f"{pod['metadata']['namespace']}/{pod['metadata']['name']}", "")
        for container in containers_of(spec_of(pod)):
            for port in container.get("ports") or []:
                number = port["containerPort"]
                one = Connections.of(Protocol(port.get("protocol", "TCP")), number, number)
                found[owner] = found.get(owner, NOTHING) | one
    return found


def findings(
    found: ConnectionChanges, *, source: DriverProfile, target: DriverProfile
) -> Iterable[PlanFinding]:
    """What an approver must know of it."""
    if not found.policies:
        yield note(ABOUT, "there is no NetworkPolicy: no connection changes")
    elif not found.computed:
        yield note(
            ABOUT, f"{source.title} and {target.title} treat NetworkPolicies alike: no connection changes"
        )
    elif target.enforces_network_policy:
        yield from _starts_to_cut(found, source, target)
    else:
        yield warn(
            ABOUT,
            f"isolation is lost: {count(len(found.opens), 'connection opens', 'connections open')}",
            why=(
                f"{target.title} enforces no NetworkPolicy; "
                f"{count(found.policies, 'policy is', 'policies are')} copied without effect"
            ),
            fix="Approve only if that is meant.",
        )
    for gap in found.gaps:
        yield warn(ABOUT, "the computed connections may be incomplete", why=gap)


def _starts_to_cut(
    found: ConnectionChanges, source: DriverProfile, target: DriverProfile
) -> Iterable[PlanFinding]:
    if found.closes:
        yield warn(
            ABOUT,
            f"{count(len(found.closes), 'connection is', 'connections are')} cut that work today,"
            f" {sum(bool(each.served) for each in found.closes)} of them to ports that are served",
            why=(
                f"{source.title} has never enforced the {count(found.policies, 'policy', 'policies')},"
                f" {target.title} will"
            ),
            fix=(
                "Look at the list: a policy that cuts too much is corrected on the source before the"
                " migration."
            ),
        )
    else:
        yield note(
            ABOUT, f"{count(found.policies, 'policy', 'policies')} will be enforced, and cut no connection"
        )
    if found.loses_dns:
        yield warn(
            ABOUT,
            f"{count(len(found.loses_dns), 'pod loses', 'pods lose')} DNS",
            why=", ".join(found.loses_dns[:5]),
            fix="Add an allow-dns policy on the source: `/xk8s policy preview allow-dns …`.",
        )

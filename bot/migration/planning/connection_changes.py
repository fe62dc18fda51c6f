"""Connections that a migration closes because the new driver enforces policies, or opens because it does not.

Policies that no driver enforced have never been tested: in the new cluster they begin to cut. The other way
round, isolation that people rely on is lost without a word. Both are computed connection by connection, by
the reachability engine: `network` is the source as it reads it, `source` and `target` are the drivers.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from bot.drivers.profile import DriverProfile
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.namespace_selection import system_namespaces
from bot.migration.objects.fields import containers_of, ref_of, spec_of
from bot.policy.cluster_state import ClusterState
from bot.policy.reach.changes import ConnectionChange
from bot.policy.reach.connections import NOTHING, Connections
from bot.policy.reach.difference import compare_states
from bot.policy.reach.engine import Reachability, compute
from bot.policy.reach.model import Pod, Protocol


@dataclasses.dataclass(frozen=True, kw_only=True)
class Connection:
    """What closes or opens from one workload or outside range to another.

    Ends are texts such as `shop/cart[Deployment]`, ports such as `TCP 80,UDP 53`. `served` is the part of
    `ports` that containers of the destination declare, which is what probably matters.
    """

    source: str
    destination: str
    ports: str
    served: str
    source_pods: int
    destination_pods: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConnectionChanges:
    """What changes on the network.

    `computed` is False if neither driver enforces policies, or both do. `loses_dns` names pods, `gaps` what
    the engine could not take into account.
    """

    computed: bool
    policies: int
    closes: tuple[Connection, ...] = ()
    opens: tuple[Connection, ...] = ()
    loses_dns: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class States:
    """The network before and after the migration, as computed."""

    before: Reachability
    after: Reachability


def compute_states(
    network: ClusterState, *, source: DriverProfile, target: DriverProfile, namespaces: Collection[str]
) -> States:
    """Compute the source as it is, and the target as the copied policies will make it.

    Only pods that will be in the target count: those of the migrated namespaces and of the cluster's own.
    Their addresses there are not known, so that no ipBlock matches a pod.
    """
    migrated = frozenset(namespaces)
    scope, cluster = migrated | system_namespaces(), network.cluster
    open_network = dataclasses.replace(
        cluster,
        pods=tuple(
            pod if pod.host_network else dataclasses.replace(pod, addresses=())
            for pod in cluster.pods
            if pod.namespace in scope and not _is_driver(pod, source)
        ),
        policies=(),
        namespaces=tuple(namespace for namespace in cluster.namespaces if namespace.name in scope),
    )
    policies = tuple(policy for policy in cluster.policies if policy.namespace in migrated)
    enforced = dataclasses.replace(open_network, policies=policies)
    return States(
        before=compute(enforced if source.enforces_network_policy else open_network),
        after=compute(enforced if target.enforces_network_policy else open_network),
    )


def _is_driver(pod: Pod, source: DriverProfile) -> bool:
    """Return whether a pod is the source's own driver, which does not come along."""
    return pod.namespace in system_namespaces() and source.pod_labels.items() <= pod.labels.items()


def connection_changes(
    network: ClusterState,
    inventory: Inventory,
    computed: States,
    *,
    source: DriverProfile,
    target: DriverProfile,
) -> ConnectionChanges:
    """Return what closes and what opens; the containers in the inventory say which ports are served."""
    policies = len(network.cluster.policies)
    gaps = (*network.gaps, *(f"{kind} is not computed" for kind in network.other_policies))
    if source.enforces_network_policy == target.enforces_network_policy or not policies:
        return ConnectionChanges(computed=False, policies=policies, gaps=gaps)
    changed = compare_states(computed.before, computed.after)
    declared = _declared_ports(inventory, computed.before)
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
    for change in changes:
        ports = change.closes if closes else change.opens
        if ports:
            served = ports & declared.get(change.destination, NOTHING)
            yield Connection(
                source=change.source,
                destination=change.destination,
                ports=str(ports),
                served=str(served) if served else "",
                source_pods=change.source_pods,
                destination_pods=change.destination_pods,
            )


def _declared_ports(inventory: Inventory, reach: Reachability) -> dict[str, Connections]:
    """Return the ports that the containers of each workload declare."""
    owners = {str(pod.ref): str(pod.owner) for pod in reach.cluster.pods}
    declared: dict[str, Connections] = defaultdict(lambda: NOTHING)
    for pod in inventory.of("Pod"):
        owner = owners.get(ref_of(pod).short, "")
        for port in (
            port for container in containers_of(spec_of(pod)) for port in container.get("ports") or []
        ):
            number = port["containerPort"]
            declared[owner] |= Connections.of(Protocol(port.get("protocol", "TCP")), number, number)
    return declared

"""Checks of Calico's own state beyond its pods: the datastore, IP pools, node addresses, WireGuard.

All of them need the Kubernetes API alone; `bgp` has what must be asked on the nodes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from bot.drivers.facts import Check, ClusterFacts, Finding, Severity

ADDRESS = "projectcalico.org/IPv4Address"
WIREGUARD_KEY = "projectcalico.org/WireguardPublicKey"


def datastore(facts: ClusterFacts) -> Iterable[Finding]:
    """Find that an upgrade or migration of Calico has locked its datastore."""
    informations = facts.resources.get("clusterinformations", ())
    if any(information.spec.get("datastoreReady") is False for information in informations):
        yield Finding(
            severity=Severity.ERROR,
            title="Calico's datastore is locked",
            detail=(
                "ClusterInformation default has datastoreReady false: an upgrade or migration is under way"
            ),
            advice="unlock it once that has finished",
        )


def ip_pools(facts: ClusterFacts) -> Iterable[Finding]:
    """Find that no pool is left from which a new pod could get an address."""
    pools = facts.resources.get("ippools", ())
    if pools and all(pool.spec.get("disabled") for pool in pools):
        yield Finding(
            severity=Severity.ERROR,
            title="no IP pool is enabled",
            detail=f"all {len(pools)} IPPools are disabled, so new pods get no address",
            advice="enable or add an IPPool",
        )


def node_addresses(facts: ClusterFacts) -> Iterable[Finding]:
    """Find nodes for which Calico has detected a wrong address, and addresses that two nodes claim."""
    owners: dict[str, list[str]] = defaultdict(list)
    for node in facts.nodes:
        address = node.metadata.annotations.get(ADDRESS, "").split("/")[0]
        if not address:
            continue  # calico-node never started there: the finding about its pod says why
        owners[address].append(node.name)
        if node.internal_ip and address != node.internal_ip:
            yield Finding(
                severity=Severity.ERROR,
                title="Calico uses another address than the node's",
                node=node.name,
                detail=f"{ADDRESS} is {address}, InternalIP is {node.internal_ip}",
                advice="set IP_AUTODETECTION_METHOD so that it finds the right interface",
            )
    for address, nodes in owners.items():
        if len(nodes) > 1:
            yield Finding(
                severity=Severity.ERROR,
                title="two nodes claim one address",
                node=nodes[-1],
                detail=f"{address} stands on {' and '.join(nodes)}",
                advice="remove the stale node",
            )


def wireguard(facts: ClusterFacts) -> Iterable[Finding]:
    """Find nodes without a WireGuard key where encryption is switched on."""
    configurations = facts.resources.get("felixconfigurations", ())
    if not any(configuration.spec.get("wireguardEnabled") is True for configuration in configurations):
        return
    for node in facts.nodes:
        if not node.metadata.annotations.get(WIREGUARD_KEY):
            yield Finding(
                severity=Severity.WARNING,
                title="traffic is not encrypted",
                node=node.name,
                detail="WireGuard is on, but this node has no key",
                advice="load the kernel module wireguard, restart calico-node",
            )


CHECKS = (
    Check(name="Calico's datastore", find=datastore),
    Check(name="IP pools", find=ip_pools),
    Check(name="node addresses", find=node_addresses),
    Check(name="WireGuard", find=wireguard),
)

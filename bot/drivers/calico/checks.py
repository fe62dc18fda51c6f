"""Checks of Calico's own state beyond its pods: the datastore, IP pools, node addresses, WireGuard.

All of them need the Kubernetes API alone; `bgp` has what must be asked on the nodes.
"""

from collections import defaultdict
from collections.abc import Iterable

from bot.drivers.facts import Check, ClusterFacts, Finding, error, warning

ADDRESS = "projectcalico.org/IPv4Address"
WIREGUARD_KEY = "projectcalico.org/WireguardPublicKey"


def datastore(facts: ClusterFacts) -> Iterable[Finding]:
    """Find that an upgrade or migration of Calico has locked its datastore."""
    informations = facts.resources.get("clusterinformations", ())
    if any(information.spec.get("datastoreReady") is False for information in informations):
        detail = "ClusterInformation default has datastoreReady false: an upgrade or migration is under way"
        yield error("Calico's datastore is locked", detail, advice="unlock it once that has finished")


def ip_pools(facts: ClusterFacts) -> Iterable[Finding]:
    """Find that no pool is left from which a new pod could get an address."""
    pools = facts.resources.get("ippools", ())
    if pools and all(pool.spec.get("disabled") for pool in pools):
        detail = f"all {len(pools)} IPPools are disabled, so new pods get no address"
        yield error("no IP pool is enabled", detail, advice="enable or add an IPPool")


def node_addresses(facts: ClusterFacts) -> Iterable[Finding]:
    """Find nodes for which Calico has detected a wrong address, and addresses that two nodes claim."""
    owners: dict[str, list[str]] = defaultdict(list)
    for node in facts.nodes:
        address = node.metadata.annotations.get(ADDRESS, "").split("/")[0]
        if not address:
            continue  # calico-node never started there: the finding about its pod says why
        owners[address].append(node.name)
        if node.internal_ip and address != node.internal_ip:
            detail = f"{ADDRESS} is {address}, InternalIP is {node.internal_ip}"
            advice = "set IP_AUTODETECTION_METHOD so that it finds the right interface"
            title = "Calico uses another address than the node's"
            yield error(title, detail, node=node.name, advice=advice)
    for address, nodes in owners.items():
        if len(nodes) > 1:
            detail = f"{address} stands on {' and '.join(nodes)}"
            yield error("two nodes claim one address", detail, node=nodes[-1], advice="remove the stale node")


def wireguard(facts: ClusterFacts) -> Iterable[Finding]:
    """Find nodes without a WireGuard key where encryption is switched on."""
    configurations = facts.resources.get("felixconfigurations", ())
    if not any(configuration.spec.get("wireguardEnabled") is True for configuration in configurations):
        return
    advice = "load the kernel module wireguard, restart calico-node"
    for node in facts.nodes:
        if not node.metadata.annotations.get(WIREGUARD_KEY):
            detail = "WireGuard is on, but this node has no key"
            yield warning("traffic is not encrypted", detail, node=node.name, advice=advice)


CHECKS = (
    Check(name="Calico's datastore", find=datastore),
    Check(name="IP pools", find=ip_pools),
    Check(name="node addresses", find=node_addresses),
    Check(name="WireGuard", find=wireguard),
)

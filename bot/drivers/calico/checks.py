"""Calico's own state beyond its pods: datastore, pools, node addresses, WireGuard."""

from __future__ import annotations

from collections import defaultdict

from bot.drivers.facts import CheckResult, ClusterFacts, Finding, Severity

ADDRESS = "projectcalico.org/IPv4Address"
WIREGUARD_KEY = "projectcalico.org/WireguardPublicKey"


def judge(facts: ClusterFacts) -> tuple[CheckResult, ...]:
    """Every check that the API alone can answer."""
    return (
        CheckResult(name="Calico's datastore", findings=_datastore(facts)),
        CheckResult(name="IP pools", findings=_pools(facts)),
        CheckResult(name="node addresses", findings=_addresses(facts)),
        CheckResult(name="WireGuard", findings=_wireguard(facts)),
    )


def _datastore(facts: ClusterFacts) -> tuple[Finding, ...]:
    for found in facts.extra.get("clusterinformations", ()):
        if found.spec.get("datastoreReady") is False:
            return (
                Finding(
                    severity=Severity.ERROR,
                    title="Calico's datastore is locked",
                    detail=(
                        "ClusterInformation default has datastoreReady false: an upgrade or migration is"
                        " under way"
                    ),
                    advice="unlock it once that has finished",
                ),
            )
    return ()


def _pools(facts: ClusterFacts) -> tuple[Finding, ...]:
    pools = facts.extra.get("ippools", ())
    if pools and all(pool.spec.get("disabled") for pool in pools):
        return (
            Finding(
                severity=Severity.ERROR,
                title="no IP pool is enabled",
                detail=f"all {len(pools)} IPPools are disabled, so new pods get no address",
                advice="enable or add an IPPool",
            ),
        )
    return ()


def _addresses(facts: ClusterFacts) -> tuple[Finding, ...]:
    found: list[Finding] = []
    owners: dict[str, list[str]] = defaultdict(list)
    for node in facts.nodes:
        address = node.metadata.annotations.get(ADDRESS, "").split("/")[0]
        if not address:
            continue  # calico-node never started there: its pod says why
        owners[address].append(node.name)
        if node.internal_ip and address != node.internal_ip:
            found.append(
                Finding(
                    severity=Severity.ERROR,
                    title="Calico uses another address than the node's",
                    node=node.name,
                    detail=f"{ADDRESS} is {address}, InternalIP is {node.internal_ip}",
                    advice="set IP_AUTODETECTION_METHOD so that it finds the right interface",
                )
            )
    for address, nodes in owners.items():
        if len(nodes) > 1:
            found.append(
                Finding(
                    severity=Severity.ERROR,
                    title="two nodes claim one address",
                    node=nodes[-1],
                    detail=f"{address} stands on {' and '.join(nodes)}",
                    advice="remove the stale node",
                )
            )
    return tuple(found)


def _wireguard(facts: ClusterFacts) -> tuple[Finding, ...]:
    enabled = any(
        found.spec.get("wireguardEnabled") is True for found in facts.extra.get("felixconfigurations", ())
    )
    if not enabled:
        return ()
    return tuple(
        Finding(
            severity=Severity.WARNING,
            title="traffic is not encrypted",
            node=node.name,
            detail="WireGuard is on, but this node has no key",
            advice="load the kernel module wireguard, restart calico-node",
        )
        for node in facts.nodes
        if not node.metadata.annotations.get(WIREGUARD_KEY)
    )

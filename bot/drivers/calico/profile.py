"""Calico as Magnum installs it (its manifest of 3.26), by upstream's manifest, and by the Tigera operator."""

from bot.drivers.calico import bgp, checks, template
from bot.drivers.driver import Driver
from bot.drivers.policy_apis import PolicyApi
from bot.drivers.profile import ComparisonRow, DriverProfile, ResourceList

# the aggregated API of Calico's API server, and the CRDs in which its objects are stored
API_GROUP, CRD_GROUP = "projectcalico.org", "crd.projectcalico.org"


def _resources(plural: str) -> ResourceList:
    return ResourceList(
        name=plural, paths=(f"/apis/{CRD_GROUP}/v1/{plural}", f"/apis/{API_GROUP}/v3/{plural}")
    )


PROFILE = DriverProfile(
    driver=Driver("calico"),
    title="Calico",
    summary="for production, NetworkPolicy, BGP",
    comparison=ComparisonRow(
        network_policy="full: ingress and egress, and Calico's own policies",
        performance="native routing with BGP: packets leave unwrapped, close to the bare network",
        encryption="optional: WireGuard between nodes",
        recommended_for="production",
    ),
    production=True,
    enforces_network_policy=True,
    warning="",
    template=template.RULES,
    security_rules=(bgp.PORT, template.IPIP, template.WIREGUARD),
    pod_labels={"k8s-app": "calico-node"},
    container="calico-node",
    up_reason="CalicoIsUp",
    namespaces=("calico-system", "calico-apiserver", "tigera-operator"),
    add_ons=("calico-",),
    state_groups=(CRD_GROUP, API_GROUP, "operator.tigera.io"),
    pod_annotations=("cni.projectcalico.org/",),
    address_annotations=tuple(
        f"cni.projectcalico.org/{name}" for name in ("ipAddrs", "ipv4pools", "ipv6pools", "floatingIPs")
    ),
    resources=tuple(map(_resources, ("ippools", "clusterinformations", "felixconfigurations"))),
    checks=checks.CHECKS,
    probe=bgp.PROBE,
    policies=PolicyApi(
        groups=(API_GROUP, CRD_GROUP),
        policies={"NetworkPolicy": "networkpolicies", "GlobalNetworkPolicy": "globalnetworkpolicies"},
        referenced=("NetworkSet", "GlobalNetworkSet", "Tier"),
        staged=((CRD_GROUP, "StagedNetworkPolicy"), (CRD_GROUP, "StagedGlobalNetworkPolicy")),
        cluster_scoped=frozenset({"GlobalNetworkPolicy", "StagedGlobalNetworkPolicy"}),
        # the API server shows Kubernetes' own policies a second time, under these names
        mirrored=("knp.", "kanp.", "kbanp.", "kcnp."),
        tools="calicoctl or kubectl",
    ),
)

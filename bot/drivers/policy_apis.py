"""Policy APIs beside NetworkPolicy, whose objects can decide otherwise than Kubernetes' own policies.

They are searched for and named, never computed. The API of a driver in the catalogue is in its
profile; `UNCATALOGUED` has those that no profile has, because a cluster may serve them all the same.
"""

import dataclasses
from collections.abc import Mapping
from functools import cached_property


@dataclasses.dataclass(frozen=True, kw_only=True)
class PolicyApi:
    """The policies of one driver or project in the Kubernetes API."""

    groups: tuple[str, ...]  # the same objects under several API groups; the first that is served is read
    policies: Mapping[str, str]  # kinds that allow or deny connections, each with its plural
    referenced: tuple[str, ...] = ()  # kinds that policies refer to, and that people write as well
    staged: tuple[tuple[str, str], ...] = ()  # (group, kind) of policies that are not enforced yet
    cluster_scoped: frozenset[str] = frozenset()  # those of all these kinds that have no namespace
    mirrored: tuple[str, ...] = ()  # prefixes of names under which Kubernetes' own policies are shown again
    tools: str = "kubectl"  # what people apply them with

    @cached_property
    def kinds(self) -> frozenset[tuple[str, str]]:
        """(group, kind) of all policies, whether they are enforced yet or not."""
        return frozenset((group, kind) for group in self.groups for kind in self.policies).union(self.staged)


UNCATALOGUED = (
    PolicyApi(  # of Kubernetes' network special interest group
        groups=("policy.networking.k8s.io",),
        policies={
            "AdminNetworkPolicy": "adminnetworkpolicies",
            "BaselineAdminNetworkPolicy": "baselineadminnetworkpolicies",
            "ClusterNetworkPolicy": "clusternetworkpolicies",
        },
        cluster_scoped=frozenset(
            {"AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy"}
        ),
    ),
    PolicyApi(
        groups=("cilium.io",),
        policies={
            "CiliumNetworkPolicy": "ciliumnetworkpolicies",
            "CiliumClusterwideNetworkPolicy": "ciliumclusterwidenetworkpolicies",
        },
        cluster_scoped=frozenset({"CiliumClusterwideNetworkPolicy"}),
    ),
)

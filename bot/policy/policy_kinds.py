"""The kinds of policies of other APIs that allow or deny connections, beside Kubernetes' NetworkPolicy.

They can decide otherwise than what is computed from NetworkPolicies, so they are looked for in clusters and
in manifests, and named; what they say is not computed. The kinds that a driver brings, which matter to a
migration away from it, are in its `DriverProfile.policy_kinds`.
"""

from __future__ import annotations

import dataclasses

_CALICO = ("projectcalico.org", "crd.projectcalico.org")
_ADMIN = ("policy.networking.k8s.io",)
_CILIUM = ("cilium.io",)


@dataclasses.dataclass(frozen=True, slots=True)
class PolicyKind:
    """One kind. `groups` are the API groups that may serve it: of these, a cluster is asked in the first one.

    A `staged` policy decides nothing yet, so that only manifests are searched for it.
    """

    groups: tuple[str, ...]
    kind: str
    plural: str
    namespaced: bool
    staged: bool = False


OTHER_POLICY_KINDS = (
    PolicyKind(_CALICO, "NetworkPolicy", "networkpolicies", True),
    PolicyKind(_CALICO, "GlobalNetworkPolicy", "globalnetworkpolicies", False),
    PolicyKind(_CALICO[1:], "StagedNetworkPolicy", "stagednetworkpolicies", True, staged=True),
    PolicyKind(_CALICO[1:], "StagedGlobalNetworkPolicy", "stagedglobalnetworkpolicies", False, staged=True),
    PolicyKind(_ADMIN, "AdminNetworkPolicy", "adminnetworkpolicies", False),
    PolicyKind(_ADMIN, "BaselineAdminNetworkPolicy", "baselineadminnetworkpolicies", False),
    PolicyKind(_ADMIN, "ClusterNetworkPolicy", "clusternetworkpolicies", False),
    PolicyKind(_CILIUM, "CiliumNetworkPolicy", "ciliumnetworkpolicies", True),
    PolicyKind(_CILIUM, "CiliumClusterwideNetworkPolicy", "ciliumclusterwidenetworkpolicies", False),
)

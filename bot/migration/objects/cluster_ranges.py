"""The addresses that mean something in the source only: its nodes, pods, Services and load balancers."""

import dataclasses
import ipaddress


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterRanges:
    """The addresses of one cluster: CIDRs of pods and Services, addresses or CIDRs of nodes.

    `others` are the API server's address and those of load balancers.
    """

    pods: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def describe(self, text: str) -> str:
        """Return what an address or CIDR is in the source, such as `a pod address`; empty if nothing."""
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            return ""
        named = {
            "a service address": self.services,
            "a pod address": self.pods,
            "a node address": self.nodes,
            "an address of the old cluster": self.others,
        }
        return next(
            (name for name, cidrs in named.items() if any(_is_in_range(network, c) for c in cidrs)), ""
        )


def _is_in_range(network: ipaddress.IPv4Network | ipaddress.IPv6Network, cidr: str) -> bool:
    try:
        outer = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return False
    return network.version == outer.version and network.subnet_of(outer)  # type: ignore[arg-type]

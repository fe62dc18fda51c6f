"""What the engine computes on: pods, namespaces, nodes and policies as plain values.

Nothing here reads Kubernetes objects: `parsing` does that for policies, and whoever reads pods (from a
cluster or from manifests) builds these values itself. Names are unique as in Kubernetes: a pod or policy
within its namespace, a namespace or node in the cluster.
"""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
from collections.abc import Mapping

NAME_LABEL = "kubernetes.io/metadata.name"  # the API server sets it on every namespace
FINISHED = frozenset({"Succeeded", "Failed"})  # phases in which a pod has no network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Protocol(enum.StrEnum):
    """The protocols that a NetworkPolicy can name, in the order in which they are printed."""

    SCTP = "SCTP"
    TCP = "TCP"
    UDP = "UDP"


class Direction(enum.StrEnum):
    """Which end of a connection a rule is about."""

    INGRESS = "Ingress"
    EGRESS = "Egress"


class Operator(enum.StrEnum):
    """Operators of matchExpressions."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Workload:
    """The controller that owns a pod (the topmost one: a Deployment, not its ReplicaSet), or the pod
    itself.
    """

    namespace: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}[{self.kind}]"


@dataclasses.dataclass(frozen=True, slots=True)
class ContainerPort:
    """A named port of a container. Names need not be unique in a pod: then all of them count."""

    name: str
    protocol: Protocol
    number: int


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class PodRef:
    """A pod by name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One pod.

    `ports` are the named ports of its containers and of its sidecars (init containers with restartPolicy
    Always). `addresses` is empty where they are not known, as in manifests: then no ipBlock matches it.
    For a pod with `host_network` they are its node's. `workload` is None for a pod without a controller.
    """

    namespace: str
    name: str
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    addresses: tuple[Address, ...] = ()
    host_network: bool = False
    ports: tuple[ContainerPort, ...] = ()
    workload: Workload | None = None
    phase: str = "Running"
    node: str = ""

    @property
    def ref(self) -> PodRef:
        """Its name."""
        return PodRef(self.namespace, self.name)

    @property
    def owner(self) -> Workload:
        """Its workload; itself, as kind Pod, if it has no controller."""
        return self.workload or Workload(self.namespace, "Pod", self.name)

    @property
    def finished(self) -> bool:
        """Whether it has ended, and so has no network."""
        return self.phase in FINISHED


@dataclasses.dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace. `kubernetes.io/metadata.name` is added if it is not in `labels`."""

    name: str
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", {**self.labels, NAME_LABEL: self.name})


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """A node and its addresses: traffic from it to its own pods is always allowed."""

    name: str
    addresses: tuple[Address, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Requirement:
    """One of matchExpressions. `values` is sorted and unique; empty for Exists and DoesNotExist."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels fulfils it. NotIn and DoesNotExist match where the key
        lacks.
        """
        match self.operator:
            case Operator.IN:
                return labels.get(self.key) in self.values
            case Operator.NOT_IN:
                return labels.get(self.key) not in self.values
            case Operator.EXISTS:
                return self.key in labels
            case Operator.DOES_NOT_EXIST:
                return self.key not in labels


@dataclasses.dataclass(frozen=True, slots=True)
class LabelSelector:
    """A label selector: all requirements must hold; without any it selects everything.

    matchLabels are requirements with In and one value, so that equal selectors compare equal.
    """

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels is selected."""
        return all(requirement.matches(labels) for requirement in self.requirements)


EVERYTHING = LabelSelector()


@dataclasses.dataclass(frozen=True, slots=True)
class PodPeer:
    """A peer with a podSelector, a namespaceSelector or both.

    `namespaces` None: pods of the policy's own namespace. `pods` is `EVERYTHING` where podSelector is absent.
    """

    pods: LabelSelector = EVERYTHING
    namespaces: LabelSelector | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class IPBlock:
    """A peer with an ipBlock; `excepts` are within `cidr`."""

    cidr: Network
    excepts: tuple[Network, ...] = ()


Peer = PodPeer | IPBlock


@dataclasses.dataclass(frozen=True, slots=True)
class PortRule:
    """One entry of `ports`. `port` None: all ports of the protocol. `end_port` only with a number."""

    protocol: Protocol = Protocol.TCP
    port: int | str | None = None
    end_port: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """One entry of `ingress` or `egress`. `peers` empty: everyone; `ports` empty: all ports of all
    protocols.
    """

    peers: tuple[Peer, ...] = ()
    ports: tuple[PortRule, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class PolicyRef:
    """A policy by name."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One NetworkPolicy after defaulting.

    `ingress` and `egress` are None where the policy does not isolate in that direction (policyTypes), and an
    empty tuple where it isolates and allows nothing. The index of a rule in them is its index in the
    manifest.
    """

    namespace: str
    name: str
    pods: LabelSelector = EVERYTHING
    ingress: tuple[Rule, ...] | None = None
    egress: tuple[Rule, ...] | None = None

    @property
    def ref(self) -> PolicyRef:
        """Its name."""
        return PolicyRef(self.namespace, self.name)

    def rules(self, direction: Direction) -> tuple[Rule, ...] | None:
        """The rules of one direction; None if the policy does not isolate in it."""
        return self.ingress if direction is Direction.INGRESS else self.egress


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ClusterModel:
    """Everything that decides who may connect to whom.

    Namespaces that only a pod or a policy names are added, with their name label alone. Finished pods may be
    among `pods`; the engine leaves them out.
    """

    pods: tuple[Pod, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    policies: tuple[Policy, ...] = ()
    nodes: tuple[Node, ...] = ()

"""The values that the engine computes on: pods, namespaces, nodes and policies.

Nothing here reads Kubernetes objects: `parser` does that for policies, and whoever reads pods, from a cluster
or from manifests, builds these values itself. Names are unique as in Kubernetes: those of pods and policies
within their namespace, those of namespaces and nodes within the cluster.
"""

import dataclasses
import enum
import ipaddress
from collections.abc import Mapping

API_VERSION, KIND = "networking.k8s.io/v1", "NetworkPolicy"
NAMESPACE_NAME_LABEL = "kubernetes.io/metadata.name"  # the API server sets it on every namespace
FINISHED_PHASES = frozenset({"Succeeded", "Failed"})  # in which a pod has no network
FIRST_PORT, LAST_PORT = 1, 65535

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Protocol(enum.StrEnum):
    """The protocols that a NetworkPolicy can name, in the order in which answers print them."""

    SCTP = "SCTP"
    TCP = "TCP"
    UDP = "UDP"


class Direction(enum.StrEnum):
    """The policy types: Ingress is about the destination of a connection, Egress about its source."""

    INGRESS = "Ingress"
    EGRESS = "Egress"


class Operator(enum.StrEnum):
    """The operators of matchExpressions."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Workload:
    """The topmost controller that owns a pod (a Deployment, not its ReplicaSet), or the pod itself."""

    namespace: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}[{self.kind}]"


@dataclasses.dataclass(frozen=True, slots=True)
class ContainerPort:
    """A named port of a container. Several ports of a pod may have one name; rules then match all of them."""

    name: str
    protocol: Protocol
    number: int


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class PodRef:
    """The namespace and name of a pod."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One pod.

    `ports` are the named ports of its containers and sidecars (init containers with restartPolicy Always).
    `addresses` is empty where they are not known, as in manifests: then no ipBlock matches the pod. A pod
    with `host_network` has the addresses of its node. `workload` is None for a pod without a controller.
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
        """The namespace and name of the pod."""
        return PodRef(self.namespace, self.name)

    @property
    def owner(self) -> Workload:
        """The pod's workload: its topmost controller, or the pod itself, of kind Pod, if it has none."""
        return self.workload or Workload(self.namespace, "Pod", self.name)

    @property
    def finished(self) -> bool:
        """Whether the pod has ended, and so has no network."""
        return self.phase in FINISHED_PHASES


@dataclasses.dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace. The label `kubernetes.io/metadata.name` is set as the API server sets it."""

    name: str
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", {**self.labels, NAMESPACE_NAME_LABEL: self.name})


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """A node and its addresses. Traffic from a node to its own pods is always allowed."""

    name: str
    addresses: tuple[Address, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Requirement:
    """One of matchExpressions. `values` is sorted and unique; empty for Exists and DoesNotExist."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels fulfils it; NotIn and DoesNotExist also match a missing key."""
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

    An entry of matchLabels is a requirement with In and one value, so that equal selectors compare equal.
    """

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the selector selects an object with these labels."""
        return all(requirement.matches(labels) for requirement in self.requirements)


EVERYTHING = LabelSelector()


@dataclasses.dataclass(frozen=True, slots=True)
class PodPeer:
    """A peer with a podSelector, a namespaceSelector or both.

    Without `namespaces` it means pods of the policy's own namespace; `pods` is `EVERYTHING` where podSelector
    is absent.
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
    """One entry of `ports`; without `port` all ports of the protocol. `end_port` only goes with a number."""

    protocol: Protocol = Protocol.TCP
    port: int | str | None = None
    end_port: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """One entry of `ingress` or `egress`.

    Empty `peers` are everyone, empty `ports` are all ports of all protocols.
    """

    peers: tuple[Peer, ...] = ()
    ports: tuple[PortRule, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class PolicyRef:
    """The namespace and name of a NetworkPolicy."""

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
        """The namespace and name of the policy."""
        return PolicyRef(self.namespace, self.name)

    def selects(self, pod: Pod) -> bool:
        """Whether the podSelector selects a pod, whether or not policies can isolate it."""
        return pod.namespace == self.namespace and self.pods.matches(pod.labels)

    def rules(self, direction: Direction) -> tuple[Rule, ...] | None:
        """Return the rules of one direction; None if the policy does not isolate in it."""
        return self.ingress if direction is Direction.INGRESS else self.egress


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ClusterModel:
    """Everything that decides who may connect to whom.

    The engine adds namespaces that only a pod names, with their name label alone, and leaves out finished
    pods, which may be among `pods`.
    """

    pods: tuple[Pod, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    policies: tuple[Policy, ...] = ()
    nodes: tuple[Node, ...] = ()

"""The fields of API objects that decide who may connect to whom, as structs into which lists are decoded.

Decoding only these fields, and ignoring all others, keeps a list of thousands of pods small and fast. The
structs and their fields are called as in the API.
"""

import msgspec


class ListedOwner(msgspec.Struct, frozen=True):
    """An owner of an object, of which at most one is its controller."""

    kind: str = ""
    name: str = ""
    controller: bool | None = False


class ListedMetadata(msgspec.Struct, rename="camel", frozen=True):
    """The metadata that every object has."""

    name: str
    namespace: str = ""
    labels: dict[str, str] | None = None
    owner_references: list[ListedOwner] | None = None


class ListedObject(msgspec.Struct, frozen=True):
    """An object of any kind of which only the metadata matters."""

    metadata: ListedMetadata


class ListedContainerPort(msgspec.Struct, rename="camel", frozen=True):
    """A port of a container; only those with a name can be named by a policy."""

    container_port: int
    name: str = ""
    protocol: str = "TCP"


class ListedContainer(msgspec.Struct, rename="camel", frozen=True):
    """A container, or an init container: with restartPolicy Always that one is a sidecar."""

    ports: list[ListedContainerPort] | None = None
    restart_policy: str | None = None


class ListedPodSpec(msgspec.Struct, rename="camel", frozen=True):
    """Where a Pod runs, and its containers."""

    node_name: str | None = None
    host_network: bool | None = None
    containers: list[ListedContainer] | None = None
    init_containers: list[ListedContainer] | None = None


class ListedPodStatus(msgspec.Struct, frozen=True):
    """The phase and the addresses of a Pod."""

    phase: str = "Pending"
    podIPs: list[dict[str, str]] | None = None  # noqa: N815 - as the API spells it
    podIP: str = ""  # noqa: N815


class ListedPod(msgspec.Struct, frozen=True):
    """A Pod, as it is listed."""

    metadata: ListedMetadata
    spec: ListedPodSpec = msgspec.field(default_factory=ListedPodSpec)
    status: ListedPodStatus = msgspec.field(default_factory=ListedPodStatus)


class ListedNodeStatus(msgspec.Struct, frozen=True):
    """The addresses of a Node, of which each has a type, such as InternalIP or Hostname."""

    addresses: list[dict[str, str]] | None = None


class ListedNode(msgspec.Struct, frozen=True):
    """A Node, as it is listed."""

    metadata: ListedMetadata
    status: ListedNodeStatus = msgspec.field(default_factory=ListedNodeStatus)


class ListedServiceSpec(msgspec.Struct, frozen=True):
    """The addresses of a Service, the pods behind it, and how traffic from outside gets to it."""

    type: str = "ClusterIP"
    clusterIP: str = ""  # noqa: N815
    clusterIPs: list[str] | None = None  # noqa: N815
    externalTrafficPolicy: str = "Cluster"  # noqa: N815
    selector: dict[str, str] | None = None


class ListedService(msgspec.Struct, frozen=True):
    """A Service, as it is listed."""

    metadata: ListedMetadata
    spec: ListedServiceSpec = msgspec.field(default_factory=ListedServiceSpec)

"""The fields of API objects that decide who may connect to whom, as structs into which lists are decoded.

Decoding only these fields keeps the list of thousands of pods small and fast. All other fields are ignored.
"""

from __future__ import annotations

import msgspec


class OwnerReference(msgspec.Struct, frozen=True):
    """One of `metadata.ownerReferences`."""

    kind: str = ""
    name: str = ""
    controller: bool | None = False


class Metadata(msgspec.Struct, rename="camel", frozen=True):
    """The `metadata` of any object."""

    name: str
    namespace: str = ""
    labels: dict[str, str] | None = None
    owner_references: list[OwnerReference] | None = None


class NamedObject(msgspec.Struct, frozen=True):
    """An object of which only the metadata matters."""

    metadata: Metadata


class Port(msgspec.Struct, rename="camel", frozen=True):
    """A port of a container."""

    container_port: int
    name: str = ""
    protocol: str = "TCP"


class Container(msgspec.Struct, rename="camel", frozen=True):
    """A container or an init container."""

    ports: list[Port] | None = None
    restart_policy: str | None = None


class PodSpec(msgspec.Struct, rename="camel", frozen=True):
    """The `spec` of a Pod."""

    node_name: str | None = None
    host_network: bool | None = None
    containers: list[Container] | None = None
    init_containers: list[Container] | None = None


class PodIP(msgspec.Struct, frozen=True):
    """One of `status.podIPs`."""

    ip: str = ""


class PodStatus(msgspec.Struct, frozen=True):
    """The `status` of a Pod."""

    phase: str = "Pending"
    podIPs: list[PodIP] | None = None  # noqa: N815 - as the API spells it
    podIP: str = ""  # noqa: N815


class PodObject(msgspec.Struct, frozen=True):
    """A Pod."""

    metadata: Metadata
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)


class NodeAddress(msgspec.Struct, frozen=True):
    """One of a Node's `status.addresses`, which may be an IP address or a host name."""

    type: str = ""
    address: str = ""


class NodeStatus(msgspec.Struct, frozen=True):
    """The `status` of a Node."""

    addresses: list[NodeAddress] | None = None


class NodeObject(msgspec.Struct, frozen=True):
    """A Node."""

    metadata: Metadata
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)


class ServiceSpec(msgspec.Struct, frozen=True):
    """The `spec` of a Service."""

    type: str = "ClusterIP"
    clusterIP: str = ""  # noqa: N815
    clusterIPs: list[str] | None = None  # noqa: N815
    externalTrafficPolicy: str = "Cluster"  # noqa: N815
    selector: dict[str, str] | None = None


class ServiceObject(msgspec.Struct, frozen=True):
    """A Service."""

    metadata: Metadata
    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)

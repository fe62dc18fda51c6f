"""The fields of API objects that decide who may connect to whom, as structs into which lists are decoded.

Decoding only these fields, and ignoring all others, keeps a list of thousands of pods small and fast. The
structs and their fields are called as in the API.
"""

from __future__ import annotations

import msgspec


class OwnerReference(msgspec.Struct, frozen=True):
    kind: str = ""
    name: str = ""
    controller: bool | None = False


class Metadata(msgspec.Struct, rename="camel", frozen=True):
    name: str
    namespace: str = ""
    labels: dict[str, str] | None = None
    owner_references: list[OwnerReference] | None = None


class NamedObject(msgspec.Struct, frozen=True):
    """An object of any kind of which only the metadata matters."""

    metadata: Metadata


class Port(msgspec.Struct, rename="camel", frozen=True):
    container_port: int
    name: str = ""
    protocol: str = "TCP"


class Container(msgspec.Struct, rename="camel", frozen=True):
    ports: list[Port] | None = None
    restart_policy: str | None = None


class PodSpec(msgspec.Struct, rename="camel", frozen=True):
    node_name: str | None = None
    host_network: bool | None = None
    containers: list[Container] | None = None
    init_containers: list[Container] | None = None


class PodStatus(msgspec.Struct, frozen=True):
    phase: str = "Pending"
    podIPs: list[dict[str, str]] | None = None  # noqa: N815 - as the API spells it
    podIP: str = ""  # noqa: N815


class PodObject(msgspec.Struct, frozen=True):
    metadata: Metadata
    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)


class NodeStatus(msgspec.Struct, frozen=True):
    addresses: list[dict[str, str]] | None = None


class NodeObject(msgspec.Struct, frozen=True):
    metadata: Metadata
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)


class ServiceSpec(msgspec.Struct, frozen=True):
    type: str = "ClusterIP"
    clusterIP: str = ""  # noqa: N815
    clusterIPs: list[str] | None = None  # noqa: N815
    externalTrafficPolicy: str = "Cluster"  # noqa: N815
    selector: dict[str, str] | None = None


class ServiceObject(msgspec.Struct, frozen=True):
    metadata: Metadata
    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)

"""Reads from a cluster everything that decides who may connect to whom, for the reachability engine.

Five lists, read side by side, page by page, and decoded into small structs. Policies are kept as the server
has them as well: a preview is about the object, not only about its meaning.
"""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import msgspec

from bot.adapters.kube import paths
from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import Forbidden, NotFound
from bot.policy.other_policy_apis import OtherPolicies, other_policies
from bot.policy.reach import model, parser

T = TypeVar("T")
Object = dict[str, Any]

POLICY_API = "networking.k8s.io/v1"
POLICIES = paths.collection(POLICY_API, "networkpolicies")
PODS = paths.collection("v1", "pods")
NAMESPACES = paths.collection("v1", "namespaces")
NODES = paths.collection("v1", "nodes")
SERVICES = paths.collection("v1", "services")
JOBS = paths.collection("batch/v1", "jobs")


class _Owner(msgspec.Struct, frozen=True):
    kind: str = ""
    name: str = ""
    controller: bool | None = False


class _Meta(msgspec.Struct, rename="camel", frozen=True):
    name: str
    namespace: str = ""
    labels: dict[str, str] | None = None
    owner_references: list[_Owner] | None = None


class _Port(msgspec.Struct, rename="camel", frozen=True):
    container_port: int
    name: str = ""
    protocol: str = "TCP"


class _Container(msgspec.Struct, rename="camel", frozen=True):
    ports: list[_Port] | None = None
    restart_policy: str | None = None


class _PodSpec(msgspec.Struct, rename="camel", frozen=True):
    node_name: str | None = None
    host_network: bool | None = None
    containers: list[_Container] | None = None
    init_containers: list[_Container] | None = None


class _PodIP(msgspec.Struct, frozen=True):
    ip: str = ""


class _PodStatus(msgspec.Struct, frozen=True):
    phase: str = "Pending"
    podIPs: list[_PodIP] | None = None  # noqa: N815 - as the API spells it
    podIP: str = ""  # noqa: N815


class _Pod(msgspec.Struct, frozen=True):
    metadata: _Meta
    spec: _PodSpec = msgspec.field(default_factory=_PodSpec)
    status: _PodStatus = msgspec.field(default_factory=_PodStatus)


class _NodeAddress(msgspec.Struct, frozen=True):
    type: str = ""
    address: str = ""


class _NodeStatus(msgspec.Struct, frozen=True):
    addresses: list[_NodeAddress] | None = None


class _Node(msgspec.Struct, frozen=True):
    metadata: _Meta
    status: _NodeStatus = msgspec.field(default_factory=_NodeStatus)


class _ServiceSpec(msgspec.Struct, frozen=True):
    type: str = "ClusterIP"
    clusterIP: str = ""  # noqa: N815
    clusterIPs: list[str] | None = None  # noqa: N815
    externalTrafficPolicy: str = "Cluster"  # noqa: N815
    selector: dict[str, str] | None = None


class _Service(msgspec.Struct, frozen=True):
    metadata: _Meta
    spec: _ServiceSpec = msgspec.field(default_factory=_ServiceSpec)


class _Named(msgspec.Struct, frozen=True):
    metadata: _Meta


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterService:
    """A Service, as far as policies are concerned. `from_outside`: NodePort or LoadBalancer."""

    namespace: str
    name: str
    addresses: tuple[model.Address, ...]
    selector: Mapping[str, str]
    from_outside: bool
    keeps_source: bool  # externalTrafficPolicy Local: pods see who really asks


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterState:
    """A cluster as it was read.

    `policies` are the objects as the server has them, with metadata. `gaps` says why the computed verdict may
    be incomplete beside `foreign`: what could not be looked at, and policies that could not be understood.
    """

    cluster: model.ClusterModel
    policies: Mapping[model.PolicyRef, Object]
    services: tuple[ClusterService, ...] = ()
    foreign: tuple[OtherPolicies, ...] = ()
    gaps: tuple[str, ...] = ()

    @property
    def incomplete(self) -> bool:
        """Whether something that may decide otherwise is not computed."""
        return bool(self.foreign or self.gaps)

    @property
    def namespaces(self) -> frozenset[str]:
        """The names of its namespaces."""
        return frozenset(namespace.name for namespace in self.cluster.namespaces)


def read_cluster_state(kube: Kube) -> ClusterState:
    """Read a cluster. Raises `KubeError` if pods, namespaces, nodes or policies cannot be read."""
    with ThreadPoolExecutor(4, thread_name_prefix="read") as threads:
        pods = threads.submit(kube.all_of, PODS, _Pod)
        namespaces = threads.submit(kube.all_of, NAMESPACES, _Named)
        nodes = threads.submit(kube.all_of, NODES, _Node)
        policies = threads.submit(kube.all_of, POLICIES, dict[str, Any])
        services = threads.submit(_services, kube)
        foreign = threads.submit(other_policies, kube)
        seen, others = pods.result(), foreign.result()
        objects = {_ref(each): _whole(each) for each in policies.result()}
        parsed, unread = _parsed(objects)
        cluster = model.ClusterModel(
            pods=_pods(seen, _cron_jobs(kube, seen)),
            namespaces=tuple(
                model.Namespace(n.metadata.name, n.metadata.labels or {}) for n in namespaces.result()
            ),
            nodes=tuple(model.Node(node.metadata.name, _node_addresses(node)) for node in nodes.result()),
            policies=parsed,
        )
        return ClusterState(
            cluster=cluster,
            policies=objects,
            services=services.result(),
            foreign=others[0],
            gaps=(*others[1], *unread),
        )


def policies(kube: Kube) -> dict[model.PolicyRef, Object]:
    """Only the NetworkPolicies, by name. Raises `KubeError`."""
    return {_ref(each): _whole(each) for each in kube.all_of(POLICIES, dict[str, Any])}


def _whole(found: Object) -> Object:
    """An item of a list, with the kind that a list leaves out."""
    return {"apiVersion": POLICY_API, "kind": "NetworkPolicy", **found}


def _ref(found: Object) -> model.PolicyRef:
    metadata = found["metadata"]
    return model.PolicyRef(metadata["namespace"], metadata["name"])


def _parsed(objects: Mapping[model.PolicyRef, Object]) -> tuple[tuple[model.Policy, ...], tuple[str, ...]]:
    found, unread = [], []
    for ref, obj in objects.items():
        try:
            found.append(parser.parse_policy(obj))
        except parser.InvalidPolicy as invalid:
            unread.append(f"NetworkPolicy {ref} is not understood: {invalid.errors[0]}")
    return tuple(found), tuple(unread)


def _pods(seen: list[_Pod], cron_jobs: Mapping[tuple[str, str], str]) -> tuple[model.Pod, ...]:
    return tuple(
        model.Pod(
            namespace=pod.metadata.namespace,
            name=pod.metadata.name,
            labels=pod.metadata.labels or {},
            addresses=_pod_addresses(pod),
            host_network=bool(pod.spec.host_network),
            ports=_ports(pod.spec),
            workload=_workload(pod, cron_jobs),
            phase=pod.status.phase,
            node=pod.spec.node_name or "",
        )
        for pod in seen
    )


def _ports(spec: _PodSpec) -> tuple[model.ContainerPort, ...]:
    sidecars = [each for each in spec.init_containers or [] if each.restart_policy == "Always"]
    return tuple(
        model.ContainerPort(port.name, model.Protocol(port.protocol), port.container_port)
        for container in [*(spec.containers or []), *sidecars]
        for port in container.ports or []
        if port.name
    )


def _workload(pod: _Pod, cron_jobs: Mapping[tuple[str, str], str]) -> model.Workload | None:
    """The topmost controller. A ReplicaSet of a Deployment is named for it and the pods' template hash."""
    owner = next((each for each in pod.metadata.owner_references or [] if each.controller), None)
    if owner is None or owner.kind == "Node":  # a static pod's mirror is owned by its node
        return None
    namespace, labels = pod.metadata.namespace, pod.metadata.labels or {}
    suffix = f"-{labels.get('pod-template-hash', '')}"
    if owner.kind == "ReplicaSet" and suffix != "-" and owner.name.endswith(suffix):
        return model.Workload(namespace, "Deployment", owner.name.removesuffix(suffix))
    if owner.kind == "Job" and (namespace, owner.name) in cron_jobs:
        return model.Workload(namespace, "CronJob", cron_jobs[namespace, owner.name])
    return model.Workload(namespace, owner.kind, owner.name)


def _cron_jobs(kube: Kube, seen: list[_Pod]) -> dict[tuple[str, str], str]:
    """The CronJob of each Job that has pods; none where Jobs may not be read: their pods then stand by
    Job.
    """
    if not any(owner.kind == "Job" for pod in seen for owner in pod.metadata.owner_references or []):
        return {}
    with contextlib.suppress(Forbidden, NotFound):
        return {
            (job.metadata.namespace, job.metadata.name): owner.name
            for job in kube.all_of(JOBS, _Named)
            for owner in job.metadata.owner_references or []
            if owner.kind == "CronJob"
        }
    return {}


def _services(kube: Kube) -> tuple[ClusterService, ...]:
    """Services, for warnings alone: none where they may not be read."""
    try:
        found = kube.all_of(SERVICES, _Service)
    except Forbidden:
        return ()
    return tuple(
        ClusterService(
            namespace=each.metadata.namespace,
            name=each.metadata.name,
            selector=each.spec.selector or {},
            addresses=_addresses(each.spec.clusterIPs or [each.spec.clusterIP]),
            from_outside=each.spec.type in ("NodePort", "LoadBalancer"),
            keeps_source=each.spec.externalTrafficPolicy == "Local",
        )
        for each in found
    )


def _pod_addresses(pod: _Pod) -> tuple[model.Address, ...]:
    return _addresses([each.ip for each in pod.status.podIPs or []] or [pod.status.podIP])


def _node_addresses(node: _Node) -> tuple[model.Address, ...]:
    return _addresses([each.address for each in node.status.addresses or [] if each.type.endswith("IP")])


def _addresses(texts: list[str]) -> tuple[model.Address, ...]:
    found = []
    for text in texts:
        with contextlib.suppress(ValueError):
            found.append(ipaddress.ip_address(text))
    return tuple(found)

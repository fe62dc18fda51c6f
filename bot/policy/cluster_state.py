"""Reads from a cluster everything that decides who may connect to whom, for the reachability engine.

The lists are read side by side, page by page, and decoded into small structs. Policies are also kept as the
server has them, because a preview is about the object and not only about its meaning.
"""

import contextlib
import dataclasses
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.adapters.kube import paths
from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import Forbidden, NotFound
from bot.policy.api_objects import ListedNode, ListedObject, ListedPod, ListedPodSpec, ListedService
from bot.policy.other_policy_apis import OtherPolicy, read_other_policies
from bot.policy.reach import model, parser
from bot.policy.reach.addresses import parse_addresses

Object = dict[str, Any]

POLICIES = paths.collection(model.API_VERSION, "networkpolicies")
PODS = paths.collection("v1", "pods")
NAMESPACES = paths.collection("v1", "namespaces")
NODES = paths.collection("v1", "nodes")
SERVICES = paths.collection("v1", "services")
JOBS = paths.collection("batch/v1", "jobs")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterService:
    """A Service, as far as policies are concerned.

    `from_outside`: of type NodePort or LoadBalancer. `keeps_source`: with externalTrafficPolicy Local, so
    that pods see the address of the client.
    """

    namespace: str
    name: str
    addresses: tuple[model.Address, ...]
    selector: Mapping[str, str]
    from_outside: bool
    keeps_source: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClusterState:
    """A cluster as it was read.

    `policies` are the objects as the server has them, with metadata. `other_policies` are policies of other
    APIs. Beside those, `gaps` say why the computed verdict may be incomplete: what could not be read, and
    policies that could not be parsed.
    """

    cluster: model.ClusterModel
    policies: Mapping[model.PolicyRef, Object]
    services: tuple[ClusterService, ...] = ()
    other_policies: tuple[OtherPolicy, ...] = ()
    gaps: tuple[str, ...] = ()

    @property
    def incomplete(self) -> bool:
        """Whether something that is not computed may decide otherwise."""
        return bool(self.other_policies or self.gaps)

    @property
    def namespaces(self) -> frozenset[str]:
        """The names of the namespaces."""
        return frozenset(namespace.name for namespace in self.cluster.namespaces)

    def policy(self, ref: model.PolicyRef) -> model.Policy | None:
        """Return a policy as the engine computes it; None if it does not exist or could not be parsed."""
        return next((policy for policy in self.cluster.policies if policy.ref == ref), None)


def read_cluster_state(kube: KubeClient) -> ClusterState:
    """Read a cluster. Raises `KubeError` if pods, namespaces, nodes or policies cannot be read."""
    with ThreadPoolExecutor(4, thread_name_prefix="read") as threads:
        pod_list = threads.submit(kube.list_all, PODS, ListedPod)
        namespaces = threads.submit(kube.list_all, NAMESPACES, ListedObject)
        nodes = threads.submit(kube.list_all, NODES, ListedNode)
        policy_objects = threads.submit(read_policies, kube)
        services = threads.submit(_read_services, kube)
        other_apis = threads.submit(read_other_policies, kube)
        pods, (other_policies, gaps) = pod_list.result(), other_apis.result()
        objects = policy_objects.result()
        parsed, unparsed = _parse_policies(objects)
        cluster = model.ClusterModel(
            pods=_read_pods(pods, _read_cron_jobs(kube, pods)),
            namespaces=tuple(
                model.Namespace(namespace.metadata.name, namespace.metadata.labels or {})
                for namespace in namespaces.result()
            ),
            nodes=tuple(model.Node(node.metadata.name, _node_addresses(node)) for node in nodes.result()),
            policies=tuple(parsed),
        )
        return ClusterState(
            cluster=cluster,
            policies=objects,
            services=services.result(),
            other_policies=other_policies,
            gaps=(*gaps, *unparsed),
        )


def read_policies(kube: KubeClient) -> dict[model.PolicyRef, Object]:
    """Read only the NetworkPolicies, by name. Raises `KubeError`."""
    # items of a list leave out what they are
    objects = [
        {"apiVersion": model.API_VERSION, "kind": model.KIND, **item}
        for item in kube.list_all(POLICIES, dict[str, Any])
    ]
    return {model.PolicyRef(obj["metadata"]["namespace"], obj["metadata"]["name"]): obj for obj in objects}


def _parse_policies(objects: Mapping[model.PolicyRef, Object]) -> tuple[list[model.Policy], list[str]]:
    """Return the policies, and for each that cannot be parsed a sentence that says why."""
    parsed: list[model.Policy] = []
    unparsed: list[str] = []
    for ref, obj in objects.items():
        try:
            parsed.append(parser.parse_policy(obj))
        except parser.InvalidPolicy as invalid:
            unparsed.append(f"NetworkPolicy {ref} is not understood: {invalid.errors[0]}")
    return parsed, unparsed


def _read_pods(pods: Iterable[ListedPod], cron_jobs: Mapping[tuple[str, str], str]) -> tuple[model.Pod, ...]:
    return tuple(
        model.Pod(
            namespace=pod.metadata.namespace,
            name=pod.metadata.name,
            labels=pod.metadata.labels or {},
            addresses=parse_addresses([ip.get("ip") for ip in pod.status.podIPs or []] or [pod.status.podIP]),
            host_network=bool(pod.spec.host_network),
            ports=_named_ports(pod.spec),
            workload=_topmost_owner(pod, cron_jobs),
            phase=pod.status.phase,
            node=pod.spec.node_name or "",
        )
        for pod in pods
    )


def _named_ports(spec: ListedPodSpec) -> tuple[model.ContainerPort, ...]:
    sidecars = [container for container in spec.init_containers or [] if container.restart_policy == "Always"]
    return tuple(
        model.ContainerPort(port.name, model.Protocol(port.protocol), port.container_port)
        for container in [*(spec.containers or []), *sidecars]
        for port in container.ports or []
        if port.name
    )


def _topmost_owner(pod: ListedPod, cron_jobs: Mapping[tuple[str, str], str]) -> model.Workload | None:
    """The topmost controller. The name of a Deployment's ReplicaSet ends in the hash of its pod template."""
    owner = next((owner for owner in pod.metadata.owner_references or [] if owner.controller), None)
    if owner is None or owner.kind == "Node":  # a static pod's mirror is owned by its node
        return None
    namespace, labels = pod.metadata.namespace, pod.metadata.labels or {}
    suffix = f"-{labels.get('pod-template-hash', '')}"
    if owner.kind == "ReplicaSet" and suffix != "-" and owner.name.endswith(suffix):
        return model.Workload(namespace, "Deployment", owner.name.removesuffix(suffix))
    if owner.kind == "Job" and (namespace, owner.name) in cron_jobs:
        return model.Workload(namespace, "CronJob", cron_jobs[namespace, owner.name])
    return model.Workload(namespace, owner.kind, owner.name)


def _read_cron_jobs(kube: KubeClient, pods: Iterable[ListedPod]) -> dict[tuple[str, str], str]:
    """The CronJob of each Job that has pods. Where Jobs may not be read, their pods are listed by Job."""
    if not any(owner.kind == "Job" for pod in pods for owner in pod.metadata.owner_references or []):
        return {}
    with contextlib.suppress(Forbidden, NotFound):
        return {
            (job.metadata.namespace, job.metadata.name): owner.name
            for job in kube.list_all(JOBS, ListedObject)
            for owner in job.metadata.owner_references or []
            if owner.kind == "CronJob"
        }
    return {}


def _read_services(kube: KubeClient) -> tuple[ClusterService, ...]:
    """The Services, which are needed for warnings alone: none where they may not be read."""
    try:
        services = kube.list_all(SERVICES, ListedService)
    except Forbidden:
        return ()
    return tuple(
        ClusterService(
            namespace=service.metadata.namespace,
            name=service.metadata.name,
            selector=service.spec.selector or {},
            addresses=parse_addresses(service.spec.clusterIPs or [service.spec.clusterIP]),
            from_outside=service.spec.type in ("NodePort", "LoadBalancer"),
            keeps_source=service.spec.externalTrafficPolicy == "Local",
        )
        for service in services
    )


def _node_addresses(node: ListedNode) -> tuple[model.Address, ...]:
    addresses = node.status.addresses or []
    return parse_addresses(ip.get("address") for ip in addresses if ip.get("type", "").endswith("IP"))

"""A little shop to put policies on: workloads of three namespaces, their Services, and a policy of
somebody else.
"""

from __future__ import annotations

from typing import Any

from tests.e2e.conftest import Office

Object = dict[str, Any]
POLICY_API = "networking.k8s.io/v1"


def deployment(namespace: str, name: str, *, replicas: int = 1, port: int = 8080) -> Object:
    labels = {"app": name}
    container = {
        "name": name,
        "image": f"registry.example/{name}:1",
        "ports": [{"name": "main", "containerPort": port}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def policy(namespace: str, name: str, **spec: Any) -> Object:
    return {
        "apiVersion": POLICY_API,
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"podSelector": {}, **spec},
    }


def objects() -> list[Object]:
    spaces = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in ("shop", "web", "billing")
    ]
    return [
        *spaces,
        deployment("web", "frontend", replicas=3, port=8080),
        deployment("shop", "cart", replicas=2, port=7070),
        deployment("shop", "redis", port=6379),
        deployment("billing", "ledger", port=9000),
    ]


def deploy(office: Office, *clusters: str) -> None:
    """Put the shop into clusters, and wait until everything runs."""
    for name in clusters:
        cluster = office.sandbox.cluster_faults[name].cluster

        async def put(cluster: Any = cluster) -> None:
            cluster.deploy(objects())

        office.sandbox.loopback.run(put())
        office.sandbox.loopback.run(cluster.settled())


def policy_in(office: Office, cluster: str, namespace: str, name: str) -> Object | None:
    """A policy as the cluster has it."""
    store = office.sandbox.cluster_faults[cluster].cluster.store
    kind = store.registry.named("NetworkPolicy", "networking.k8s.io")
    return dict(store.peek(kind, namespace, name)) if store.has(kind, namespace, name) else None


def put(
    office: Office, cluster: str, manifest: Object, *, manager: str = "kubectl-client-side-apply"
) -> None:
    """Somebody else makes a policy, or replaces it."""
    sandbox_cluster = office.sandbox.cluster_faults[cluster].cluster
    kind = sandbox_cluster.store.registry.named("NetworkPolicy", "networking.k8s.io")
    metadata = manifest["metadata"]

    async def write() -> None:
        if sandbox_cluster.store.has(kind, metadata["namespace"], metadata["name"]):
            sandbox_cluster.store.update(kind, {**manifest, "metadata": dict(metadata)}, manager=manager)
        else:
            new_policy = {
                **manifest,
                "spec": {"policyTypes": ["Ingress"], **manifest["spec"]},
                "metadata": dict(metadata),
            }
            sandbox_cluster.store.create(kind, new_policy, manager=manager)

    office.sandbox.loopback.run(write())


def remove(office: Office, cluster: str, namespace: str, name: str) -> None:
    """Somebody else deletes a policy."""
    sandbox_cluster = office.sandbox.cluster_faults[cluster].cluster
    kind = sandbox_cluster.store.registry.named("NetworkPolicy", "networking.k8s.io")

    async def delete() -> None:
        if sandbox_cluster.store.has(kind, namespace, name):
            sandbox_cluster.store.delete(kind, namespace, name)

    office.sandbox.loopback.run(delete())

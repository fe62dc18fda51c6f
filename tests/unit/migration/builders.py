"""Builders of objects and inventories: they fill in what a test does not care about."""

from __future__ import annotations

import itertools
from typing import Any

from bot.drivers.catalog import profile
from bot.drivers.driver import Driver
from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.inventory.exclusion_rules import ExclusionContext
from bot.migration.inventory.exclusions import exclusion_context
from bot.migration.inventory.served_apis import ApiResource, ApiSurface
from bot.migration.objects.cluster_ranges import ClusterRanges
from bot.migration.objects.copy_order import CopyStage
from bot.migration.objects.cutover_modes import CutoverMode
from bot.migration.objects.fields import Object, ref_of
from bot.migration.objects.transforms.transform import TransformContext
from bot.migration.planning.connection_changes import ConnectionChanges
from bot.migration.planning.plan import (
    ClusterSide,
    MigrationPlan,
    MigrationSize,
    PlannedLoadBalancer,
    PlannedObject,
    TimeEstimate,
)
from bot.migration.volumes.choices import PlannedVolume

_uids = (f"uid-{number}" for number in itertools.count(1))
FLANNEL, CALICO = profile(Driver("flannel")), profile(Driver("calico"))
API = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "Job": "batch/v1",
    "CronJob": "batch/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "Ingress": "networking.k8s.io/v1",
    "IngressClass": "networking.k8s.io/v1",
    "Role": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "PodDisruptionBudget": "policy/v1",
    "StorageClass": "storage.k8s.io/v1",
    "PriorityClass": "scheduling.k8s.io/v1",
    "EndpointSlice": "discovery.k8s.io/v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "APIService": "apiregistration.k8s.io/v1",
    "ValidatingWebhookConfiguration": "admissionregistration.k8s.io/v1",
    "MutatingWebhookConfiguration": "admissionregistration.k8s.io/v1",
    "VolumeAttachment": "storage.k8s.io/v1",
    "Lease": "coordination.k8s.io/v1",
}
CLUSTER_SCOPED = {
    "Node",
    "Namespace",
    "PersistentVolume",
    "ClusterRole",
    "ClusterRoleBinding",
    "StorageClass",
    "PriorityClass",
    "IngressClass",
    "CustomResourceDefinition",
    "APIService",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "VolumeAttachment",
}


def an(
    kind: str,
    name: str = "x",
    namespace: str = "shop",
    *,
    api: str = "",
    owner: Object | None = None,
    controls: bool = True,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    meta: Object | None = None,
    **body: Any,
) -> Object:
    """An object as a server gives it."""
    metadata: Object = {
        "name": name,
        "uid": next(_uids),
        "resourceVersion": "7",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [],
    }
    if kind not in CLUSTER_SCOPED:
        metadata["namespace"] = namespace
    if labels is not None:
        metadata["labels"] = labels
    if annotations is not None:
        metadata["annotations"] = annotations
    if owner is not None:
        metadata["ownerReferences"] = [
            {
                "apiVersion": owner["apiVersion"],
                "kind": owner["kind"],
                "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"],
                "controller": controls,
            }
        ]
    return {
        "apiVersion": api or API.get(kind, "v1"),
        "kind": kind,
        "metadata": {**metadata, **(meta or {})},
        **body,
    }


def pods(**spec: Any) -> Object:
    """A pod template."""
    return {
        "metadata": {"labels": {"app": "x"}},
        "spec": {"containers": [{"name": "c", "image": "registry.old/app:1"}], **spec},
    }


def workload(
    kind: str = "Deployment", name: str = "x", *, template: Object | None = None, **spec: Any
) -> Object:
    """A Deployment, StatefulSet or DaemonSet."""
    body: Object = {"selector": {"matchLabels": {"app": "x"}}, "template": template or pods(), **spec}
    if kind != "DaemonSet":
        body.setdefault("replicas", 2)
    return an(kind, name, spec=body)


def plural_of(kind: str) -> str:
    """The plural by which the API serves a kind."""
    name = kind.lower()
    if name.endswith("y"):
        return f"{name[:-1]}ies"
    return name if name == "endpoints" else f"{name}es" if name.endswith("s") else f"{name}s"


SERVED = ApiSurface(
    version="v1.29.5",
    resources=tuple(
        ApiResource(
            group=api.rpartition("/")[0],
            version=api.rpartition("/")[2],
            kind=kind,
            plural=plural_of(kind),
            namespaced=kind not in CLUSTER_SCOPED,
        )
        for kind, api in {
            **API,
            **dict.fromkeys(
                (
                    "Pod",
                    "Service",
                    "Secret",
                    "ConfigMap",
                    "ServiceAccount",
                    "Namespace",
                    "Node",
                    "PersistentVolume",
                    "PersistentVolumeClaim",
                    "Endpoints",
                    "ResourceQuota",
                    "LimitRange",
                ),
                "v1",
            ),
        }.items()
    ),
)


def inventory(
    *objects: Object, namespaces: tuple[str, ...] = ("shop",), surface: ApiSurface = SERVED
) -> Inventory:
    """What was read of a source."""
    return Inventory(surface=surface, namespaces=namespaces, objects={ref_of(obj): obj for obj in objects})


def exclusion_rules(*objects: Object, target: Any = CALICO, **options: Any) -> ExclusionContext:
    """What the rules of exclusion look at."""
    return exclusion_context(inventory(*objects), target, **options)


def context(**overrides: Any) -> TransformContext:
    """What transforms look at: Flannel to Calico, with addresses of the old cluster."""
    defaults: dict[str, Any] = {"source": FLANNEL, "target": CALICO, "namespaces": frozenset({"shop"})}
    ranges = ClusterRanges(
        pods=("10.101.0.0/16",), services=("10.254.0.0/16",), nodes=("10.0.1.11",), others=("203.0.113.11",)
    )
    return TransformContext(**{"ranges": ranges, **defaults, **overrides})


def plan(
    *objects: Object, volumes: tuple[PlannedVolume, ...] = (), balancers: tuple[PlannedLoadBalancer, ...] = ()
) -> MigrationPlan:
    """A plan that copies some objects, and whatever else it is given."""
    items = tuple(
        PlannedObject(ref=ref_of(obj), uid="u", digest="d", stage=CopyStage.SERVICES, mode=CutoverMode.COPIED)
        for obj in objects
    )
    size = MigrationSize(objects=0, bytes=0, workloads=0, pods=0, volumes=0, disk=0, cores=0, memory=0)
    return MigrationPlan(
        migration="m1",
        source=ClusterSide(name="dev", driver=Driver("flannel")),
        target=ClusterSide(name="new", driver=Driver("calico")),
        namespaces=("shop",),
        everything=False,
        items=items,
        left=(),
        volumes=volumes,
        balancers=balancers,
        early=(),
        operators=(),
        network=ConnectionChanges(computed=False, policies=0),
        findings=(),
        size=size,
        estimate=TimeEstimate(deploy=(0, 0), copy=(0, 0), outage=(0, 0)),
    )

"""What Kubernetes has created in the cloud for a cluster, and what becomes of it when the cluster is deleted.

Magnum deletes the load balancers along with a cluster, and leaves the Cinder volumes.
"""

import dataclasses

import msgspec

from bot.adapters.kube.client import KubeClient
from bot.clusters.cluster import Cluster
from bot.common.wording import count

CINDER = "cinder.csi.openstack.org"


@dataclasses.dataclass(frozen=True, kw_only=True)
class CloudResources:
    """The cloud resources of one cluster."""

    load_balancers: tuple[str, ...]  # namespace/name of their Services
    volumes: int  # Cinder volumes of its PersistentVolumes


class _Metadata(msgspec.Struct):
    name: str
    namespace: str = ""


class _ServiceSpec(msgspec.Struct):
    type: str = ""


class _Service(msgspec.Struct):
    metadata: _Metadata
    spec: _ServiceSpec


class _Csi(msgspec.Struct):
    driver: str = ""


class _VolumeSpec(msgspec.Struct):
    csi: _Csi | None = None
    cinder: dict[str, object] | None = None  # the in-tree form from before CSI


class _Volume(msgspec.Struct):
    spec: _VolumeSpec


def read_cloud_resources(kube: KubeClient) -> CloudResources:
    """Read the Services and PersistentVolumes of a cluster. Raises `KubeError`."""
    services = kube.list_all("/api/v1/services", _Service)
    volumes = kube.list_all("/api/v1/persistentvolumes", _Volume)
    return CloudResources(
        load_balancers=tuple(
            f"{service.metadata.namespace}/{service.metadata.name}"
            for service in services
            if service.spec.type == "LoadBalancer"
        ),
        volumes=sum(_is_cinder(volume.spec) for volume in volumes),
    )


def _is_cinder(spec: _VolumeSpec) -> bool:
    return spec.cinder is not None or (spec.csi is not None and spec.csi.driver == CINDER)


def deletion_consequences(cluster: Cluster, resources: CloudResources | None) -> tuple[str, ...]:
    """Return what a deletion takes along and what it leaves, for approvers; `resources` None: not counted."""
    lines = [
        f"{cluster.nodes} {'node' if cluster.nodes == 1 else 'nodes'} and {cluster.masters} of the control"
        " plane go, with all that is on their disks"
    ]
    if resources is None:
        lines.append(
            "every load balancer that Kubernetes made for it goes, with the floating IP it was given"
        )
    elif resources.load_balancers:
        names = ", ".join(resources.load_balancers[:5]) + (", …" if len(resources.load_balancers) > 5 else "")
        go = count(len(resources.load_balancers), "load balancer goes", "load balancers go")
        lines.append(f"{go}, with the floating IPs made for them: {names}")
    lines.append("the private network, router and security groups that Magnum made for it go")
    if resources is None:
        lines.append("Cinder volumes of its PersistentVolumes stay, and nothing deletes them any more")
    elif resources.volumes:
        singular = "Cinder volume of a PersistentVolume stays"
        plural = "Cinder volumes of PersistentVolumes stay"
        lines.append(f"{count(resources.volumes, singular, plural)}, and nothing deletes them any more")
    else:
        lines.append("it has no Cinder volumes that would stay")
    return tuple(lines)

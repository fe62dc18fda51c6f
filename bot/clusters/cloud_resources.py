"""What belongs to a cluster in the cloud, as its own Kubernetes tells: load balancers, and volumes."""

from __future__ import annotations

import dataclasses

import msgspec

from bot.adapters.kube.client import Kube

CINDER = "cinder.csi.openstack.org"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Belongings:
    """What Kubernetes had made for it. Magnum deletes the load balancers with the cluster, and not the
    volumes.
    """

    load_balancers: tuple[str, ...]  # namespace/name of their Services
    volumes: int  # Cinder volumes of its PersistentVolumes


class _Named(msgspec.Struct):
    name: str
    namespace: str = ""


class _ServiceSpec(msgspec.Struct):
    type: str = ""


class _Service(msgspec.Struct):
    metadata: _Named
    spec: _ServiceSpec


class _Csi(msgspec.Struct):
    driver: str = ""


class _VolumeSpec(msgspec.Struct):
    csi: _Csi | None = None
    cinder: msgspec.Raw | None = None  # the form from before CSI


class _Volume(msgspec.Struct):
    spec: _VolumeSpec


def belongings(kube: Kube) -> Belongings:
    """Read them. Raises `KubeError`."""
    services = kube.all_of("/api/v1/services", _Service)
    volumes = kube.all_of("/api/v1/persistentvolumes", _Volume)
    return Belongings(
        load_balancers=tuple(
            f"{each.metadata.namespace}/{each.metadata.name}"
            for each in services
            if each.spec.type == "LoadBalancer"
        ),
        volumes=sum(_is_cinder(each.spec) for each in volumes),
    )


def _is_cinder(spec: _VolumeSpec) -> bool:
    return spec.cinder is not None or (spec.csi is not None and spec.csi.driver == CINDER)

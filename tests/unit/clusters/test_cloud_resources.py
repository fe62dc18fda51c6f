"""What Kubernetes has created in the cloud, and what becomes of it when the cluster is deleted."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bot.clusters import cloud_resources
from bot.clusters.cloud_resources import CloudResources, deletion_consequences, read_cloud_resources
from bot.clusters.cluster import Cluster

LISTS: dict[str, list[dict[str, Any]]] = {
    "/api/v1/services": [
        {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"type": "LoadBalancer"}},
        {"metadata": {"name": "db", "namespace": "shop"}, "spec": {"type": "ClusterIP"}},
    ],
    "/api/v1/persistentvolumes": [
        {"spec": {"csi": {"driver": cloud_resources.CINDER}}},
        {"spec": {"cinder": {"volumeID": "v"}}},
        {"spec": {"csi": {"driver": "nfs.csi.k8s.io"}}},
        {"spec": {"hostPath": {"path": "/x"}}},
    ],
}


class Kube:
    def list_all(self, path: str, kind: Any) -> list[Any]:
        return [msgspec.convert(body, kind) for body in LISTS[path]]


def cluster(nodes: int) -> Cluster:
    return Cluster(id="u", name="dev", project="shop", driver=None, nodes=nodes, masters=1)


def test_load_balancers_and_cinder_volumes_are_found_in_either_form() -> None:
    resources = read_cloud_resources(Kube())  # type: ignore[arg-type]
    assert resources == CloudResources(load_balancers=("shop/web",), volumes=2)


@pytest.mark.parametrize(
    ("resources", "lines"),
    [
        (
            CloudResources(load_balancers=("shop/web",), volumes=1),
            [
                "1 load balancer goes, with the floating IPs made for them: shop/web",
                "1 Cinder volume of a PersistentVolume stays, and nothing deletes them any more",
            ],
        ),
        (
            CloudResources(load_balancers=tuple("abcdef"), volumes=2),
            [
                "6 load balancers go, with the floating IPs made for them: a, b, c, d, e, …",
                "2 Cinder volumes of PersistentVolumes stay, and nothing deletes them any more",
            ],
        ),
        (CloudResources(load_balancers=(), volumes=0), ["it has no Cinder volumes that would stay"]),
        (
            None,
            [
                "every load balancer that Kubernetes made for it goes, with the floating IP it was given",
                "Cinder volumes of its PersistentVolumes stay, and nothing deletes them any more",
            ],
        ),
    ],
)
def test_approvers_read_what_goes_and_what_stays(resources: CloudResources | None, lines: list[str]) -> None:
    first, *rest = deletion_consequences(cluster(1), resources)
    assert first == "1 node and 1 of the control plane go, with all that is on their disks"
    assert [line for line in rest if "private network" not in line] == lines
    assert sum("private network" in line for line in rest) == 1

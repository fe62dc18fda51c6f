"""What Magnum installs in a new cluster, as manifests: the network driver, CoreDNS, metrics and RBAC."""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from sandbox.kube.objects import Object

FOLDER = Path(__file__).parent


def network_driver(driver: str, labels: Mapping[str, str]) -> list[Object]:
    """Return the objects of Calico or Flannel, as the labels of a cluster ask for them."""
    if driver == "calico":
        ipip = labels.get("calico_ipv4pool_ipip", "Off")
        return _render(
            "calico",
            tag=labels.get("calico_tag", "v3.26.4"),
            pool=labels.get("calico_ipv4pool", "10.100.0.0/16"),
            ipip="Never" if ipip == "Off" else ipip,
        )
    return _render(
        "flannel",
        tag=labels.get("flannel_tag", "v0.15.1"),
        network=labels.get("flannel_network_cidr", "10.100.0.0/16"),
        backend=labels.get("flannel_backend", "vxlan"),
    )


def common(*, api_address: str) -> list[Object]:
    """Return what every cluster has, with the address behind the Service `kubernetes`."""
    return [*_render("common", api_address=api_address), *_render("rbac")]


def storage_class() -> list[Object]:
    """Return the default class on Cinder."""
    return _render("storage-class")


def _render(name: str, **values: str) -> list[Object]:
    return list(yaml.load_all(_template(name).substitute(values), Loader=yaml.CSafeLoader))


@cache
def _template(name: str) -> string.Template:
    return string.Template((FOLDER / f"{name}.yaml").read_text())

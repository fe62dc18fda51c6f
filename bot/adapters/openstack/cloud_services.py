"""Cinder, Octavia and Neutron: the few calls that moving volumes and addresses, and proving it, need.

The fields are those of the API references (https://docs.openstack.org/api-ref/block-storage/v3/,
https://docs.openstack.org/api-ref/load-balancer/v2/ and https://docs.openstack.org/api-ref/network/v2/).
"""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from bot.adapters.openstack.service_client import CloudNotFound, Requests

Json = dict[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Volume:
    """A volume of Cinder."""

    id: str
    status: str  # `available`, `in-use`, `detaching`, …
    servers: tuple[str, ...] = ()  # UUIDs of the servers that it is attached to


@dataclasses.dataclass(frozen=True, kw_only=True)
class VolumeSnapshot:
    """A snapshot of a volume of Cinder."""

    id: str
    name: str
    status: str  # `creating`, `available`, `error`, `deleting`, …
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class FloatingIP:
    """A floating IP of Neutron. `port` is empty if it is attached to nothing."""

    id: str
    address: str
    port: str
    description: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class LoadBalancerPool:
    """One pool of a load balancer, with the name of its listener and the states of its members."""

    listener: str
    operating: str
    members: tuple[str, ...] = ()  # `ONLINE`, `ERROR`, `NO_MONITOR` where nothing watches them, …


@dataclasses.dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    """A load balancer of Octavia."""

    id: str
    provisioning: str  # `ACTIVE`, `PENDING_UPDATE`, `ERROR`
    operating: str  # `ONLINE`, `DEGRADED`, `OFFLINE`, `ERROR`, …
    pools: tuple[LoadBalancerPool, ...] = ()


class CloudServices:
    """The volumes and addresses of one project, as one entry of clouds.yaml sees them. Thread-safe.

    Every method raises `CloudServiceError`; subclasses of it are named where a caller tells them apart.
    """

    def __init__(self, cloud: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.cloud = cloud
        self._requests = Requests(cloud, sleep=sleep)

    # --- Cinder

    def volume(self, volume: str) -> Volume:
        """Return a volume and where it is attached. Raises `CloudNotFound`."""
        doing = f"show the volume {volume}"
        body = self._requests.read("block_storage", f"/volumes/{volume}", doing=doing)["volume"]
        servers = (attachment.get("server_id") for attachment in body.get("attachments") or [])
        return Volume(id=body["id"], status=body["status"], servers=tuple(filter(None, servers)))

    def snapshots(self, volume: str) -> tuple[VolumeSnapshot, ...]:
        """Return the snapshots of a volume."""
        path = f"/snapshots/detail?{urlencode({'volume_id': volume})}"
        body = self._requests.read("block_storage", path, doing=f"list the snapshots of the volume {volume}")
        return tuple(_snapshot(snapshot) for snapshot in body["snapshots"])

    def snapshot(
        self, volume: str, *, name: str, description: str, metadata: Mapping[str, str]
    ) -> VolumeSnapshot:
        """Take a snapshot of a volume that is not in use. It is available later.

        Raises `CloudRefused` if the volume is in use, or the quota is exceeded.
        """
        texts = {"name": name, "description": description, "metadata": dict(metadata)}
        body = {"snapshot": {"volume_id": volume, **texts, "force": False}}
        doing = f"take a snapshot of the volume {volume}"
        answer = self._requests.request("block_storage", "POST", "/snapshots", body, doing=doing)
        return _snapshot(answer["snapshot"])

    def remove_snapshot(self, snapshot: str) -> None:
        """Delete a snapshot; one that is gone already is no error. Raises `CloudRefused` if it is in use."""
        doing = f"remove the snapshot {snapshot}"
        with contextlib.suppress(CloudNotFound):
            self._requests.request("block_storage", "DELETE", f"/snapshots/{snapshot}", None, doing=doing)

    # --- Octavia

    def balancer(self, balancer: str) -> LoadBalancer:
        """Return a load balancer. Raises `CloudNotFound`, `CloudForbidden` or `NoSuchService`."""
        path, doing = f"/lbaas/loadbalancers/{balancer}/status", f"show the load balancer {balancer}"
        tree = self._requests.read("load_balancer", path, doing=doing)["statuses"]["loadbalancer"]
        return LoadBalancer(
            id=tree["id"],
            provisioning=tree["provisioning_status"],
            operating=tree["operating_status"],
            pools=tuple(
                _pool(listener, pool) for listener in tree["listeners"] for pool in listener["pools"]
            ),
        )

    def balancer_by_description(self, text: str) -> str:
        """Return the id of the load balancer with a description, empty if there is none."""
        path = f"/lbaas/loadbalancers?{urlencode({'description': text})}"
        balancers = self._requests.read("load_balancer", path, doing="find a load balancer")["loadbalancers"]
        ids = (str(balancer["id"]) for balancer in balancers if balancer.get("description") == text)
        return next(ids, "")

    # --- Neutron

    def address(self, address: str) -> FloatingIP | None:
        """Return a floating IP of the project by its address."""
        return self._first({"floating_ip_address": address}, f"find the address {address}")

    def address_of_port(self, port: str) -> FloatingIP | None:
        """Return the floating IP that is attached to a port."""
        return self._first({"port_id": port}, f"find the address of port {port}")

    def describe(self, floating_ip: str, text: str) -> None:
        """Set the description of a floating IP."""
        self._update(floating_ip, {"description": text})

    def attach(self, floating_ip: str, port: str) -> None:
        """Attach a floating IP to a port; an empty port detaches it."""
        self._update(floating_ip, {"port_id": port or None})

    def _first(self, query: Mapping[str, str], doing: str) -> FloatingIP | None:
        path = f"/floatingips?{urlencode(query)}"
        addresses = self._requests.read("network", path, doing=doing)["floatingips"]
        return _floating_ip(addresses[0]) if addresses else None

    def _update(self, floating_ip: str, values: Json) -> None:
        path, body = f"/floatingips/{floating_ip}", {"floatingip": values}
        self._requests.request("network", "PUT", path, body, doing="change a floating IP")


def _snapshot(body: Json) -> VolumeSnapshot:
    return VolumeSnapshot(
        id=body["id"],
        name=body.get("name") or "",
        status=body["status"],
        metadata=body.get("metadata") or {},
    )


def _floating_ip(body: Json) -> FloatingIP:
    return FloatingIP(
        id=body["id"],
        address=body["floating_ip_address"],
        port=body.get("port_id") or "",
        description=body.get("description") or "",
    )


def _pool(listener: Json, pool: Json) -> LoadBalancerPool:
    members = tuple(member["operating_status"] for member in pool.get("members") or [])
    return LoadBalancerPool(
        listener=listener.get("name") or "", operating=pool["operating_status"], members=members
    )

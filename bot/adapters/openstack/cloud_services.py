"""Cinder, Neutron and Octavia, for the few calls that moving disks and addresses, and proving it, need."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from bot.adapters.openstack.service_client import CloudNotFound, Requests

Json = dict[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Disk:
    """A volume as Cinder has it."""

    id: str
    status: str  # `available`, `in-use`, `detaching`, …
    servers: tuple[str, ...] = ()  # UUIDs of the servers that it is attached to


@dataclasses.dataclass(frozen=True, kw_only=True)
class VolumeSnapshot:
    """A moment of a volume, as Cinder has it."""

    id: str
    name: str
    status: str  # `creating`, `available`, `error`, `deleting`, …
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class FloatingIP:
    """A floating IP as Neutron has it. `port` is empty if it is attached to nothing."""

    id: str
    address: str
    port: str
    description: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class LoadBalancerPool:
    """One pool of a load balancer: whose it is by its listener's name, and how its members are (`ONLINE`,
    `ERROR`,
    `NO_MONITOR` where nothing watches them, …)."""

    listener: str
    operating: str
    members: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    """A load balancer as Octavia has it."""

    id: str
    provisioning: str  # `ACTIVE`, `PENDING_UPDATE`, `ERROR`
    operating: str  # `ONLINE`, `DEGRADED`, `OFFLINE`, `ERROR`, …
    pools: tuple[LoadBalancerPool, ...] = ()


class CloudServices:
    """The disks and addresses of one project, as one entry of clouds.yaml sees them. Thread-safe."""

    def __init__(self, cloud: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.cloud = cloud
        self._requests = Requests(cloud, sleep=sleep)

    # --- Cinder

    def disk(self, volume: str) -> Disk:
        """A volume and where it is attached. Raises `CloudNotFound`, `CloudServiceError`."""
        doing = f"show the volume {volume}"
        found = self._requests.read("block_storage", f"/volumes/{volume}", doing=doing)["volume"]
        servers = tuple(each["server_id"] for each in found.get("attachments") or [] if each.get("server_id"))
        return Disk(id=found["id"], status=found["status"], servers=servers)

    def snapshots(self, volume: str) -> tuple[VolumeSnapshot, ...]:
        """The snapshots of a volume. Raises `CloudServiceError`."""
        path = f"/snapshots/detail?{urlencode({'volume_id': volume})}"
        found = self._requests.read("block_storage", path, doing=f"list the snapshots of the volume {volume}")
        return tuple(_snapshot(each) for each in found["snapshots"])

    def snapshot(
        self, volume: str, *, name: str, description: str, metadata: Mapping[str, str]
    ) -> VolumeSnapshot:
        """Take a snapshot of a volume that is free; it is ready later. Raises `CloudRefused` (in use, no
        quota).
        """
        body = {
            "volume_id": volume,
            "name": name,
            "description": description,
            "metadata": dict(metadata),
            "force": False,
        }
        doing = f"take a snapshot of the volume {volume}"
        made = self._requests.request("block_storage", "POST", "/snapshots", {"snapshot": body}, doing=doing)
        return _snapshot(made["snapshot"])

    def remove_snapshot(self, snapshot: str) -> None:
        """Remove a snapshot; one that is gone is. Raises `CloudRefused` (busy, not allowed),
        `CloudServiceError`.
        """
        doing = f"remove the snapshot {snapshot}"
        with contextlib.suppress(CloudNotFound):
            self._requests.request("block_storage", "DELETE", f"/snapshots/{snapshot}", None, doing=doing)

    # --- Octavia

    def balancer(self, balancer: str) -> LoadBalancer:
        """A load balancer with what it leads to. Raises `CloudNotFound`, `NotAllowed`, `NoSuchService`,
        `CloudServiceError`.
        """
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

    def described(self, text: str) -> str:
        """The id of the load balancer with a description; empty if there is none. Raises
        `CloudServiceError`.
        """
        path = f"/lbaas/loadbalancers?{urlencode({'description': text})}"
        found = self._requests.read("load_balancer", path, doing="find a load balancer")["loadbalancers"]
        return next((str(each["id"]) for each in found if each.get("description") == text), "")

    # --- Neutron

    def find(self, address: str) -> FloatingIP | None:
        """A floating IP of the project by its address. Raises `CloudServiceError`."""
        return self._first({"floating_ip_address": address}, f"find the address {address}")

    def on(self, port: str) -> FloatingIP | None:
        """The floating IP that is attached to a port. Raises `CloudServiceError`."""
        return self._first({"port_id": port}, f"find the address of port {port}")

    def describe(self, floating_ip: str, text: str) -> None:
        """Set the description of a floating IP. Raises `CloudServiceError`."""
        self._update(floating_ip, {"description": text})

    def attach(self, floating_ip: str, port: str) -> None:
        """Attach a floating IP to a port; an empty one detaches it. Raises `CloudServiceError`."""
        self._update(floating_ip, {"port_id": port or None})

    def _first(self, query: Mapping[str, str], doing: str) -> FloatingIP | None:
        found = self._requests.read("network", f"/floatingips?{urlencode(query)}", doing=doing)["floatingips"]
        if not found:
            return None
        return FloatingIP(
            id=found[0]["id"],
            address=found[0]["floating_ip_address"],
            port=found[0].get("port_id") or "",
            description=found[0].get("description") or "",
        )

    def _update(self, floating_ip: str, values: Json) -> None:
        self._requests.request(
            "network",
            "PUT",
            f"/floatingips/{floating_ip}",
            {"floatingip": values},
            doing="change a floating IP",
        )


def _snapshot(found: Json) -> VolumeSnapshot:
    return VolumeSnapshot(
        id=found["id"],
        name=found.get("name") or "",
        status=found["status"],
        metadata=found.get("metadata") or {},
    )


def _pool(listener: Json, pool: Json) -> LoadBalancerPool:
    members = tuple(each["operating_status"] for each in pool.get("members") or [])
    return LoadBalancerPool(
        listener=listener.get("name") or "", operating=pool["operating_status"], members=members
    )

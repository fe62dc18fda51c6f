"""Faults one can switch on in a cluster: each changes the fabric, or an object that a person could change.

What the API then shows, and what the bot finds, follows; no answer is looked up by a fault's name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from sandbox.kube.cluster import SandboxCluster
from sandbox.kube.fabric import Machine
from sandbox.loopback import Loopback

Change = Callable[[SandboxCluster, Machine, bool], None]


@dataclasses.dataclass(frozen=True)
class Fault:
    """One fault. `drivers` are those in whose clusters it can happen; without a node it is the cluster's."""

    id: str
    title: str
    explanation: str
    per_node: bool
    drivers: tuple[str, ...] = ("calico", "flannel")


def _port(_cluster: SandboxCluster, machine: Machine, on: bool) -> None:
    machine.bgp_port_open = not on


def _bird(_cluster: SandboxCluster, machine: Machine, on: bool) -> None:
    machine.bird = not on


def _crash(_cluster: SandboxCluster, machine: Machine, on: bool) -> None:
    machine.driver_crashes = "Error" if on else ""


def _memory(_cluster: SandboxCluster, machine: Machine, on: bool) -> None:
    machine.driver_crashes = "OOMKilled" if on else ""


def _kubelet(_cluster: SandboxCluster, machine: Machine, on: bool) -> None:
    machine.kubelet = not on


def _cni(_cluster: SandboxCluster, machine: Machine, on: bool) -> None:
    machine.cni_configured = not on


def _image(_cluster: SandboxCluster, machine: Machine, on: bool) -> None:
    machine.image_pulls = not on


def _as_number(_cluster: SandboxCluster, machine: Machine, on: bool) -> None:
    machine.as_number = 64_999 if on else 64_512


def _range(cluster: SandboxCluster, machine: Machine, on: bool) -> None:
    def change(node: dict[str, dict[str, object]]) -> None:
        if on:
            node["spec"].pop("podCIDR", None)
            node["spec"].pop("podCIDRs", None)
        else:
            node["spec"] |= {"podCIDR": machine.pod_range, "podCIDRs": [machine.pod_range]}

    cluster.store.mutate(cluster.store.registry.named("Node"), None, machine.name, change)


def _taint(cluster: SandboxCluster, machine: Machine, on: bool) -> None:
    taint = {"key": "maintenance", "value": "true", "effect": "NoExecute"}

    def change(node: dict[str, dict[str, list[object]]]) -> None:
        kept = [found for found in node["spec"].get("taints", []) if found != taint]
        node["spec"]["taints"] = [*kept, taint] if on else kept

    cluster.store.mutate(cluster.store.registry.named("Node"), None, machine.name, change)


def _exec(cluster: SandboxCluster, _machine: Machine, on: bool) -> None:
    rule = {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create", "get"]}

    def change(role: dict[str, list[object]]) -> None:
        kept = [found for found in role["rules"] if found != rule]
        role["rules"] = kept if on else [*kept, rule]

    cluster.store.mutate(cluster.store.registry.named("ClusterRole"), None, "xk8s-verify", change)


def _busy(cluster: SandboxCluster, _machine: Machine, on: bool) -> None:
    cluster.api.disturbance.status = 429 if on else 0
    cluster.api.disturbance.retry_after = 1 if on else 0


def _broken(cluster: SandboxCluster, _machine: Machine, on: bool) -> None:
    cluster.api.disturbance.status = 500 if on else 0


def _slow(cluster: SandboxCluster, _machine: Machine, on: bool) -> None:
    cluster.api.disturbance.delay = 2.0 if on else 0.0


def _flaky(cluster: SandboxCluster, _machine: Machine, on: bool) -> None:
    cluster.api.disturbance.unavailable_every = 3 if on else 0


def _conflicts(cluster: SandboxCluster, _machine: Machine, on: bool) -> None:
    cluster.api.disturbance.conflict_every = 2 if on else 0


def _expired(cluster: SandboxCluster, _machine: Machine, on: bool) -> None:
    cluster.api.disturbance.expired = on


def _silent(cluster: SandboxCluster, _machine: Machine, on: bool) -> None:
    cluster.api.disturbance.silent = on


def _registry(cluster: SandboxCluster, _machine: Machine, on: bool) -> None:
    cluster.fabric.registry = not on


def _nothing(_cluster: SandboxCluster, _machine: Machine, _on: bool) -> None:
    """The API's port is opened and closed by the switch itself, which can wait for it."""


AWAY, EXEC = "away", "exec"
_CALICO = ("calico",)
FAULTS: dict[str, tuple[Fault, Change]] = {
    fault.id: (fault, change)
    for fault, change in (
        (
            Fault(
                "bgp-port", "TCP 179 closed", "the security group of the node lets no BGP in", True, _CALICO
            ),
            _port,
        ),
        (Fault("bird", "BIRD down", "the BGP daemon of the node does not run", True, _CALICO), _bird),
        (
            Fault(
                "as-number", "Wrong AS number", "the node's AS number differs from its peers'", True, _CALICO
            ),
            _as_number,
        ),
        (
            Fault("crash", "Driver crashes", "the driver's daemon on the node ends again and again", True),
            _crash,
        ),
        (
            Fault(
                "memory",
                "Out of memory",
                "Flannel's daemon is killed at its limit of 50 MiB",
                True,
                ("flannel",),
            ),
            _memory,
        ),
        (Fault("kubelet", "Kubelet stopped", "the node reports nothing any more", True), _kubelet),
        (Fault("cni", "No CNI configuration", "/etc/cni/net.d of the node is empty", True), _cni),
        (Fault("image", "Image not pulled", "the registry does not have the driver's image", True), _image),
        (Fault("pod-range", "No pod range", "the node was given no podCIDR", True, ("flannel",)), _range),
        (
            Fault(
                "taint",
                "Untolerated taint",
                "a NoExecute taint that Flannel does not tolerate",
                True,
                ("flannel",),
            ),
            _taint,
        ),
        (Fault(EXEC, "exec forbidden", "the role xk8s-verify loses the right to pods/exec", False), _exec),
        (Fault("busy", "API too busy", "every request is answered 429", False), _busy),
        (Fault("broken", "API fails", "every request is answered 500", False), _broken),
        (Fault("flaky", "API flaky", "every third request is answered 503", False), _flaky),
        (
            Fault("conflicts", "Conflicts", "every second write to what is there is answered 409", False),
            _conflicts,
        ),
        (
            Fault("expired", "Versions expire", "lists that go on, and watches, are answered 410", False),
            _expired,
        ),
        (Fault("silent", "API silent", "no answer comes at all", False), _silent),
        (
            Fault(
                "registry",
                "Registry away",
                "images of what people run cannot be pulled: new pods never become ready",
                False,
            ),
            _registry,
        ),
        (Fault("slow", "API slow", "every answer takes two seconds longer", False), _slow),
        (Fault(AWAY, "API out of reach", "connections to the API are refused", False), _nothing),
    )
}


class FaultSwitches:
    """The faults of one cluster, and which are on."""

    def __init__(self, cluster: SandboxCluster, loopback: Loopback, *, limited: bool = False) -> None:
        self._limited = limited  # the bot gets in with a limited role, so that a right can be taken away
        self.cluster = cluster
        self._loopback = loopback
        self._on: set[tuple[str, str]] = set()

    def available(self) -> list[Fault]:
        """Those that can happen in this cluster."""
        found = [fault for fault, _ in FAULTS.values() if self.cluster.spec.driver in fault.drivers]
        return [fault for fault in found if fault.id != EXEC or self._limited]

    def on(self, fault: str) -> list[str]:
        """The nodes where a fault is on; an empty name for the cluster's."""
        return [node for found, node in sorted(self._on) if found == fault]

    async def switch(self, fault: str, on: bool, node: str = "") -> None:
        """Switch a fault. Raises `KeyError` for a fault or node that is none."""
        found, change = FAULTS[fault]
        machines = self.cluster.fabric.machines
        machine = machines[node] if found.per_node else next(iter(machines.values()))
        if fault == AWAY:
            await self._reach(on)
        else:
            change(self.cluster, machine, on)
        if on:
            self._on.add((fault, node))
        else:
            self._on.discard((fault, node))
        if found.per_node:
            self.cluster.fabric.touch(machine.name, datetime.now(UTC))
        self.cluster.touch()

    def _reach(self, on: bool) -> Awaitable[None]:
        return self.cluster.hang_up() if on else self.cluster.listen(self._loopback)

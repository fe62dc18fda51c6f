"""Faults that can be switched on in a cluster.

Each changes the network model, the faults of the API server, or an object that a person could change. What
the API then shows, and what the bot finds, follows; no answer is looked up by a fault's name.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox.kube.cluster import SandboxCluster
from sandbox.kube.network_model import AS_NUMBER, Machine
from sandbox.kube.objects import Object
from sandbox.loopback import Loopback

Change = Callable[[SandboxCluster, Machine, bool], None]
ALL_DRIVERS = ("calico", "flannel")
UNREACHABLE, EXEC = "away", "exec"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of a cluster; `drivers` are those in whose clusters it can happen."""

    id: str
    title: str
    explanation: str
    change: Change
    per_node: bool = False
    drivers: tuple[str, ...] = ALL_DRIVERS


def _machine(attribute: str, faulty: Any, healthy: Any) -> Change:
    """Return a change of one attribute of the node's machine."""
    return lambda _cluster, machine, on: setattr(machine, attribute, faulty if on else healthy)


def _api(**faults: Any) -> Change:
    """Return a change of the API server's faults; off is the default of each."""

    def change(cluster: SandboxCluster, _machine: Machine, on: bool) -> None:
        for attribute, value in faults.items():
            setattr(cluster.api.faults, attribute, value if on else type(value)())

    return change


def _image_registry(cluster: SandboxCluster, _machine: Machine, on: bool) -> None:
    cluster.network.image_registry = not on


def _pod_range(cluster: SandboxCluster, machine: Machine, on: bool) -> None:
    def change(node: Object) -> None:
        if on:
            node["spec"].pop("podCIDR", None)
            node["spec"].pop("podCIDRs", None)
        else:
            node["spec"] |= {"podCIDR": machine.pod_range, "podCIDRs": [machine.pod_range]}

    cluster.store.mutate(cluster.store.registry.named("Node"), None, machine.name, change)


def _taint(cluster: SandboxCluster, machine: Machine, on: bool) -> None:
    taint = {"key": "maintenance", "value": "true", "effect": "NoExecute"}

    def change(node: Object) -> None:
        taints = [existing for existing in node["spec"].get("taints", []) if existing != taint]
        node["spec"]["taints"] = [*taints, taint] if on else taints

    cluster.store.mutate(cluster.store.registry.named("Node"), None, machine.name, change)


def _exec(cluster: SandboxCluster, _machine: Machine, on: bool) -> None:
    rule = {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create", "get"]}

    def change(role: Object) -> None:
        rules = [existing for existing in role["rules"] if existing != rule]
        role["rules"] = rules if on else [*rules, rule]

    cluster.store.mutate(cluster.store.registry.named("ClusterRole"), None, "xk8s-verify", change)


def _unreachable(_cluster: SandboxCluster, _machine: Machine, _on: bool) -> None:
    """Change nothing: the switch itself closes and opens the port of the API, which takes time."""


_NODE_FAULTS = (
    ("bgp-port", "TCP 179 closed", "the security group of the node lets no BGP in", ("calico",)),
    ("bird", "BIRD down", "the BGP daemon of the node does not run", ("calico",)),
    ("as-number", "Wrong AS number", "the node's AS number differs from its peers'", ("calico",)),
    ("crash", "Driver crashes", "the driver's daemon on the node ends again and again", ALL_DRIVERS),
    ("memory", "Out of memory", "Flannel's daemon is killed at its limit of 50 MiB", ("flannel",)),
    ("kubelet", "Kubelet stopped", "the node reports nothing any more", ALL_DRIVERS),
    ("cni", "No CNI configuration", "/etc/cni/net.d of the node is empty", ALL_DRIVERS),
    ("image", "Image not pulled", "the registry does not have the driver's image", ALL_DRIVERS),
    ("pod-range", "No pod range", "the node was given no podCIDR", ("flannel",)),
    ("taint", "Untolerated taint", "a NoExecute taint that Flannel does not tolerate", ("flannel",)),
)
_CLUSTER_FAULTS = (
    (EXEC, "exec forbidden", "the role xk8s-verify loses the right to pods/exec"),
    ("busy", "API too busy", "every request is answered 429"),
    ("broken", "API fails", "every request is answered 500"),
    ("flaky", "API flaky", "every third request is answered 503"),
    ("conflicts", "Conflicts", "every second write to what is there is answered 409"),
    ("expired", "Versions expire", "lists that go on, and watches, are answered 410"),
    ("silent", "API silent", "no answer comes at all"),
    (
        "registry",
        "Registry away",
        "images of what people run cannot be pulled: new pods never become ready",
    ),
    ("slow", "API slow", "every answer takes two seconds longer"),
    (UNREACHABLE, "API out of reach", "connections to the API are refused"),
)
_CHANGES: dict[str, Change] = {
    "bgp-port": _machine("bgp_port_open", False, True),
    "bird": _machine("bird", False, True),
    "as-number": _machine("as_number", 64_999, AS_NUMBER),
    "crash": _machine("driver_crashes", "Error", ""),
    "memory": _machine("driver_crashes", "OOMKilled", ""),
    "kubelet": _machine("kubelet", False, True),
    "cni": _machine("cni_configured", False, True),
    "image": _machine("image_pulls", False, True),
    "pod-range": _pod_range,
    "taint": _taint,
    EXEC: _exec,
    "busy": _api(status=429, retry_after=1),
    "broken": _api(status=500),
    "flaky": _api(unavailable_every=3),
    "conflicts": _api(conflict_every=2),
    "expired": _api(expired=True),
    "silent": _api(silent=True),
    "registry": _image_registry,
    "slow": _api(delay=2.0),
    UNREACHABLE: _unreachable,
}
FAULTS = {
    id_: Fault(id=id_, title=title, explanation=text, change=_CHANGES[id_], per_node=True, drivers=drivers)
    for id_, title, text, drivers in _NODE_FAULTS
} | {
    id_: Fault(id=id_, title=title, explanation=text, change=_CHANGES[id_])
    for id_, title, text in _CLUSTER_FAULTS
}


class ClusterFaults:
    """The faults of one cluster, and which are on.

    With `restricted` the bot has a role with few rights in this cluster, so that one can be taken away.
    """

    def __init__(self, cluster: SandboxCluster, loopback: Loopback, *, restricted: bool = False) -> None:
        self.cluster = cluster
        self._restricted = restricted
        self._loopback = loopback
        self._on: set[tuple[str, str]] = set()

    def available(self) -> list[Fault]:
        """Return the faults that can happen in this cluster."""
        driver = self.cluster.spec.driver
        faults = [fault for fault in FAULTS.values() if driver in fault.drivers]
        return [fault for fault in faults if fault.id != EXEC or self._restricted]

    def on(self, fault: str) -> list[str]:
        """Return the nodes where a fault is on; an empty name stands for the cluster."""
        return [node for name, node in sorted(self._on) if name == fault]

    async def switch(self, fault: str, on: bool, node: str = "") -> None:
        """Switch a fault on or off. Raises `KeyError` for an unknown fault or node."""
        switched, machines = FAULTS[fault], self.cluster.network.machines
        machine = machines[node] if switched.per_node else next(iter(machines.values()))
        if fault == UNREACHABLE:
            await (self.cluster.hang_up() if on else self.cluster.listen(self._loopback))
        switched.change(self.cluster, machine, on)
        (self._on.add if on else self._on.discard)((fault, node))
        if switched.per_node:
            self.cluster.network.reset_sessions(machine.name, datetime.now(UTC))
        self.cluster.resync()

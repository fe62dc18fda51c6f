"""The faults of the whole world on the page: of Slack, of the cloud, and of each cluster."""

from __future__ import annotations

from typing import Protocol

from sandbox.infrastructure import Infrastructure
from sandbox.infrastructure.network import ACTIVE
from sandbox.kube.faults import FaultSwitches
from sandbox.openstack.cloud import Ailments, Cloud
from sandbox.slack.page_app import FaultGroup, FaultSwitch
from sandbox.slack.web_api import LIMITED, SILENT, UNAVAILABLE, WebApi


class Broken(Protocol):
    """What of a world can be broken."""

    api: WebApi
    cloud: Cloud
    infrastructure: Infrastructure
    switches: dict[str, FaultSwitches]

    async def magnum_listens(self) -> None: ...

    async def magnum_hangs_up(self) -> None: ...


GROUPS = "usergroups.users.list"
SLACK_FAULTS = {  # title, explanation, method (none: all of them) and what it does
    "groups-silent": ("User groups are silent", "usergroups.users.list never answers", GROUPS, SILENT),
    "groups-fail": ("User groups fail", "usergroups.users.list is answered 503", GROUPS, UNAVAILABLE),
    "updates-limited": ("Updates are limited", "every chat.update is answered 429", "chat.update", LIMITED),
    "slack-down": ("Slack is down", "every call of the Web API is answered 503", "", UNAVAILABLE),
}
STUCK, FOREIGN = "stuck", "foreign-port"
FULL, FAILING = "snapshots-full", "snapshots-fail"
STORAGE_FAULTS = {
    FULL: ("No room for snapshots", "the quota of the project is reached: Cinder answers 413"),
    FAILING: ("Snapshots fail", "every snapshot that is taken from now on ends in the state error"),
}
NETWORK_FAULTS = {
    STUCK: (
        "Load balancers are stuck",
        "those there are now are PENDING_UPDATE: a cluster's deletion fails at them",
    ),
    FOREIGN: (
        "A foreign server",
        "it has a port on every cluster's network: a cluster's deletion fails after its servers are gone",
    ),
}
GONE = "gone"
CLOUD_FAULTS: dict[str, tuple[str, str, Ailments]] = {
    GONE: ("Magnum is gone", "connections to Magnum are refused", Ailments()),
    "down": (
        "Magnum fails",
        "every request is answered 503 by the proxy in front",
        Ailments(status=503, html=True),
    ),
    "error": ("Magnum errs", "every request is answered 500", Ailments(status=500)),
    "other-creator": (
        "Somebody else's clusters",
        "the credentials are not those of the clusters' creator",
        Ailments(),
    ),
    "crash": (
        "New clusters are broken",
        "the network driver of every cluster that is created from now on crashes",
        Ailments(broken_nodes=True),
    ),
    "full": (
        "No room for servers",
        "Nova finds no valid host for new clusters",
        Ailments(no_valid_host=True),
    ),
}


class WorldFaults:
    """All faults of the world, for the page."""

    def __init__(self, world: Broken) -> None:
        self._world = world
        self._on: set[str] = set()

    def groups(self) -> list[FaultGroup]:
        """The cloud's faults, then each cluster's."""
        cloud = [
            FaultSwitch(id=f"cloud/{name}", title=title, explanation=text, on=name in self._on)
            for name, (title, text, _) in CLOUD_FAULTS.items()
        ]
        cloud += [
            FaultSwitch(id=f"network/{name}", title=title, explanation=text, on=name in self._on)
            for name, (title, text) in NETWORK_FAULTS.items()
        ]
        cloud += [
            FaultSwitch(id=f"storage/{name}", title=title, explanation=text, on=name in self._on)
            for name, (title, text) in STORAGE_FAULTS.items()
        ]
        slack = [
            FaultSwitch(id=f"slack/{name}", title=title, explanation=text, on=name in self._on)
            for name, (title, text, _, _) in SLACK_FAULTS.items()
        ]
        found = [
            FaultGroup(title="💬 Slack", faults=slack),
            FaultGroup(title="☁️ The cloud (Magnum)", faults=cloud),
        ]
        for name, switches in self._world.switches.items():
            nodes = list(switches.cluster.fabric.machines)
            faults = [
                FaultSwitch(
                    id=f"{name}/{fault.id}",
                    title=fault.title,
                    explanation=fault.explanation,
                    on=bool(switches.on(fault.id)),
                    nodes=nodes if fault.per_node else (),
                    node=(switches.on(fault.id) or [nodes[-1]])[0],
                )
                for fault in switches.available()
            ]
            found.append(FaultGroup(title=f"{name} · {switches.cluster.spec.driver}", faults=faults))
        return found

    async def switch(self, fault: str, on: bool, node: str) -> None:
        """Switch a fault; off, on every node where it is on."""
        where, _, name = fault.partition("/")
        if where == "cloud":
            await self._cloud(name, on)
            return
        apart = {"slack": self._slack, "network": self._network, "storage": self._storage}
        if where in apart:
            (self._on.add if on else self._on.discard)(name)
            apart[where](name, on)
            return
        switches = self._world.switches[where]
        for each in [node] if on else switches.on(name):
            await switches.switch(name, on, each if not on or node else "")

    async def _cloud(self, name: str, on: bool) -> None:
        if name == GONE:
            await (self._world.magnum_hangs_up() if on else self._world.magnum_listens())
        (self._on.add if on else self._on.discard)(name)
        cloud = self._world.cloud
        ill = [CLOUD_FAULTS[each][2] for each in self._on]
        cloud.ailments = Ailments(
            status=max((each.status for each in ill), default=0),
            html=any(each.html for each in ill),
            no_valid_host=any(each.no_valid_host for each in ill),
            broken_nodes=any(each.broken_nodes for each in ill),
        )
        owner = "user-other" if "other-creator" in self._on else "user-ops"
        for found in cloud.clusters.values():
            found["user_id"] = owner

    def _slack(self, name: str, on: bool) -> None:
        _, _, method, word = SLACK_FAULTS[name]
        if not method:
            self._world.api.down = on
        elif on:
            self._world.api.ailing[method] = word
        else:
            self._world.api.ailing.pop(method, None)

    def _storage(self, name: str, on: bool) -> None:
        storage = self._world.infrastructure.storage
        if name == FULL:
            storage.most_snapshots = len(storage.snapshots) if on else -1
        else:
            storage.snapshots_fail = on

    def _network(self, name: str, on: bool) -> None:
        network = self._world.infrastructure.network
        if name == STUCK:
            for balancer in network.balancers.values():
                balancer.provisioning = "PENDING_UPDATE" if on else ACTIVE
        elif on:
            for net in [each for each in network.nets.values() if each.cluster]:
                network.add_port(net, FOREIGN, owner="compute:nova", device="legacy-vm")
        else:
            for port in [each for each in network.ports.values() if each.name == FOREIGN]:
                del network.ports[port.id]

"""The faults of the whole sandbox on the page: of Slack, of the cloud, and of each cluster."""

from __future__ import annotations

from typing import Protocol

from sandbox.infrastructure import Infrastructure
from sandbox.infrastructure.network import ACTIVE
from sandbox.kube.faults import ClusterFaults
from sandbox.openstack.cloud import Cloud, CloudFaults
from sandbox.slack.fault_panel import FaultGroup, FaultSwitch
from sandbox.slack.rate_limits import LIMITED
from sandbox.slack.web_api import SILENT, UNAVAILABLE, WebApi


class Faulty(Protocol):
    """The parts of a sandbox that can have faults."""

    api: WebApi
    cloud: Cloud
    infrastructure: Infrastructure
    cluster_faults: dict[str, ClusterFaults]

    async def open_magnum(self) -> None: ...

    async def close_magnum(self) -> None: ...


USER_GROUPS = "usergroups.users.list"
SLACK_EFFECTS = {  # the method (empty: all of them), and what happens to its calls
    "groups-silent": (USER_GROUPS, SILENT),
    "groups-fail": (USER_GROUPS, UNAVAILABLE),
    "updates-limited": ("chat.update", LIMITED),
    "slack-down": ("", UNAVAILABLE),
}
UNREACHABLE, OTHER_CREATOR = "gone", "other-creator"
CLOUD_EFFECTS = {
    UNREACHABLE: CloudFaults(),
    "down": CloudFaults(status=503, html=True),
    "error": CloudFaults(status=500),
    OTHER_CREATOR: CloudFaults(),
    "crash": CloudFaults(broken_nodes=True),
    "full": CloudFaults(no_valid_host=True),
}
STUCK_BALANCERS, FOREIGN_PORT = "stuck", "foreign-port"
SNAPSHOT_QUOTA, SNAPSHOTS_FAIL = "snapshots-full", "snapshots-fail"
TEXTS = {  # by part and fault: title and explanation, in the order of the page
    "slack": {
        "groups-silent": ("User groups are silent", "usergroups.users.list never answers"),
        "groups-fail": ("User groups fail", "usergroups.users.list is answered 503"),
        "updates-limited": ("Updates are limited", "every chat.update is answered 429"),
        "slack-down": ("Slack is down", "every call of the Web API is answered 503"),
    },
    "cloud": {
        UNREACHABLE: ("Magnum is gone", "connections to Magnum are refused"),
        "down": ("Magnum fails", "every request is answered 503 by the proxy in front"),
        "error": ("Magnum errs", "every request is answered 500"),
        OTHER_CREATOR: (
            "Somebody else's clusters",
            "the credentials are not those of the clusters' creator",
        ),
        "crash": (
            "New clusters are broken",
            "the network driver of every cluster that is created from now on crashes",
        ),
        "full": ("No room for servers", "Nova finds no valid host for new clusters"),
    },
    "network": {
        STUCK_BALANCERS: (
            "Load balancers are stuck",
            "those there are now are PENDING_UPDATE: a cluster's deletion fails at them",
        ),
        FOREIGN_PORT: (
            "A foreign server",
            "it has a port on every cluster's network: a cluster's deletion fails after its servers are gone",
        ),
    },
    "storage": {
        SNAPSHOT_QUOTA: (
            "No room for snapshots",
            "the quota of the project is reached: Cinder answers 413",
        ),
        SNAPSHOTS_FAIL: (
            "Snapshots fail",
            "every snapshot that is taken from now on ends in the state error",
        ),
    },
}


class SandboxFaults:
    """All faults of the sandbox; an id is a part or the name of a cluster, a slash, and the fault."""

    def __init__(self, sandbox: Faulty) -> None:
        self._sandbox = sandbox
        self._on: set[str] = set()

    def groups(self) -> list[FaultGroup]:
        """Return the faults of Slack, of the cloud, and of each cluster."""
        cloud = [switch for part in ("cloud", "network", "storage") for switch in self._switches(part)]
        return [
            FaultGroup(title="💬 Slack", faults=self._switches("slack")),
            FaultGroup(title="☁️ The cloud (Magnum)", faults=cloud),
            *(_cluster_group(name, faults) for name, faults in self._sandbox.cluster_faults.items()),
        ]

    def _switches(self, part: str) -> list[FaultSwitch]:
        return [
            FaultSwitch(id=f"{part}/{fault}", title=title, explanation=text, on=fault in self._on)
            for fault, (title, text) in TEXTS[part].items()
        ]

    async def switch(self, fault: str, on: bool, node: str) -> None:
        """Switch a fault on, or off on every node where it is on."""
        part, _, name = fault.partition("/")
        if part not in TEXTS:
            faults = self._sandbox.cluster_faults[part]
            for target in [node] if on else faults.on(name):
                await faults.switch(name, on, target if not on or node else "")
            return
        if name == UNREACHABLE:
            await (self._sandbox.close_magnum() if on else self._sandbox.open_magnum())
        (self._on.add if on else self._on.discard)(name)
        match part:
            case "slack":
                self._switch_slack(name, on)
            case "cloud":
                self._switch_cloud()
            case "network":
                self._switch_network(name, on)
            case "storage":
                self._switch_storage(name, on)

    def _switch_slack(self, name: str, on: bool) -> None:
        method, effect = SLACK_EFFECTS[name]
        if not method:
            self._sandbox.api.down = on
        elif on:
            self._sandbox.api.faults[method] = effect
        else:
            self._sandbox.api.faults.pop(method, None)

    def _switch_cloud(self) -> None:
        cloud = self._sandbox.cloud
        effects = [CLOUD_EFFECTS[name] for name in self._on & CLOUD_EFFECTS.keys()]
        cloud.faults = CloudFaults(
            status=max((effect.status for effect in effects), default=0),
            html=any(effect.html for effect in effects),
            no_valid_host=any(effect.no_valid_host for effect in effects),
            broken_nodes=any(effect.broken_nodes for effect in effects),
        )
        owner = "user-other" if OTHER_CREATOR in self._on else "user-ops"
        for cluster in cloud.clusters.values():
            cluster["user_id"] = owner

    def _switch_storage(self, name: str, on: bool) -> None:
        storage = self._sandbox.infrastructure.storage
        if name == SNAPSHOT_QUOTA:
            storage.snapshot_quota = len(storage.snapshots) if on else -1
        else:
            storage.snapshots_fail = on

    def _switch_network(self, name: str, on: bool) -> None:
        network = self._sandbox.infrastructure.network
        if name == STUCK_BALANCERS:
            for balancer in network.balancers.values():
                balancer.provisioning = "PENDING_UPDATE" if on else ACTIVE
        elif on:
            for private in [private for private in network.networks.values() if private.cluster]:
                network.add_port(private, FOREIGN_PORT, owner="compute:nova", device="legacy-vm")
        else:
            for port in [port for port in network.ports.values() if port.name == FOREIGN_PORT]:
                del network.ports[port.id]


def _cluster_group(name: str, faults: ClusterFaults) -> FaultGroup:
    nodes = list(faults.cluster.network.machines)
    switches = []
    for fault in faults.available():
        on = faults.on(fault.id)
        switches.append(
            FaultSwitch(
                id=f"{name}/{fault.id}",
                title=fault.title,
                explanation=fault.explanation,
                on=bool(on),
                nodes=nodes if fault.per_node else (),
                node=(on or [nodes[-1]])[0],
            )
        )
    return FaultGroup(title=f"{name} · {faults.cluster.spec.driver}", faults=switches)

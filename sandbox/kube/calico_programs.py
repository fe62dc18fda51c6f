"""The programs of the image calico/node: `birdcl` and `/bin/calico-node`; it has no calicoctl."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.kube.network_model import NetworkModel
from sandbox.kube.shell import Output

READY = "BIRD v0.3.3+birdv1.6.8 ready.\n"
NO_SOCKET = (
    "Unable to connect to server control socket (/var/run/calico/bird.ctl): No such file or directory\n"
)
DEFAULT_THRESHOLD = "-threshold-time=30s"


class CalicoPrograms:
    """Answers as the programs in the calico-node containers of one cluster do."""

    def __init__(self, network: NetworkModel, clock: Callable[[], datetime]) -> None:
        self._network = network
        self._clock = clock

    def run(self, node: str, argv: list[str]) -> Output | None:
        """Run a program on a node; None if it is none of Calico's."""
        name = argv[0].rsplit("/", 1)[-1] if argv else ""
        if name in ("birdcl", "birdcl6"):
            return self._birdcl(node, argv[1:])
        if name == "calico-node":
            return self._show_status(node) if "-show-status" in argv else self._check(node, argv[1:])
        return None

    def _birdcl(self, node: str, words: list[str]) -> Output:
        machines = self._network.machines
        if not machines[node].bird:
            return "", NO_SOCKET, 1
        command = words[words.index("show") + 1 :] if "show" in words else []
        if command == ["protocols"]:
            return READY + self._protocols(node), "", 0
        if command == ["route", "count"]:
            routes = 3 * len(machines)
            return f"{READY}{routes} of {routes} routes for {len(machines)} networks\n", "", 0
        if command == ["status"]:
            address = machines[node].address
            status = f"BIRD v0.3.3+birdv1.6.8\nRouter ID is {address}\nDaemon is up and running\n"
            return READY + status, "", 0
        return f"{READY}syntax error, unexpected CF_SYM_UNDEFINED\n", "", 1

    def _protocols(self, node: str) -> str:
        lines = ["name     proto    table    state  since       info"]
        joined = self._since(self._network.machines[node].joined)
        lines += [
            f"{protocol.lower() + '1':<8} {protocol:<8} master   up     {joined:<11} "
            for protocol in ("Static", "Kernel", "Device", "Direct")
        ]
        for session in self._network.bgp_sessions(node):
            name, since = "Mesh_" + session.peer.replace(".", "_"), self._since(session.since)
            lines.append(f"{name:<8} BGP      master   {session.state:<6} {since:<11} {session.info}")
        return "\n".join(lines) + "\n"

    def _since(self, moment: datetime) -> str:
        """BIRD shows a time for the last 23 hours, and a date for earlier."""
        recent = self._clock() - moment < timedelta(hours=23)
        return moment.strftime("%H:%M:%S") if recent else moment.strftime("%Y-%m-%d")

    def _check(self, node: str, flags: list[str]) -> Output:
        """Run a liveness or readiness check."""
        strict = any(flag.startswith("-threshold-time=") and flag != DEFAULT_THRESHOLD for flag in flags)
        complaints = []
        if "-felix-ready" in flags or "-felix-live" in flags:
            complaints.append(self._network.felix_ready(node))
        if "-bird-ready" in flags:
            complaints.append(self._network.bird_ready(node, strict=strict))
        if "-bird-live" in flags and not self._network.machines[node].bird:
            complaints.append("bird/confd is not live: Service bird is not running")
        complaint = next(filter(None, complaints), "")
        return ("", f"calico/node is not ready: {complaint}\n", 1) if complaint else ("", "", 0)

    def _show_status(self, node: str) -> Output:
        if not self._network.machines[node].bird:
            return "", "Error querying BIRD: unable to connect to BIRDv4 socket\n", 1
        rows = [("PEER ADDRESS", "PEER TYPE", "STATE", "SINCE", "INFO")] + [
            (
                session.peer,
                session.kind,
                session.state,
                self._since(session.since),
                " ".join(session.info.split()),
            )
            for session in self._network.bgp_sessions(node)
        ]
        return (
            f"Calico process is running.\n\nIPv4 BGP status\n{_table(rows)}\n\nIPv6 BGP status\nNo IPv6"
            " peers found.\n",
            "",
            0,
        )


def _table(rows: list[tuple[str, str, str, str, str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    head, *body = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    return "\n".join([rule, head, rule, *body, rule])

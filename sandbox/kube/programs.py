"""The programs in the containers: what they print follows from the fabric, never from who asks.

calico-node has `birdcl` and `/bin/calico-node` and no calicoctl; a program that an image lacks fails as
the container runtime fails.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sandbox.kube import web
from sandbox.kube.api.remote import ExecRefused, Write
from sandbox.kube.fabric import Fabric, Peering
from sandbox.kube.shell import Files, Shell

Object = dict[str, Any]
Said = tuple[str, str, int]  # stdout, stderr, exit code
NOT_FOUND = 126


class Programs:
    """Runs programs in the containers of one cluster."""

    def __init__(
        self, fabric: Fabric, clock: Callable[[], datetime], files: Callable[[Object, str], Files]
    ) -> None:
        self._fabric = fabric
        self._clock = clock
        self.files = files

    async def __call__(
        self, pod: Object, container: str, argv: list[str], stdout: Write, stderr: Write
    ) -> int:
        """Run a program; its exit code. Raises `ExecRefused` where the container does not run."""
        statuses = pod.get("status", {}).get("containerStatuses", [])
        running = any(
            status["name"] == container and status.get("state", {}).get("running") for status in statuses
        )
        if not running:
            raise ExecRefused(f'container not found ("{container}")')
        out, err, code = self.run(pod, container, argv)
        if out:
            await stdout(out.encode())
        if err:
            await stderr(err.encode())
        return code

    def run(self, pod: Object, container: str, argv: list[str]) -> Said:
        """What a program prints and how it ends."""
        node = pod["spec"].get("nodeName", "")
        if container == "calico-node":
            found = self._calico(node, argv)
            if found is not None:
                return found
        if container == "kube-flannel" and argv == ["cat", "/run/flannel/subnet.env"]:
            return self._subnet(node), "", 0
        said = Shell(self.files(pod, container), self._clock, _environment(pod, container)).run(argv)
        if said is not None:
            return said
        message = (
            "OCI runtime exec failed: exec failed: unable to start container process: exec: "
            f'"{argv[0] if argv else ""}": executable file not found in $PATH: unknown'
        )
        return "", message, NOT_FOUND

    def get(self, pod: Object, port: int, path: str) -> web.Answer | None:
        """What answers a GET on a port of a pod; None if nothing listens. Raises `NotHttp`."""
        container = web.listening(pod, port)
        if container is None:
            return None
        return web.answer(container, port, path, self.files(pod, container["name"]))

    def _calico(self, node: str, argv: list[str]) -> Said | None:
        name = argv[0].rsplit("/", 1)[-1] if argv else ""
        if name in ("birdcl", "birdcl6"):
            return self._birdcl(node, argv[1:])
        if name == "calico-node":
            return self._calico_node(node, argv[1:])
        return None

    def _birdcl(self, node: str, words: list[str]) -> Said:
        if not self._fabric.machines[node].bird:
            return (
                "",
                (
                    "Unable to connect to server control socket (/var/run/calico/bird.ctl): No such file or"
                    " directory\n"
                ),
                1,
            )
        command = words[words.index("show") :] if "show" in words else []
        head = "BIRD v0.3.3+birdv1.6.8 ready.\n"
        if command == ["show", "protocols"]:
            return head + self._protocols(node), "", 0
        if command == ["show", "route", "count"]:
            return (
                (
                    f"{head}{3 * len(self._fabric.machines)} of {3 * len(self._fabric.machines)} routes for"
                    f" {len(self._fabric.machines)} networks\n"
                ),
                "",
                0,
            )
        if command == ["show", "status"]:
            return (
                (
                    f"{head}BIRD v0.3.3+birdv1.6.8\nRouter ID is"
                    f" {self._fabric.machines[node].address}\nDaemon is up and running\n"
                ),
                "",
                0,
            )
        return f"{head}syntax error, unexpected CF_SYM_UNDEFINED\n", "", 1

    def _protocols(self, node: str) -> str:
        lines = ["name     proto    table    state  since       info"]
        joined = self._since(self._fabric.machines[node].joined)
        for name, proto in (
            ("static1", "Static"),
            ("kernel1", "Kernel"),
            ("device1", "Device"),
            ("direct1", "Direct"),
        ):
            lines.append(f"{name:<8} {proto:<8} master   up     {joined:<11} ")
        for peering in self._fabric.peerings(node):
            name = "Mesh_" + peering.peer.replace(".", "_")
            lines.append(
                f"{name:<8} BGP      master   {peering.state:<6} {self._since(peering.since):<11}"
                f" {peering.info}"
            )
        return "\n".join(lines) + "\n"

    def _since(self, at: datetime) -> str:
        """BIRD shows a time for today, a date for earlier."""
        recent = self._clock() - at < timedelta(hours=23)
        return at.strftime("%H:%M:%S") if recent else at.strftime("%Y-%m-%d")

    def _calico_node(self, node: str, flags: list[str]) -> Said:
        if "-show-status" in flags:
            return self._show_status(node)
        strict = any(flag.startswith("-threshold-time=") and flag != "-threshold-time=30s" for flag in flags)
        complaints = []
        if "-felix-ready" in flags or "-felix-live" in flags:
            complaints.append(self._fabric.felix_ready(node))
        if "-bird-ready" in flags:
            complaints.append(self._fabric.bird_ready(node, strict=strict))
        if "-bird-live" in flags and not self._fabric.machines[node].bird:
            complaints.append("bird/confd is not live: Service bird is not running")
        said = [complaint for complaint in complaints if complaint]
        return ("", f"calico/node is not ready: {said[0]}\n", 1) if said else ("", "", 0)

    def _show_status(self, node: str) -> Said:
        if not self._fabric.machines[node].bird:
            return "", "Error querying BIRD: unable to connect to BIRDv4 socket\n", 1
        rows = [self._row(peering) for peering in self._fabric.peerings(node)]
        head = ("PEER ADDRESS", "PEER TYPE", "STATE", "SINCE", "INFO")
        widths = [max(len(row[n]) for row in (head, *rows)) for n in range(5)]
        rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
        body = [
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
            for row in (head, *rows)
        ]
        table = "\n".join([rule, body[0], rule, *body[1:], rule])
        return (
            (
                f"Calico process is running.\n\nIPv4 BGP status\n{table}\n\nIPv6 BGP status\nNo IPv6 peers"
                " found.\n"
            ),
            "",
            0,
        )

    def _row(self, peering: Peering) -> tuple[str, ...]:
        return (
            peering.peer,
            peering.kind,
            peering.state,
            self._since(peering.since),
            " ".join(peering.info.split()),
        )

    def _subnet(self, node: str) -> str:
        network = self._fabric.machines[node].pod_range
        return (
            f"FLANNEL_NETWORK=10.101.0.0/16\nFLANNEL_SUBNET={network}\n"
            "FLANNEL_MTU=1400\nFLANNEL_IPMASQ=true\n"
        )


def _environment(pod: Object, container: str) -> dict[str, str]:
    found: Object = next((each for each in pod["spec"]["containers"] if each["name"] == container), {})
    own = {each["name"]: str(each.get("value", "")) for each in found.get("env") or []}
    return {
        "HOSTNAME": pod["spec"].get("hostname") or pod["metadata"].get("name", ""),
        "PATH": "/usr/bin:/bin",
        **own,
    }

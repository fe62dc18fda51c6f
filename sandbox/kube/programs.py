"""The programs in the containers: what they print follows from the network model, never from who asks.

A program that an image lacks fails as the container runtime fails.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sandbox.kube import http_servers
from sandbox.kube.api.exec_stream import ExecRefused, Write
from sandbox.kube.calico_programs import CalicoPrograms
from sandbox.kube.network_model import NetworkModel
from sandbox.kube.objects import Object, by_name, status_of
from sandbox.kube.shell import Files, Output, Shell

NOT_EXECUTABLE = 126


class Programs:
    """Runs programs in the containers of one cluster."""

    def __init__(
        self, network: NetworkModel, clock: Callable[[], datetime], files: Callable[[Object, str], Files]
    ) -> None:
        self._network = network
        self._clock = clock
        self._calico = CalicoPrograms(network, clock)
        self.files = files

    async def execute(
        self, pod: Object, container: str, argv: list[str], *, stdout: Write, stderr: Write
    ) -> int:
        """Run a program for exec and return its exit code.

        Raises `ExecRefused` where the container does not run.
        """
        status = by_name(status_of(pod).get("containerStatuses", []), container)
        if not status.get("state", {}).get("running"):
            raise ExecRefused(f'container not found ("{container}")')
        out, err, code = self.run(pod, container, argv)
        if out:
            await stdout(out.encode())
        if err:
            await stderr(err.encode())
        return code

    def run(self, pod: Object, container: str, argv: list[str]) -> Output:
        """Run a program and return stdout, stderr and the exit code."""
        node = pod["spec"].get("nodeName", "")
        output = self._calico.run(node, argv) if container == "calico-node" else None
        if output is not None:
            return output
        if container == "kube-flannel" and argv == ["cat", "/run/flannel/subnet.env"]:
            return self._flannel_subnet(node), "", 0
        output = Shell(self.files(pod, container), self._clock, _environment(pod, container)).run(argv)
        if output is not None:
            return output
        message = (
            "OCI runtime exec failed: exec failed: unable to start container process: exec: "
            f'"{argv[0] if argv else ""}": executable file not found in $PATH: unknown'
        )
        return "", message, NOT_EXECUTABLE

    def get(self, pod: Object, port: int, path: str) -> http_servers.Answer | None:
        """Answer a GET on a port of a pod; None if nothing listens there. Raises `NotHttp`."""
        container = http_servers.listening(pod, port)
        if container is None:
            return None
        return http_servers.answer(container, port, path, self.files(pod, container["name"]))

    def _flannel_subnet(self, node: str) -> str:
        return (
            "FLANNEL_NETWORK=10.101.0.0/16\n"
            f"FLANNEL_SUBNET={self._network.machines[node].pod_range}\n"
            "FLANNEL_MTU=1400\nFLANNEL_IPMASQ=true\n"
        )


def _environment(pod: Object, container: str) -> dict[str, str]:
    variables = by_name(pod["spec"]["containers"], container).get("env") or []
    return {
        "HOSTNAME": pod["spec"].get("hostname") or pod["metadata"].get("name", ""),
        "PATH": "/usr/bin:/bin",
        **{variable["name"]: str(variable.get("value", "")) for variable in variables},
    }

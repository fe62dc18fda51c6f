"""A Kubernetes API of a few lines: lists by path, and errors in their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.adapters.kube.errors import KubeError, NotFound
from bot.adapters.kube.objects import DaemonSet
from bot.drivers.verification import collector
from tests.unit.drivers.builders import daemon_set, node, pod

FORBIDDEN = "the server says no (HTTP 403)"


class FakeKube:
    """Answers `list_all` from `lists`, by path or by path and label selector; any other path is a 404."""

    def __init__(self, **lists: Any) -> None:
        self.lists: dict[str, Any] = dict(lists)
        self.asked: list[str] = []
        self.closed = False

    def list_all(self, path: str, _kind: type, *, labels: str = "", fields: str = "") -> Sequence[Any]:
        self.asked.append(path)
        items = self.lists.get(f"{path}?{labels}", self.lists.get(path))
        if items is None:
            raise NotFound(f"there is no {path}")
        if isinstance(items, KubeError):
            raise items
        return list(items)

    def close(self) -> None:
        self.closed = True


def running(daemon: DaemonSet | None = None, *, nodes: int = 2) -> FakeKube:
    """A healthy cluster: the DaemonSet's pod on every node, and CoreDNS."""
    daemon = daemon or daemon_set("kube-flannel")
    kube = FakeKube()
    kube.lists = {
        collector.DAEMON_SETS: [daemon],
        collector.NODES: [node(f"n{number}") for number in range(1, nodes + 1)],
        collector.PODS: [pod(f"p{number}", on=f"n{number}") for number in range(1, nodes + 1)],
        f"{collector.PODS}?{collector.DNS_LABEL}": [pod("coredns-1")],
        collector.EVENTS: [],
    }
    return kube

"""Which Services are asked over HTTP, and for which path: only what a readiness or liveness probe names.
Computes only.

A probe's path is what a kubelet asks all the time, so that a GET of it does no harm; any other path might.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.manifest import Object, Ref, pod_template_of, spec_of
from bot.migration.objects.modes import is_workload
from bot.migration.objects.ownership import graph
from bot.migration.planning.plan import MigrationPlan

PROBES = ("readinessProbe", "livenessProbe")  # the first that fits


@dataclasses.dataclass(frozen=True, kw_only=True)
class HttpProbe:
    """One GET through the API server. `path` may hold a query, which is never shown."""

    service: Ref
    port: int
    scheme: str
    path: str

    @property
    def url(self) -> str:
        """Its path in the API."""
        name = quote(f"{self.scheme}:{self.service.name}:{self.port}", safe=":")
        path = quote(f"/{self.path.lstrip('/')}", safe="/?&=%~:@!$'()*+,;")
        return f"/api/v1/namespaces/{quote(self.service.namespace, safe='')}/services/{name}/proxy{path}"

    def __str__(self) -> str:
        return f"Service {self.service.short}, port {self.port}, GET {self.path.partition('?')[0]}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class HttpProbes:
    """What is asked; and ports that serve HTTP by their name, for which no probe names a path."""

    asked: tuple[HttpProbe, ...]
    without: tuple[str, ...] = ()


def probes(plan: MigrationPlan, side: Inventory) -> HttpProbes:
    """The GETs for the copied Services of one side (Services and workloads must have been read)."""
    workloads = _templates(side)
    asked: list[HttpProbe] = []
    without: list[str] = []
    for ref in sorted(plan.by_ref):
        service = side.objects.get(ref) if (ref.group, ref.kind) == ("", "Service") else None
        selector = spec_of(service or {}).get("selector")
        if service is None or not selector or spec_of(service).get("type") == "ExternalName":
            continue
        behind = [
            spec
            for home, labels, spec in workloads
            if home == ref.namespace and selector.items() <= labels.items()
        ]
        for port in spec_of(service).get("ports") or []:
            if port.get("protocol", "TCP") != "TCP":
                continue
            found = next(_gets(port, behind), None)
            if found is not None:
                scheme, path = found
                asked.append(HttpProbe(service=ref, port=int(port["port"]), scheme=scheme, path=path))
            elif behind and _is_http(port):
                without.append(f"{ref.short}:{port['port']}")
    return HttpProbes(asked=tuple(asked), without=tuple(without))


def _templates(side: Inventory) -> list[tuple[str, dict[str, str], Object]]:
    """Namespace, labels and spec of what workloads make; of what makes another workload once."""
    owners = graph(side.objects.values())
    found = []
    for ref, obj in side.objects.items():
        owner = owners.controller(obj) if is_workload(ref) else None
        if not is_workload(ref) or (
            owner and is_workload(Ref(owner.group, owner.kind, ref.namespace, owner.name))
        ):
            continue
        template = pod_template_of(obj)
        labels = (template.get("metadata") or {}).get("labels") or {}
        found.append((ref.namespace, labels, template.get("spec") or {}))
    return found


def _is_http(port: Object) -> bool:
    said = str(port.get("appProtocol") or port.get("name") or "")
    return said in ("http", "https", "web") or said.startswith(("http-", "https-"))


def _gets(port: Object, behind: Iterable[Object]) -> Iterator[tuple[str, str]]:
    """Scheme and path of probes that ask the very port of the container that a Service's port leads to."""
    for spec in behind:
        containers = spec.get("containers") or []
        wanted = _target(port, containers)
        for kind in PROBES:
            for container in containers:
                get = (container.get(kind) or {}).get("httpGet")
                if get and not get.get("host") and wanted == _number(container, get.get("port")) != 0:
                    yield str(get.get("scheme") or "HTTP").lower(), str(get.get("path") or "/")


def _target(port: Object, containers: Iterable[Object]) -> int:
    """The container's port that a Service's port leads to; 0 if no container has it by that name."""
    target = port.get("targetPort", port["port"])
    return next((number for each in containers if (number := _number(each, target))), 0)


def _number(container: Object, port: Any) -> int:
    if isinstance(port, int):
        return port
    for each in container.get("ports") or []:
        if each.get("name") == port:
            return int(each["containerPort"])
    return 0

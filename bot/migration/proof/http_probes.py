"""Which Services are asked over HTTP, and for which path: only what a readiness or liveness probe names.

Computes only. A kubelet asks a probe's path all the time, so that a GET of it does no harm; any other path
might.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from bot.migration.inventory.cluster_objects import Inventory
from bot.migration.objects.fields import Object, Ref, pod_labels_of, pod_spec_of, spec_of
from bot.migration.objects.kinds import SERVICE, is_workload
from bot.migration.objects.ownership import graph
from bot.migration.planning.plan import MigrationPlan

PROBES = ("readinessProbe", "livenessProbe")  # the first that fits is taken


@dataclasses.dataclass(frozen=True, kw_only=True)
class HttpProbe:
    """One GET through the API server. `path` may have a query, which is never shown."""

    service: Ref
    port: int
    scheme: str
    path: str

    @property
    def url(self) -> str:
        """The path in the Kubernetes API that proxies the GET to the Service."""
        name = quote(f"{self.scheme}:{self.service.name}:{self.port}", safe=":")
        path = quote(f"/{self.path.lstrip('/')}", safe="/?&=%~:@!$'()*+,;")
        return f"/api/v1/namespaces/{quote(self.service.namespace, safe='')}/services/{name}/proxy{path}"

    def __str__(self) -> str:
        return f"Service {self.service.short}, port {self.port}, GET {self.path.partition('?')[0]}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class HttpProbes:
    """What is asked, and the ports that serve HTTP by their name but for which no probe names a path."""

    probes: tuple[HttpProbe, ...]
    ports_without_path: tuple[str, ...] = ()


def probes(plan: MigrationPlan, side: Inventory) -> HttpProbes:
    """Return the GETs for the copied Services of one cluster, whose workloads must be in the inventory."""
    workloads = _top_workloads(side)
    gets: list[HttpProbe] = []
    without: list[str] = []
    for ref in sorted(ref for ref in plan.by_ref if ref.group_kind == SERVICE):
        spec = spec_of(side.objects.get(ref, {}))
        selector = spec.get("selector")
        if not selector or spec.get("type") == "ExternalName":
            continue
        behind = [
            pod_spec_of(obj)
            for workload, obj in workloads
            if workload.namespace == ref.namespace and selector.items() <= pod_labels_of(obj).items()
        ]
        for port in (port for port in spec.get("ports") or [] if port.get("protocol", "TCP") == "TCP"):
            scheme, path = next(_gets(port, behind), ("", ""))
            if path:
                gets.append(HttpProbe(service=ref, port=int(port["port"]), scheme=scheme, path=path))
            elif behind and _is_http(port):
                without.append(f"{ref.short}:{port['port']}")
    return HttpProbes(probes=tuple(gets), ports_without_path=tuple(without))


def _top_workloads(side: Inventory) -> list[tuple[Ref, Object]]:
    """Return the workloads that no other workload makes, so that each pod template counts once."""
    owners = graph(side.objects.values())
    return [
        (ref, obj)
        for ref, obj in side.objects.items()
        if is_workload(ref) and not owners.is_made_by_workload(obj)
    ]


def _is_http(port: Object) -> bool:
    name = str(port.get("appProtocol") or port.get("name") or "")
    return name in ("http", "https", "web") or name.startswith(("http-", "https-"))


def _gets(port: Object, pod_specs: Iterable[Object]) -> Iterator[tuple[str, str]]:
    """Yield scheme and path of the probes that ask the very container port that a Service's port leads to."""
    for spec in pod_specs:
        containers = spec.get("containers") or []
        target = _target_port(port, containers)
        for probe, container in ((probe, container) for probe in PROBES for container in containers):
            get = (container.get(probe) or {}).get("httpGet")
            if get and not get.get("host") and target == _number(container, get.get("port")) != 0:
                yield str(get.get("scheme") or "HTTP").lower(), str(get.get("path") or "/")


def _target_port(port: Object, containers: Iterable[Object]) -> int:
    """Return the container port that a Service's port leads to; 0 if no container has it by that name."""
    target = port.get("targetPort", port["port"])
    return next((number for container in containers if (number := _number(container, target))), 0)


def _number(container: Object, port: Any) -> int:
    """Return the number of a container port that is given by number or by name; 0 if there is none."""
    if isinstance(port, int):
        return port
    ports = container.get("ports") or []
    return next((int(entry["containerPort"]) for entry in ports if entry.get("name") == port), 0)

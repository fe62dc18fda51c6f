"""The proxy of Services: a request to the API server that a pod answers
(`…/services/http:web:80/proxy/healthz`).
"""

from __future__ import annotations

import dataclasses
import re
from typing import Protocol

from starlette.responses import PlainTextResponse, Response

from sandbox.kube.api import errors
from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.store import Store
from sandbox.kube.http_servers import Answer, NotHttp
from sandbox.kube.objects import Object

PATH = re.compile(r"/api/v1/namespaces/([^/]+)/services/([^/]+)/proxy(/.*)?")


class PodServers(Protocol):
    """The servers in the pods."""

    def get(self, pod: Object, port: int, path: str) -> Answer | None:
        """Answer a GET; None if nothing listens there. Raises `NotHttp`."""
        ...


@dataclasses.dataclass(frozen=True)
class ProxyRequest:
    """What a path asks a Service for.

    `id` names the Service together with scheme and port; it is what RBAC decides about.
    """

    namespace: str
    id: str
    path: str


def parse(path: str) -> ProxyRequest | None:
    """Return what a path of the API asks a Service for; None for any other path."""
    match = PATH.fullmatch(path)
    return ProxyRequest(match[1], match[2], match[3] or "/") if match else None


def answer(store: Store, request: ProxyRequest, query: str, servers: PodServers) -> Response:
    """Return a pod's answer to a GET. Raises `ApiError` 400, 404, and 503 where no pod can answer."""
    parts = request.id.split(":")
    if len(parts) > 3 or (len(parts) == 3 and parts[0] not in ("http", "https")):
        raise errors.bad_request(f'invalid service request "{request.id}"')
    name, port = (parts[-2], parts[-1]) if len(parts) > 1 else (parts[0], "")
    service = store.peek(store.registry.named("Service"), request.namespace, name)
    pod, number = _endpoint(store, request, name, _port_name(service, port))
    path = f"{request.path}?{query}" if query else request.path
    try:
        reply = servers.get(pod, number, path)
    except NotHttp:
        raise _unavailable(
            "error trying to reach service: net/http: HTTP/1.x transport connection broken: malformed HTTP"
            " response"
        ) from None
    if reply is None:
        address = f"dial tcp {pod['status'].get('podIP', '')}:{number}"
        raise _unavailable(f"error trying to reach service: {address}: connect: connection refused")
    return PlainTextResponse(reply[1], status_code=reply[0])


def _port_name(service: Object, port: str) -> str:
    """Return the name of a Service's port, which may be given by its number; a single port may have none."""
    if not port.isdigit():
        return port
    for declared in service["spec"].get("ports") or []:
        if declared["port"] == int(port):
            return str(declared.get("name", ""))
    raise _unavailable(f'no service port {port} found for service "{service["metadata"]["name"]}"')


def _endpoint(store: Store, request: ProxyRequest, service: str, port_name: str) -> tuple[Object, int]:
    """Return the first ready pod behind a port of a Service, and the port on that pod."""
    endpoints = store.peek(store.registry.named("Endpoints"), request.namespace, service)
    pods = store.registry.named("Pod")
    for subset in endpoints.get("subsets") or []:
        numbers = [port["port"] for port in subset.get("ports") or [] if port.get("name", "") == port_name]
        targets = [address.get("targetRef") or {} for address in subset.get("addresses") or []]
        names = [target["name"] for target in targets if target.get("kind") == "Pod"]
        for name in names if numbers else ():
            if store.has(pods, request.namespace, name):
                return store.peek(pods, request.namespace, name), int(numbers[0])
    raise _unavailable(f'no endpoints available for service "{request.id}"')


def _unavailable(message: str) -> ApiError:
    return ApiError(503, "ServiceUnavailable", message)

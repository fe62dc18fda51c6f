"""The proxy of Services: a request to the API server that a pod answers
(`…/services/http:web:80/proxy/healthz`).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any, Protocol

from starlette.responses import PlainTextResponse, Response

from sandbox.kube.api import errors
from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.store import Store
from sandbox.kube.web import Answer, NotHttp

Object = dict[str, Any]
PATH = re.compile(r"/api/v1/namespaces/([^/]+)/services/([^/]+)/proxy(/.*)?")


class Servers(Protocol):
    """The servers in the pods."""

    def get(self, pod: Object, port: int, path: str) -> Answer | None:
        """What answers a GET; None if nothing listens. Raises `NotHttp`."""
        ...


@dataclasses.dataclass(frozen=True)
class Proxied:
    """What a path asks for. `id` is what names the Service, with scheme and port: rights are for it as a
    whole.
    """

    namespace: str
    id: str
    path: str


def asked(path: str) -> Proxied | None:
    """What a path of the API asks a Service for; None if it asks for something else."""
    found = PATH.fullmatch(path)
    return Proxied(found[1], found[2], found[3] or "/") if found else None


def answer(store: Store, wanted: Proxied, query: str, servers: Servers) -> Response:
    """A pod's answer to a GET. Raises `ApiError` 400, 404, and 503 where no pod can answer."""
    parts = wanted.id.split(":")
    if len(parts) > 3 or (len(parts) == 3 and parts[0] not in ("http", "https")):
        raise errors.bad_request(f'invalid service request "{wanted.id}"')
    name, port = (parts[1], parts[2]) if len(parts) == 3 else (parts[0], parts[1] if len(parts) == 2 else "")
    service = store.peek(store.registry.named("Service"), wanted.namespace, name)
    port_name = _port_name(service, port)
    pod, number = _endpoint(store, wanted, name, port_name)
    address = f"dial tcp {pod['status'].get('podIP', '')}:{number}"
    path = f"{wanted.path}?{query}" if query else wanted.path
    try:
        found = servers.get(pod, number, path)
    except NotHttp:
        raise _unavailable(
            "error trying to reach service: net/http: HTTP/1.x transport connection broken: malformed HTTP"
            " response"
        ) from None
    if found is None:
        raise _unavailable(f"error trying to reach service: {address}: connect: connection refused")
    return PlainTextResponse(found[1], status_code=found[0])


def _port_name(service: Object, port: str) -> str:
    """The name of a Service's port, which may be given by its number; a single port may have none."""
    if not port.isdigit():
        return port
    for each in service["spec"].get("ports") or []:
        if each["port"] == int(port):
            return str(each.get("name", ""))
    raise _unavailable(f'no service port {port} found for service "{service["metadata"]["name"]}"')


def _endpoint(store: Store, wanted: Proxied, service: str, port: str) -> tuple[Object, int]:
    for obj, number in _endpoints(store, wanted.namespace, service, port):
        return obj, number
    raise _unavailable(f'no endpoints available for service "{wanted.id}"')


def _endpoints(store: Store, namespace: str, service: str, port: str) -> Iterator[tuple[Object, int]]:
    endpoints = store.peek(store.registry.named("Endpoints"), namespace, service)
    pods = store.registry.named("Pod")
    for subset in endpoints.get("subsets") or []:
        for each in subset.get("ports") or []:
            if each.get("name", "") != port:
                continue
            for address in subset.get("addresses") or []:
                target = address.get("targetRef") or {}
                if target.get("kind") == "Pod" and store.has(pods, namespace, target["name"]):
                    yield store.peek(pods, namespace, target["name"]), int(each["port"])


def _unavailable(message: str) -> ApiError:
    return ApiError(503, "ServiceUnavailable", message)

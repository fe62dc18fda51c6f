"""Octavia v2: load balancers with their listeners, pools and members."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.infrastructure.network import Listener, LoadBalancer, NetworkError
from sandbox.openstack.cloud import Cloud, Json
from sandbox.openstack.rest import NotFound, filtered, guarded

MEMBER_STATUS = ("id", "name", "provisioning_status", "operating_status", "address", "protocol_port")
BALANCER_FILTERS = ("loadbalancer_id", "load_balancer_id")
HAS_CHILDREN = "Cannot delete Load Balancer {id} - it has children"


def _error_body(status: int, message: str, _kind: str) -> Json:
    return {"faultcode": "Client" if status < 500 else "Server", "faultstring": message, "debuginfo": None}


def octavia_app(cloud: Cloud) -> Starlette:
    """Return Octavia over the network of a cloud."""
    api = _Octavia(cloud)

    def route(path: str, handler: Any, *methods: str) -> list[Route]:
        guard = guarded(cloud, handler, _error_body)
        return [Route(f"{base}/lbaas{path}", guard, methods=list(methods)) for base in ("/v2", "/v2.0")]

    return Starlette(
        routes=[
            Route("/", api.versions),
            Route("/v2", api.versions),
            Route("/v2.0", api.versions),
            *route("/loadbalancers", api.balancers, "GET"),
            *route("/loadbalancers/{id}", api.balancer, "GET"),
            *route("/loadbalancers/{id}", api.update, "PUT"),
            *route("/loadbalancers/{id}", api.delete, "DELETE"),
            *route("/loadbalancers/{id}/status", api.status, "GET"),
            *route("/listeners", api.listeners, "GET"),
            *route("/listeners/{id}", api.listener, "GET"),
            *route("/pools", api.pools, "GET"),
            *route("/pools/{id}", api.pool, "GET"),
            *route("/pools/{id}/members", api.members, "GET"),
        ]
    )


class _Octavia:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._network = cloud.infrastructure.network

    async def versions(self, request: Request) -> Response:
        url = f"{request.url.scheme}://{request.url.netloc}/v2"
        version = {
            "id": "v2.26",
            "status": "CURRENT",
            "updated": "2021-05-18T00:00:00Z",
            "links": [{"rel": "self", "href": url}],
        }
        return JSONResponse({"versions": [version]})

    async def balancers(self, request: Request) -> Response:
        balancers = [self._json(balancer) for balancer in self._network.balancers.values()]
        return JSONResponse({"loadbalancers": filtered(request, balancers), "loadbalancers_links": []})

    async def balancer(self, request: Request) -> Response:
        return JSONResponse({"loadbalancer": self._json(self._get(request))})

    async def update(self, request: Request) -> Response:
        balancer, body = self._get(request), (await request.json())["loadbalancer"]
        if balancer.provisioning.startswith("PENDING"):
            raise NetworkError(409, f"Load Balancer {balancer.id} is immutable and cannot be updated.")
        for field in ("name", "description", "tags"):
            setattr(balancer, field, body.get(field, getattr(balancer, field)))
        return JSONResponse({"loadbalancer": self._json(balancer)})

    async def delete(self, request: Request) -> Response:
        balancer = self._get(request)
        if balancer.listeners and request.query_params.get("cascade", "").lower() not in ("true", "1"):
            raise NetworkError(409, HAS_CHILDREN.format(id=balancer.id))
        self._network.delete_balancer(balancer)
        return Response(status_code=204)

    async def status(self, request: Request) -> Response:
        balancer = self._get(request)
        tree = {
            "id": balancer.id,
            "name": balancer.name,
            "provisioning_status": balancer.provisioning,
            "operating_status": balancer.health,
            "listeners": [_status_tree(balancer, listener) for listener in balancer.listeners],
        }
        return JSONResponse({"statuses": {"loadbalancer": tree}})

    async def listeners(self, request: Request) -> Response:
        listeners = [self._listener_json(*pair) for pair in self._listeners(request)]
        return JSONResponse({"listeners": filtered(request, listeners, *BALANCER_FILTERS)})

    async def listener(self, request: Request) -> Response:
        return JSONResponse({"listener": self._listener_json(*self._find(request, "Listener"))})

    async def pools(self, request: Request) -> Response:
        pools = [self._pool_json(*pair) for pair in self._listeners(request)]
        return JSONResponse({"pools": filtered(request, pools, *BALANCER_FILTERS)})

    async def pool(self, request: Request) -> Response:
        return JSONResponse({"pool": self._pool_json(*self._find(request, "Pool"))})

    async def members(self, request: Request) -> Response:
        _, listener = self._find(request, "Pool")
        return JSONResponse({"members": _members(listener)})

    def _get(self, request: Request) -> LoadBalancer:
        balancer = self._network.balancers.get(request.path_params["id"])
        if balancer is None:
            raise NotFound(f"Load Balancer {request.path_params['id']} not found.")
        return balancer

    def _listeners(self, request: Request) -> list[tuple[LoadBalancer, Listener]]:
        """Return the listeners of the load balancer that a query names, or of all."""
        filters = [request.query_params.get(name) for name in BALANCER_FILTERS]
        ids = [filter_ for filter_ in filters if filter_]
        return [
            (balancer, listener)
            for balancer in self._network.balancers.values()
            if not ids or ids[0] == balancer.id
            for listener in balancer.listeners
        ]

    def _find(self, request: Request, noun: str) -> tuple[LoadBalancer, Listener]:
        """Return the listener whose own id, or whose pool's, is in the path."""
        for balancer in self._network.balancers.values():
            for listener in balancer.listeners:
                if request.path_params["id"] == (listener.pool if noun == "Pool" else listener.id):
                    return balancer, listener
        raise NotFound(f"{noun} {request.path_params['id']} not found.")

    def _json(self, balancer: LoadBalancer) -> Json:
        network = self._network.networks[balancer.vip.network]
        return {
            "id": balancer.id,
            "name": balancer.name,
            "description": balancer.description,
            "provisioning_status": balancer.provisioning,
            "operating_status": balancer.health,
            "admin_state_up": True,
            "vip_address": balancer.vip.address,
            "vip_port_id": balancer.vip.id,
            "vip_subnet_id": network.subnet,
            "vip_network_id": network.id,
            "project_id": self._cloud.project,
            "provider": "amphora",
            "listeners": [{"id": listener.id} for listener in balancer.listeners],
            "pools": [{"id": listener.pool} for listener in balancer.listeners],
            "created_at": balancer.created,
            "updated_at": None,
            "tags": balancer.tags,
            "flavor_id": "",
            "availability_zone": None,
        }

    def _listener_json(self, balancer: LoadBalancer, listener: Listener) -> Json:
        return {
            "id": listener.id,
            "name": listener.name,
            "protocol": listener.protocol,
            "protocol_port": listener.port,
            "default_pool_id": listener.pool,
            "loadbalancers": [{"id": balancer.id}],
            "provisioning_status": balancer.provisioning,
            "operating_status": listener.operating,
            "admin_state_up": True,
            "project_id": self._cloud.project,
        }

    def _pool_json(self, balancer: LoadBalancer, listener: Listener) -> Json:
        return {
            "id": listener.pool,
            "name": f"pool_{listener.name}",
            "protocol": listener.protocol,
            "lb_algorithm": "ROUND_ROBIN",
            "loadbalancers": [{"id": balancer.id}],
            "listeners": [{"id": listener.id}],
            "members": [{"id": member["id"]} for member in _members(listener)],
            "provisioning_status": balancer.provisioning,
            "operating_status": listener.operating,
            "project_id": self._cloud.project,
        }


def _status_tree(balancer: LoadBalancer, listener: Listener) -> Json:
    """Return a listener in the tree of statuses, with its pool and members."""
    pool = {
        "id": listener.pool,
        "name": f"pool_{listener.name}",
        "provisioning_status": balancer.provisioning,
        "operating_status": listener.operating,
        "members": [{field: member[field] for field in MEMBER_STATUS} for member in _members(listener)],
    }
    return {
        "id": listener.id,
        "name": listener.name,
        "provisioning_status": balancer.provisioning,
        "operating_status": listener.operating,
        "pools": [pool],
    }


def _members(listener: Listener) -> list[Json]:
    return [
        {
            "id": f"{listener.pool[:24]}{number:012d}",
            "name": f"member_{address}",
            "address": address,
            "protocol_port": port,
            "weight": 1,
            "operating_status": listener.member_status(address),
            "provisioning_status": "ACTIVE",
            "admin_state_up": True,
        }
        for number, (address, port) in enumerate(listener.members)
    ]

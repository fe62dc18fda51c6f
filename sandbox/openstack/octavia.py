"""Octavia v2: load balancers with their listeners, pools and members."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.infrastructure.network import Balancer, Listener, NetworkRefused
from sandbox.openstack.cloud import Cloud
from sandbox.openstack.rest import Missing, filtered, guarded

Json = dict[str, Any]
HAS_CHILDREN = "Cannot delete Load Balancer {id} - it has children"


def _shape(status: int, message: str, _kind: str) -> Json:
    return {"faultcode": "Client" if status < 500 else "Server", "faultstring": message, "debuginfo": None}


def octavia_app(cloud: Cloud) -> Starlette:
    """Octavia over a cloud's network."""
    api = _Octavia(cloud)

    def route(path: str, handler: Any, *methods: str) -> list[Route]:
        guard = guarded(cloud, handler, _shape)
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
        shown = filtered(request, [self._json(each) for each in self._network.balancers.values()])
        return JSONResponse({"loadbalancers": shown, "loadbalancers_links": []})

    async def balancer(self, request: Request) -> Response:
        return JSONResponse({"loadbalancer": self._json(self._get(request))})

    async def update(self, request: Request) -> Response:
        found, given = self._get(request), (await request.json())["loadbalancer"]
        if found.provisioning.startswith("PENDING"):
            raise NetworkRefused(409, f"Load Balancer {found.id} is immutable and cannot be updated.")
        found.name, found.description = (
            given.get("name", found.name),
            given.get("description", found.description),
        )
        found.tags = given.get("tags", found.tags)
        return JSONResponse({"loadbalancer": self._json(found)})

    async def delete(self, request: Request) -> Response:
        found = self._get(request)
        if found.listeners and request.query_params.get("cascade", "").lower() not in ("true", "1"):
            raise NetworkRefused(409, HAS_CHILDREN.format(id=found.id))
        self._network.delete_balancer(found)
        return Response(status_code=204)

    async def status(self, request: Request) -> Response:
        found = self._get(request)
        listeners = [_tree(found, each) for each in found.listeners]
        tree = {
            "id": found.id,
            "name": found.name,
            "provisioning_status": found.provisioning,
            "operating_status": found.health,
            "listeners": listeners,
        }
        return JSONResponse({"statuses": {"loadbalancer": tree}})

    async def listeners(self, request: Request) -> Response:
        shown = [self._listener(balancer, each) for balancer, each in self._all() if _of(request, balancer)]
        return JSONResponse({"listeners": filtered(request, shown, "loadbalancer_id", "load_balancer_id")})

    async def listener(self, request: Request) -> Response:
        balancer, each = self._one(request.path_params["id"], by_pool=False)
        return JSONResponse({"listener": self._listener(balancer, each)})

    async def pools(self, request: Request) -> Response:
        shown = [self._pool(balancer, each) for balancer, each in self._all() if _of(request, balancer)]
        return JSONResponse({"pools": filtered(request, shown, "loadbalancer_id", "load_balancer_id")})

    async def pool(self, request: Request) -> Response:
        return JSONResponse({"pool": self._pool(*self._one(request.path_params["id"], by_pool=True))})

    async def members(self, request: Request) -> Response:
        _, listener = self._one(request.path_params["id"], by_pool=True)
        return JSONResponse({"members": _members(listener)})

    def _get(self, request: Request) -> Balancer:
        found = self._network.balancers.get(request.path_params["id"])
        if found is None:
            raise Missing(f"Load Balancer {request.path_params['id']} not found.")
        return found

    def _all(self) -> list[tuple[Balancer, Listener]]:
        return [
            (balancer, each) for balancer in self._network.balancers.values() for each in balancer.listeners
        ]

    def _one(self, wanted: str, *, by_pool: bool) -> tuple[Balancer, Listener]:
        for balancer, each in self._all():
            if wanted == (each.pool if by_pool else each.id):
                return balancer, each
        raise Missing(f"{'Pool' if by_pool else 'Listener'} {wanted} not found.")

    def _json(self, each: Balancer) -> Json:
        net = self._network.nets[each.vip.network]
        return {
            "id": each.id,
            "name": each.name,
            "description": each.description,
            "provisioning_status": each.provisioning,
            "operating_status": each.health,
            "admin_state_up": True,
            "vip_address": each.vip.address,
            "vip_port_id": each.vip.id,
            "vip_subnet_id": net.subnet,
            "vip_network_id": net.id,
            "project_id": self._cloud.project,
            "provider": "amphora",
            "listeners": [{"id": listener.id} for listener in each.listeners],
            "pools": [{"id": listener.pool} for listener in each.listeners],
            "created_at": each.created,
            "updated_at": None,
            "tags": each.tags,
            "flavor_id": "",
            "availability_zone": None,
        }

    def _listener(self, balancer: Balancer, each: Listener) -> Json:
        return {
            "id": each.id,
            "name": each.name,
            "protocol": each.protocol,
            "protocol_port": each.port,
            "default_pool_id": each.pool,
            "loadbalancers": [{"id": balancer.id}],
            "provisioning_status": balancer.provisioning,
            "operating_status": each.operating,
            "admin_state_up": True,
            "project_id": self._cloud.project,
        }

    def _pool(self, balancer: Balancer, each: Listener) -> Json:
        return {
            "id": each.pool,
            "name": f"pool_{each.name}",
            "protocol": each.protocol,
            "lb_algorithm": "ROUND_ROBIN",
            "loadbalancers": [{"id": balancer.id}],
            "listeners": [{"id": each.id}],
            "members": [{"id": m["id"]} for m in _members(each)],
            "provisioning_status": balancer.provisioning,
            "operating_status": each.operating,
            "project_id": self._cloud.project,
        }


def _tree(balancer: Balancer, each: Listener) -> Json:
    """A listener in the tree of statuses: what is below it, and how it is."""
    pool = {
        "id": each.pool,
        "name": f"pool_{each.name}",
        "provisioning_status": balancer.provisioning,
        "operating_status": each.operating,
        "members": [
            {
                key: member[key]
                for key in (
                    "id",
                    "name",
                    "provisioning_status",
                    "operating_status",
                    "address",
                    "protocol_port",
                )
            }
            for member in _members(each)
        ],
    }
    return {
        "id": each.id,
        "name": each.name,
        "provisioning_status": balancer.provisioning,
        "operating_status": each.operating,
        "pools": [pool],
    }


def _of(request: Request, balancer: Balancer) -> bool:
    wanted = request.query_params.get("loadbalancer_id") or request.query_params.get("load_balancer_id")
    return wanted in (None, balancer.id)


def _members(listener: Listener) -> list[Json]:
    return [
        {
            "id": f"{listener.pool[:24]}{number:012d}",
            "name": f"member_{address}",
            "address": address,
            "protocol_port": port,
            "weight": 1,
            "operating_status": listener.member(address),
            "provisioning_status": "ACTIVE",
            "admin_state_up": True,
        }
        for number, (address, port) in enumerate(listener.members)
    ]

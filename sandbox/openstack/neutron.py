"""Neutron v2.0: networks, subnets, ports, and floating IPs that can be moved."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.infrastructure.network import FloatingIp, Net, Port
from sandbox.openstack.cloud import Cloud
from sandbox.openstack.rest import Missing, filtered, guarded

Json = dict[str, Any]


def _shape(_status: int, message: str, kind: str) -> Json:
    return {"NeutronError": {"type": kind or "BadRequest", "message": message, "detail": ""}}


def neutron_app(cloud: Cloud) -> Starlette:
    """Neutron over a cloud's network."""
    api = _Neutron(cloud)

    def route(path: str, handler: Any, *methods: str) -> Route:
        return Route(f"/v2.0{path}", guarded(cloud, handler, _shape), methods=list(methods))

    return Starlette(
        routes=[
            Route("/", api.versions),
            Route("/v2.0", api.version),
            Route("/v2.0/", api.version),
            route("/networks", api.networks, "GET"),
            route("/networks/{id}", api.network, "GET"),
            route("/subnets", api.subnets, "GET"),
            route("/subnets/{id}", api.subnet, "GET"),
            route("/ports", api.ports, "GET"),
            route("/ports/{id}", api.port, "GET"),
            route("/floatingips", api.floating_ips, "GET"),
            route("/floatingips", api.create, "POST"),
            route("/floatingips/{id}", api.floating_ip, "GET"),
            route("/floatingips/{id}", api.update, "PUT"),
            route("/floatingips/{id}", api.delete, "DELETE"),
            route("/extensions/{name}", api.extension, "GET"),
        ]
    )


class _Neutron:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._network = cloud.infrastructure.network

    async def versions(self, request: Request) -> Response:
        url = f"{request.url.scheme}://{request.url.netloc}/v2.0/"
        return JSONResponse(
            {"versions": [{"id": "v2.0", "status": "CURRENT", "links": [{"rel": "self", "href": url}]}]}
        )

    async def version(self, request: Request) -> Response:
        return JSONResponse({"resources": []})

    async def extension(self, request: Request) -> Response:
        return JSONResponse(
            {"extension": {"alias": request.path_params["name"], "name": request.path_params["name"]}}
        )

    async def networks(self, request: Request) -> Response:
        shown = filtered(request, [self._net(net) for net in self._network.nets.values()])
        return JSONResponse({"networks": shown})

    async def network(self, request: Request) -> Response:
        return JSONResponse({"network": self._net(_found(self._network.nets, request, "Network"))})

    async def subnets(self, request: Request) -> Response:
        return JSONResponse(
            {"subnets": filtered(request, [self._sub(net) for net in self._network.nets.values()])}
        )

    async def subnet(self, request: Request) -> Response:
        wanted = request.path_params["id"]
        found = next((net for net in self._network.nets.values() if net.subnet == wanted), None)
        if found is None:
            raise Missing(f"Subnet {wanted} could not be found.")
        return JSONResponse({"subnet": self._sub(found)})

    async def ports(self, request: Request) -> Response:
        return JSONResponse(
            {"ports": filtered(request, [self._port(port) for port in self._network.ports.values()])}
        )

    async def port(self, request: Request) -> Response:
        return JSONResponse({"port": self._port(_found(self._network.ports, request, "Port"))})

    async def floating_ips(self, request: Request) -> Response:
        shown = [self._floating(each) for each in self._network.floating.values()]
        return JSONResponse({"floatingips": filtered(request, shown)})

    async def floating_ip(self, request: Request) -> Response:
        return JSONResponse(
            {"floatingip": self._floating(_found(self._network.floating, request, "Floating IP"))}
        )

    async def create(self, request: Request) -> Response:
        given = (await request.json())["floatingip"]
        made = self._network.add_floating(given.get("description") or "")
        if given.get("port_id"):
            self._network.associate(made, given["port_id"])
        return JSONResponse({"floatingip": self._floating(made)}, 201)

    async def update(self, request: Request) -> Response:
        found, given = (
            _found(self._network.floating, request, "Floating IP"),
            (await request.json())["floatingip"],
        )
        if "port_id" in given:
            self._network.associate(found, given["port_id"] or "")
        found.description = given.get("description", found.description)
        return JSONResponse({"floatingip": self._floating(found)})

    async def delete(self, request: Request) -> Response:
        del self._network.floating[_found(self._network.floating, request, "Floating IP").id]
        return Response(status_code=204)

    def _net(self, net: Net) -> Json:
        return {
            "id": net.id,
            "name": net.name,
            "status": "ACTIVE",
            "admin_state_up": True,
            "subnets": [net.subnet],
            "shared": net.external,
            "router:external": net.external,
            "mtu": 1450,
            "project_id": self._cloud.project,
            "tenant_id": self._cloud.project,
            "availability_zones": ["nova"],
            "description": "",
            "tags": [],
        }

    def _sub(self, net: Net) -> Json:
        return {
            "id": net.subnet,
            "name": f"{net.name}-subnet",
            "network_id": net.id,
            "cidr": net.cidr,
            "ip_version": 4,
            "enable_dhcp": True,
            "gateway_ip": f"{net.cidr.rpartition('.')[0]}.1",
            "project_id": self._cloud.project,
            "tenant_id": self._cloud.project,
        }

    def _port(self, port: Port) -> Json:
        net = self._network.nets[port.network]
        return {
            "id": port.id,
            "name": port.name,
            "network_id": net.id,
            "device_id": port.device,
            "device_owner": port.owner,
            "status": "ACTIVE",
            "fixed_ips": [{"subnet_id": net.subnet, "ip_address": port.address}],
            "project_id": self._cloud.project,
            "admin_state_up": True,
            "description": "",
            "tags": [],
        }

    def _floating(self, each: FloatingIp) -> Json:
        port = self._network.ports.get(each.port)
        return {
            "id": each.id,
            "floating_ip_address": each.address,
            "floating_network_id": self._network.public.id,
            "description": each.description,
            "port_id": each.port or None,
            "fixed_ip_address": port.address if port else None,
            "status": "ACTIVE" if each.port else "DOWN",
            "router_id": None,
            "project_id": self._cloud.project,
            "tenant_id": self._cloud.project,
            "tags": each.tags,
            "created_at": each.created,
            "updated_at": each.created,
            "revision_number": 1,
            "port_details": {"device_id": port.device, "device_owner": port.owner, "name": port.name}
            if port
            else None,
        }


def _found(of: dict[str, Any], request: Request, word: str) -> Any:
    wanted = request.path_params["id"]
    if wanted not in of:
        raise Missing(f"{word} {wanted} could not be found")
    return of[wanted]

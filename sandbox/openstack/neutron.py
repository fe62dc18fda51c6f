"""Neutron v2.0: networks, subnets, ports, and floating IPs that can be moved."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.infrastructure.network import FloatingIp, Network, Port
from sandbox.openstack.cloud import Cloud, Json
from sandbox.openstack.rest import NotFound, filtered, find, guarded


def _error_body(_status: int, message: str, kind: str) -> Json:
    return {"NeutronError": {"type": kind or "BadRequest", "message": message, "detail": ""}}


def neutron_app(cloud: Cloud) -> Starlette:
    """Return Neutron over the network of a cloud."""
    api = _Neutron(cloud)

    def route(path: str, handler: Any, *methods: str) -> Route:
        return Route(f"/v2.0{path}", guarded(cloud, handler, _error_body), methods=list(methods))

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
        name = request.path_params["name"]
        return JSONResponse({"extension": {"alias": name, "name": name}})

    async def networks(self, request: Request) -> Response:
        networks = [self._network_json(network) for network in self._network.networks.values()]
        return JSONResponse({"networks": filtered(request, networks)})

    async def network(self, request: Request) -> Response:
        return JSONResponse({"network": self._network_json(find(self._network.networks, request, "Network"))})

    async def subnets(self, request: Request) -> Response:
        subnets = [self._subnet_json(network) for network in self._network.networks.values()]
        return JSONResponse({"subnets": filtered(request, subnets)})

    async def subnet(self, request: Request) -> Response:
        for network in self._network.networks.values():
            if network.subnet == request.path_params["id"]:
                return JSONResponse({"subnet": self._subnet_json(network)})
        raise NotFound(f"Subnet {request.path_params['id']} could not be found.")

    async def ports(self, request: Request) -> Response:
        ports = [self._port_json(port) for port in self._network.ports.values()]
        return JSONResponse({"ports": filtered(request, ports)})

    async def port(self, request: Request) -> Response:
        return JSONResponse({"port": self._port_json(find(self._network.ports, request, "Port"))})

    async def floating_ips(self, request: Request) -> Response:
        addresses = [self._floating_json(floating) for floating in self._network.floating_ips.values()]
        return JSONResponse({"floatingips": filtered(request, addresses)})

    async def floating_ip(self, request: Request) -> Response:
        return JSONResponse({"floatingip": self._floating_json(self._find_floating(request))})

    async def create(self, request: Request) -> Response:
        body = (await request.json())["floatingip"]
        floating = self._network.add_floating_ip(body.get("description") or "")
        if body.get("port_id"):
            self._network.associate(floating, body["port_id"])
        return JSONResponse({"floatingip": self._floating_json(floating)}, 201)

    async def update(self, request: Request) -> Response:
        floating, body = self._find_floating(request), (await request.json())["floatingip"]
        if "port_id" in body:
            self._network.associate(floating, body["port_id"] or "")
        floating.description = body.get("description", floating.description)
        return JSONResponse({"floatingip": self._floating_json(floating)})

    async def delete(self, request: Request) -> Response:
        del self._network.floating_ips[self._find_floating(request).id]
        return Response(status_code=204)

    def _find_floating(self, request: Request) -> FloatingIp:
        return find(self._network.floating_ips, request, "Floating IP")

    def _network_json(self, network: Network) -> Json:
        return {
            "id": network.id,
            "name": network.name,
            "status": "ACTIVE",
            "admin_state_up": True,
            "subnets": [network.subnet],
            "shared": network.external,
            "router:external": network.external,
            "mtu": 1450,
            "project_id": self._cloud.project,
            "tenant_id": self._cloud.project,
            "availability_zones": ["nova"],
            "description": "",
            "tags": [],
        }

    def _subnet_json(self, network: Network) -> Json:
        return {
            "id": network.subnet,
            "name": f"{network.name}-subnet",
            "network_id": network.id,
            "cidr": network.cidr,
            "ip_version": 4,
            "enable_dhcp": True,
            "gateway_ip": f"{network.cidr.rpartition('.')[0]}.1",
            "project_id": self._cloud.project,
            "tenant_id": self._cloud.project,
        }

    def _port_json(self, port: Port) -> Json:
        network = self._network.networks[port.network]
        return {
            "id": port.id,
            "name": port.name,
            "network_id": network.id,
            "device_id": port.device,
            "device_owner": port.owner,
            "status": "ACTIVE",
            "fixed_ips": [{"subnet_id": network.subnet, "ip_address": port.address}],
            "project_id": self._cloud.project,
            "admin_state_up": True,
            "description": "",
            "tags": [],
        }

    def _floating_json(self, floating: FloatingIp) -> Json:
        port = self._network.ports.get(floating.port)
        return {
            "id": floating.id,
            "floating_ip_address": floating.address,
            "floating_network_id": self._network.public.id,
            "description": floating.description,
            "port_id": floating.port or None,
            "fixed_ip_address": port.address if port else None,
            "status": "ACTIVE" if floating.port else "DOWN",
            "router_id": None,
            "project_id": self._cloud.project,
            "tenant_id": self._cloud.project,
            "tags": floating.tags,
            "created_at": floating.created,
            "updated_at": floating.created,
            "revision_number": 1,
            "port_details": {"device_id": port.device, "device_owner": port.owner, "name": port.name}
            if port
            else None,
        }

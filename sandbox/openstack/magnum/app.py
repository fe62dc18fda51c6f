"""Magnum's API as an ASGI application: faults, tokens, microversions, and the road to each kind."""

from __future__ import annotations

import asyncio
import json
import uuid

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.openstack.cloud import READER, Cloud, CloudUser, Json
from sandbox.openstack.keystone import authenticated
from sandbox.openstack.magnum import microversions
from sandbox.openstack.magnum.clusters import Certificates, Clusters
from sandbox.openstack.magnum.errors import MagnumError, forbidden
from sandbox.openstack.magnum.pages import base_url
from sandbox.openstack.magnum.templates import Templates

UNAUTHORIZED = {"error": {"code": 401, "message": "Authentication required", "title": "Unauthorized"}}
VERBS = {"POST": "create", "PATCH": "update", "DELETE": "delete"}


class MagnumApp:
    """Magnum over one cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._kinds = {
            "clustertemplates": Templates(cloud).serve,
            "clusters": Clusters(cloud).serve,
            "certificates": Certificates(cloud).serve,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        response.headers.setdefault("x-openstack-request-id", f"req-{uuid.uuid4()}")
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        self._cloud.record(request)
        if self._cloud.faults.delay:
            await asyncio.sleep(self._cloud.faults.delay)
        if self._cloud.faults.status:
            return self._fail()
        path = request.url.path.rstrip("/") or "/"
        if path == "/":
            return JSONResponse(_versions(request))
        user = authenticated(self._cloud, request)
        if user is None:
            return JSONResponse(UNAUTHORIZED, 401)
        headers = microversions.headers(request)
        try:
            if headers is None or "/actions/" in path:
                raise MagnumError(406, "", title="")
            status, body = await self._serve(request, path, user)
        except MagnumError as error:
            return JSONResponse(error.body, error.status, headers=headers)
        if body is None:
            return Response(status_code=status, headers=headers)
        return JSONResponse(body, status, headers=headers)

    def _fail(self) -> Response:
        faults = self._cloud.faults
        if faults.html:
            page = f"<h1>{faults.status} Service Unavailable</h1>No server is available."
            return HTMLResponse(f"<html><body>{page}</body></html>", faults.status)
        error = MagnumError(faults.status, "Unexpected API Error. Please report this.")
        return JSONResponse(error.body, error.status)

    async def _serve(self, request: Request, path: str, user: CloudUser) -> tuple[int, Json | None]:
        _, kind, ref, *_ = [*path.strip("/").split("/"), "", ""]
        raw = await request.body()
        body = json.loads(raw) if raw else {}
        if request.method != "GET" and user.role == READER:
            raise forbidden(kind.rstrip("s"), VERBS[request.method])
        if not kind:
            return 200, {"id": "v1", "links": [{"href": f"{base_url(request)}/v1/", "rel": "self"}]}
        if kind not in self._kinds:
            raise MagnumError(404, "The resource could not be found.")
        return self._kinds[kind](request, ref, body, user)


def _versions(request: Request) -> Json:
    version = {
        "id": "v1",
        "links": [{"href": f"{base_url(request)}/v1/", "rel": "self"}],
        "status": "CURRENT",
        "max_version": f"1.{microversions.NEWEST}",
        "min_version": f"1.{microversions.OLDEST}",
    }
    return {
        "name": "OpenStack Magnum API",
        "description": "Magnum is an OpenStack project which aims to provide container cluster management.",
        "versions": [version],
    }

"""A minimal Keystone: tokens by password and application credential, their expiry, and the catalogue."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.openstack.cloud import Cloud, CloudUser, Json

TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
SERVICE_NAMES = {
    "container-infra": "magnum",
    "volumev3": "cinderv3",
    "block-storage": "cinder",
    "load-balancer": "octavia",
    "network": "neutron",
}
UNAUTHORIZED = {
    "error": {
        "code": 401,
        "title": "Unauthorized",
        "message": "The request you have made requires authentication.",
    }
}


def keystone_app(cloud: Cloud, services: Mapping[str, str]) -> Starlette:
    """Return Keystone v3 for one cloud; `services` are the URLs of its catalogue by service type."""
    api = _Keystone(cloud, services)
    return Starlette(
        routes=[
            Route("/", api.root),
            Route("/v3", api.v3),
            Route("/v3/", api.v3),
            Route("/v3/auth/tokens", api.issue, methods=["POST"]),
        ]
    )


class _Keystone:
    def __init__(self, cloud: Cloud, services: Mapping[str, str]) -> None:
        self._cloud = cloud
        self._services = services

    async def root(self, request: Request) -> Response:
        return JSONResponse({"versions": {"values": [_version(request)]}}, status_code=300)

    async def v3(self, request: Request) -> Response:
        return JSONResponse({"version": _version(request)})

    async def issue(self, request: Request) -> Response:
        body = await request.json()
        user = _identify(self._cloud, body["auth"]["identity"])
        if user is None:
            return JSONResponse(UNAUTHORIZED, status_code=401)
        token = uuid.uuid4().hex
        expires = self._cloud.clock() + timedelta(seconds=self._cloud.token_seconds)
        self._cloud.tokens[token] = (user, expires)
        identity = _endpoint_of("identity", "keystone", "identity", f"{_base(request)}/v3")
        catalog = [identity] + [
            _endpoint_of(type_, SERVICE_NAMES[type_], SERVICE_NAMES[type_], url)
            for type_, url in self._services.items()
        ]
        answer = {"token": self._token(user, expires, catalog)}
        return JSONResponse(answer, status_code=201, headers={"X-Subject-Token": token})

    def _token(self, user: CloudUser, expires: datetime, catalog: list[Json]) -> Json:
        domain = {"id": "default", "name": "Default"}
        return {
            "methods": ["password"],
            "user": {"id": user.id, "name": user.name, "domain": domain},
            "expires_at": expires.strftime(TIME),
            "issued_at": self._cloud.clock().strftime(TIME),
            "project": {"id": self._cloud.project, "name": "shop", "domain": domain},
            "roles": [{"id": user.role, "name": user.role}],
            "catalog": catalog,
        }


def _base(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _version(request: Request) -> Json:
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{_base(request)}/v3/"}],
        "media-types": [],
    }


def _identify(cloud: Cloud, identity: Json) -> CloudUser | None:
    """Return the user of a password or an application credential; None if it is wrong."""
    if "application_credential" in identity["methods"]:
        credential = identity["application_credential"]
        secret = (credential.get("id"), credential.get("secret"))
        users = (
            u for u in cloud.users if u.credential_id and (u.credential_id, u.credential_secret) == secret
        )
    else:
        login = identity.get("password", {}).get("user", {})
        password = (login.get("name"), login.get("password"))
        users = (u for u in cloud.users if (u.name, u.password) == password)
    return next(users, None)


def _endpoint_of(type_: str, name: str, id_: str, url: str) -> Json:
    endpoint = {
        "id": uuid.uuid4().hex,
        "interface": "public",
        "region": "RegionOne",
        "region_id": "RegionOne",
        "url": url,
    }
    return {"type": type_, "name": name, "id": id_, "endpoints": [endpoint]}


def authenticated(cloud: Cloud, request: Request) -> CloudUser | None:
    """Return the user whose token a request carries; None for an expired or unknown token."""
    user, expires = cloud.tokens.get(request.headers.get("x-auth-token", ""), (None, None))
    return user if expires is not None and expires > cloud.clock() else None


def clouds_yaml(name: str, *, auth_url: str, user: CloudUser, credential: bool = False) -> str:
    """Return an entry of clouds.yaml for a user, by password or by application `credential`."""
    lines = ["clouds:", f"  {name}:"]
    if credential:
        lines += [
            "    auth_type: v3applicationcredential",
            "    auth:",
            f"      auth_url: {auth_url}",
            f"      application_credential_id: {user.credential_id}",
            f"      application_credential_secret: {user.credential_secret}",
        ]
    else:
        lines += [
            "    auth:",
            f"      auth_url: {auth_url}",
            f"      username: {user.name}",
            f"      password: {user.password}",
            "      project_name: shop",
            "      user_domain_name: Default",
            "      project_domain_name: Default",
        ]
    return "\n".join([*lines, "    region_name: RegionOne", "    identity_api_version: 3"]) + "\n"

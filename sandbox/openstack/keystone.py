"""A minimal Keystone: tokens by password and application credential, their expiry, and the catalogue."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.openstack.cloud import Cloud, CloudUser

Json = dict[str, Any]
NAMES = {
    "container-infra": "magnum",
    "volumev3": "cinderv3",
    "block-storage": "cinder",
    "load-balancer": "octavia",
    "network": "neutron",
}
REFUSED = "The request you have made requires authentication."


def keystone_app(cloud: Cloud, *, magnum_url: str, others: Mapping[str, str] | None = None) -> Starlette:
    """Keystone v3 for one cloud, whose catalogue names one Magnum, and `others` by service type."""

    def version(request: Request) -> Json:
        url = f"{request.url.scheme}://{request.url.netloc}/v3/"
        return {
            "id": "v3.14",
            "status": "stable",
            "updated": "2020-04-07T00:00:00Z",
            "links": [{"rel": "self", "href": url}],
            "media-types": [],
        }

    async def root(request: Request) -> Response:
        return JSONResponse({"versions": {"values": [version(request)]}}, status_code=300)

    async def v3(request: Request) -> Response:
        return JSONResponse({"version": version(request)})

    async def issue(request: Request) -> Response:
        body = await request.json()
        user = _user(cloud, body["auth"]["identity"])
        if user is None:
            return JSONResponse(
                {"error": {"code": 401, "message": REFUSED, "title": "Unauthorized"}}, status_code=401
            )
        token = uuid.uuid4().hex
        expires = cloud.clock() + timedelta(seconds=cloud.token_seconds)
        cloud.tokens[token] = (user, expires)
        identity = f"{request.url.scheme}://{request.url.netloc}/v3"
        answer = {
            "token": _token(
                cloud, user, expires, identity, {"container-infra": f"{magnum_url}/v1", **(others or {})}
            )
        }
        return JSONResponse(answer, status_code=201, headers={"X-Subject-Token": token})

    return Starlette(
        routes=[
            Route("/", root),
            Route("/v3", v3),
            Route("/v3/", v3),
            Route("/v3/auth/tokens", issue, methods=["POST"]),
        ]
    )


def _user(cloud: Cloud, identity: Json) -> CloudUser | None:
    if "application_credential" in identity["methods"]:
        given = identity["application_credential"]
        return next(
            (
                u
                for u in cloud.users
                if u.credential_id
                and (u.credential_id, u.credential_secret) == (given.get("id"), given.get("secret"))
            ),
            None,
        )
    given = identity.get("password", {}).get("user", {})
    return next(
        (u for u in cloud.users if given.get("name") == u.name and given.get("password") == u.password), None
    )


def _token(
    cloud: Cloud, user: CloudUser, expires: datetime, identity: str, services: Mapping[str, str]
) -> Json:
    def endpoint(url: str) -> Json:
        return {
            "id": uuid.uuid4().hex,
            "interface": "public",
            "region": "RegionOne",
            "region_id": "RegionOne",
            "url": url,
        }

    return {
        "methods": ["password"],
        "user": {"id": user.id, "name": user.name, "domain": {"id": "default", "name": "Default"}},
        "expires_at": expires.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "issued_at": cloud.clock().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "project": {"id": cloud.project, "name": "shop", "domain": {"id": "default", "name": "Default"}},
        "roles": [{"id": user.role, "name": user.role}],
        "catalog": [
            {"type": "identity", "name": "keystone", "id": "identity", "endpoints": [endpoint(identity)]},
            *(
                {"type": kind, "name": NAMES[kind], "id": NAMES[kind], "endpoints": [endpoint(url)]}
                for kind, url in services.items()
            ),
        ],
    }


def authenticated(cloud: Cloud, request: Request) -> CloudUser | None:
    """Whose token a request carries; None for an expired or unknown one."""
    found = cloud.tokens.get(request.headers.get("x-auth-token", ""))
    if found is None or found[1] <= cloud.clock():
        return None
    return found[0]


def clouds_yaml(name: str, *, auth_url: str, user: CloudUser, credential: bool = False) -> str:
    """An entry of clouds.yaml for a user of the cloud."""
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

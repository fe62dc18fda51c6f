"""What the OpenStack APIs beside Magnum share: tokens, error bodies, filters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.infrastructure.network import NetworkRefused
from sandbox.infrastructure.volumes import StorageRefused
from sandbox.openstack.cloud import READER, Cloud
from sandbox.openstack.keystone import authenticated

Json = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]
Shape = Callable[[int, str, str], Json]


class Missing(Exception):
    """404."""


def guarded(cloud: Cloud, handler: Handler, shape: Shape) -> Handler:
    """A handler behind Keystone's tokens, whose refusals have the service's own shape."""

    async def answer(request: Request) -> Response:
        user = authenticated(cloud, request)
        if user is None:
            body = {
                "error": {
                    "code": 401,
                    "title": "Unauthorized",
                    "message": "The request you have made requires authentication.",
                }
            }
            return JSONResponse(body, 401)
        cloud.requests.append(
            {
                "method": request.method,
                "path": request.url.path,
                "global": request.headers.get("x-openstack-request-id", ""),
            }
        )
        if request.method != "GET" and user.role == READER:
            return JSONResponse(shape(403, "Policy doesn't allow this operation to be performed.", ""), 403)
        try:
            return await handler(request)
        except Missing as missing:
            return JSONResponse(shape(404, str(missing), "NotFound"), 404)
        except StorageRefused as refused:
            return JSONResponse(shape(refused.status, str(refused), ""), refused.status)
        except NetworkRefused as refused:
            return JSONResponse(shape(refused.status, str(refused), refused.kind), refused.status)

    return answer


def filtered(request: Request, items: Iterable[Json], *ignored: str) -> list[Json]:
    """Items whose fields equal the query's, as far as they have such fields; `limit`, `marker` and the
    like do not filter.
    """
    passed = {
        "limit",
        "marker",
        "sort",
        "sort_key",
        "sort_dir",
        "all_tenants",
        "fields",
        "offset",
        "project_id",
        "tenant_id",
        *ignored,
    }
    query = {key: value for key, value in request.query_params.items() if key not in passed}
    return [
        item
        for item in items
        if all(str(item.get(key)).lower() == value.lower() for key, value in query.items() if key in item)
    ]

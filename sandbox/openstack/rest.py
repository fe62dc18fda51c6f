"""What Cinder, Neutron and Octavia share: tokens, error bodies, filters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.infrastructure.block_storage import StorageError
from sandbox.infrastructure.network import NetworkError
from sandbox.openstack.cloud import READER, Cloud, Json
from sandbox.openstack.keystone import UNAUTHORIZED, authenticated

T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Response]]
ErrorBody = Callable[[int, str, str], Json]  # of a status, a message and Neutron's name of the error
PARAMETERS = frozenset(  # of a query, that are no filters
    {
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
    }
)


class NotFound(Exception):
    """There is no such resource; the text is the message of the 404."""


def guarded(cloud: Cloud, handler: Handler, error_body: ErrorBody) -> Handler:
    """Return a handler behind Keystone's tokens, whose errors have the service's own shape."""

    def fail(status: int, message: str, kind: str = "") -> Response:
        return JSONResponse(error_body(status, message, kind), status)

    async def answer(request: Request) -> Response:
        user = authenticated(cloud, request)
        if user is None:
            return JSONResponse(UNAUTHORIZED, 401)
        cloud.record(request)
        if request.method != "GET" and user.role == READER:
            return fail(403, "Policy doesn't allow this operation to be performed.")
        try:
            return await handler(request)
        except NotFound as error:
            return fail(404, str(error), "NotFound")
        except StorageError as error:
            return fail(error.status, str(error))
        except NetworkError as error:
            return fail(error.status, str(error), error.kind)

    return answer


def find(resources: Mapping[str, T], request: Request, noun: str) -> T:
    """Return the resource whose id is in the path of a request. Raises `NotFound`."""
    id_ = request.path_params["id"]
    if id_ not in resources:
        raise NotFound(f"{noun} {id_} could not be found")
    return resources[id_]


def filtered(request: Request, items: Iterable[Json], *ignored: str) -> list[Json]:
    """Return the items whose fields equal those of the query, as far as they have such fields."""
    query = {
        key: value
        for key, value in request.query_params.items()
        if key not in PARAMETERS and key not in ignored
    }
    return [
        item
        for item in items
        if all(str(item.get(key)).lower() == value.lower() for key, value in query.items() if key in item)
    ]

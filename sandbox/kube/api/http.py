"""Bodies of requests and responses."""

from __future__ import annotations

from typing import Any

import msgspec
import yaml
from starlette.requests import Request
from starlette.responses import Response

from sandbox.kube.api import errors


def json_response(
    body: Any,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    content_type: str = "application/json",
) -> Response:
    """Return a response with a JSON body."""
    return Response(msgspec.json.encode(body), status_code=status, headers=headers, media_type=content_type)


async def read_object(request: Request) -> Any:
    """Return the JSON or YAML of a request. Raises `ApiError` 400."""
    raw = await request.body()
    try:
        if "yaml" in request.headers.get("content-type", "") and not raw.lstrip().startswith(b"{"):
            return yaml.load(raw, Loader=yaml.CSafeLoader)
        return msgspec.json.decode(raw)
    except (ValueError, msgspec.DecodeError, yaml.YAMLError) as error:
        raise errors.bad_request(f"the object provided is unrecognized: {error}") from None


def manager_of(request: Request) -> str:
    """Return the field manager of a request: as it names it, or the first word of its User-Agent."""
    agent = request.headers.get("user-agent", "unknown").split("/")[0].split(" ")[0]
    return request.query_params.get("fieldManager") or agent or "unknown"

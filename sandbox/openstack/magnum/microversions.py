"""Microversions of the container-infra API, 1.1 to 1.11."""

from __future__ import annotations

import re

from starlette.requests import Request

OLDEST, NEWEST = 1, 11


def microversion(request: Request) -> int:
    """Return the minor number that a request asks for; 0 for what is no microversion."""
    header = request.headers.get("openstack-api-version", "container-infra 1.1")
    return int(header.rpartition(".")[2]) if re.fullmatch(r"container-infra 1\.\d+", header) else 0


def headers(request: Request) -> dict[str, str] | None:
    """Return the headers of an answer; None if the version that is asked for is not supported."""
    minor = microversion(request)
    if not OLDEST <= minor <= NEWEST:
        return None
    return {
        "OpenStack-API-Minimum-Version": f"container-infra 1.{OLDEST}",
        "OpenStack-API-Maximum-Version": f"container-infra 1.{NEWEST}",
        "OpenStack-API-Version": f"container-infra 1.{minor}",
    }

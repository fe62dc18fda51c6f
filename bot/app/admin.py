"""The admin port, apart from Slack's: `/healthz`, `/readyz` and `/metrics`.

Healthy means that the process answers. Ready means that it can do its work now: Slack is within reach, the
database is writable, the pool takes requests. Each is a named check that returns what is wrong, or nothing.
"""

from collections.abc import Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

Check = Callable[[], str | None]  # what is wrong, in words; None if nothing is


def admin_app(*, checks: Mapping[str, Check], metrics: CollectorRegistry) -> Starlette:
    """Return the ASGI application of the admin port."""

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_request: Request) -> Response:
        results = await run_in_threadpool(lambda: {name: check() for name, check in checks.items()})
        ready = all(problem is None for problem in results.values())
        body = {"ready": ready, "checks": {name: problem or "ok" for name, problem in results.items()}}
        return JSONResponse(body, status_code=200 if ready else 503)

    async def exposed(_request: Request) -> Response:
        return Response(generate_latest(metrics), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", exposed)]
    )

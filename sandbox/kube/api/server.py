"""kube-apiserver: a request passes faults, authentication, routing and authorisation before it is served."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from sandbox.kube.api import access_reviews, discovery, errors, exec_stream, openapi, proxy
from sandbox.kube.api.api_faults import ApiFaults
from sandbox.kube.api.authentication import Authenticator, User
from sandbox.kube.api.authorization import Authoriser
from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.http import json_response, manager_of, read_object
from sandbox.kube.api.lists import Lister
from sandbox.kube.api.resources import ResourceHandlers
from sandbox.kube.api.store import Store
from sandbox.kube.api.target import REVIEWS, Target, resolve
from sandbox.kube.api.writes import Writer

FAIRNESS = {  # priority and fairness is on: kubectl leaves its pace to the server
    "X-Kubernetes-PF-FlowSchema-UID": "8e1d3b0a-7a1c-4f0e-9d53-1f0c4a3f5a01",
    "X-Kubernetes-PF-PriorityLevel-UID": "2c5b9a64-3a3e-4b57-8c7e-6d0b1e2f4b02",
}
HEALTH = frozenset({"/healthz", "/readyz", "/livez", "/livez/ping"})


class ApiServer:
    """One cluster's API server as an ASGI application."""

    def __init__(
        self,
        store: Store,
        *,
        authenticator: Authenticator,
        version: str,
        exec_handler: exec_stream.ExecHandler,
        servers: proxy.PodServers,
    ) -> None:
        self.faults = ApiFaults()
        self.writer = Writer(store)
        self.lister = Lister(store)
        self.agents: list[str] = []  # the User-Agents of the last requests, newest last
        self._store = store
        self._authenticator = authenticator
        self._version = version
        self._authoriser = Authoriser(store)
        self._exec_handler = exec_handler
        self._servers = servers
        # what serves a request that passed everything else; a test replaces it to interfere with a write
        self.serve = ResourceHandlers(store, self.writer, self.lister).serve

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._serve_exec(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        response = await self._answer(request)
        response.headers.update(FAIRNESS)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        self.agents = [*self.agents[-99:], request.headers.get("user-agent", "")]
        try:
            await self.faults.before_request()
            return await self._route(request, self._user(request))
        except ApiError as error:
            headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
            return json_response(error.body, status=error.status, headers=headers)

    def _user(self, connection: Request | WebSocket) -> User:
        certificate = connection.scope["state"].get("peer_certificate")
        return self._authenticator.user(certificate, connection.headers.get("authorization", ""))

    async def _route(self, request: Request, user: User) -> Response:
        path = request.url.path.rstrip("/") or "/"
        if path in HEALTH:
            return PlainTextResponse("ok")
        document = self._document(path, request.headers.get("accept", ""))
        if document is not None:
            return document
        proxied = proxy.parse(request.url.path)
        if proxied is not None:
            return self._proxy(request, user, proxied)
        target = resolve(path, self._store.registry)
        if target is None:
            return PlainTextResponse("404 page not found\n", status_code=404)
        if target.kind.group == REVIEWS:
            return await self._review(request, user, target)
        verb = target.verb(request.method, watch=request.query_params.get("watch") in ("1", "true"))
        self._authoriser.require(user, target.access(verb))
        self.faults.before_write(target.kind, target.name, verb)
        self.faults.before_read(dict(request.query_params))
        return await self.serve(request, target, verb)

    def _document(self, path: str, accept: str) -> Response | None:
        """Return the discovery or OpenAPI document of a path, if it is one."""
        discovered = discovery.answer(path, self._store.registry, self._version, accept)
        if discovered is not None:
            return json_response(discovered[0], content_type=discovered[1])
        document = openapi.answer(path, self._store.registry)
        return json_response(document) if document is not None else None

    async def _review(self, request: Request, user: User, target: Target) -> Response:
        review = await read_object(request)
        if target.kind.kind == access_reviews.SUBJECT:
            self._authoriser.require(user, target.access("create"))
            user = access_reviews.subject(review)
        evaluated = access_reviews.evaluate(
            self._authoriser, target.kind, review, user, manager=manager_of(request), now=self._store.now()
        )
        return json_response(evaluated, status=201)

    def _proxy(self, request: Request, user: User, proxied: proxy.ProxyRequest) -> Response:
        target = Target(self._store.registry.named("Service"), proxied.namespace, proxied.id, "proxy")
        self._authoriser.require(user, target.access(target.verb(request.method)))
        if request.method != "GET":
            message = "the server does not allow this method on the requested resource"
            raise ApiError(405, "MethodNotAllowed", message)
        return proxy.answer(self._store, proxied, request.url.query, self._servers)

    async def _serve_exec(self, socket: WebSocket) -> None:
        try:
            await self.faults.before_request()
            command = self._command(socket)
        except ApiError as error:  # answered before the upgrade, as plain HTTP
            await socket.send_denial_response(json_response(error.body, status=error.status))
            return
        await exec_stream.serve(socket, command, self._exec_handler)

    def _command(self, socket: WebSocket) -> exec_stream.Command:
        """Return the program that a WebSocket asks to run. Raises `ApiError`."""
        user = self._user(socket)
        target = resolve(socket.url.path, self._store.registry)
        if target is None or target.subresource != "exec":
            raise ApiError(404, "NotFound", "the server could not find the requested resource")
        self._authoriser.require(user, target.access("get" if "get" in socket.query_params else "create"))
        pod = self._store.peek(target.kind, target.namespace, target.name)
        names = [container["name"] for container in pod["spec"]["containers"]]
        container = socket.query_params.get("container") or names[0]
        if container not in names:
            raise errors.bad_request(f"container {container} is not valid for pod {target.name}")
        return exec_stream.Command(pod, container, socket.query_params.getlist("command"))

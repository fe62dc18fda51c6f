"""The REST protocol: from a path to a kind, a verb and an answer."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import msgspec
import yaml
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from sandbox.kube.api import (
    discovery,
    errors,
    eviction,
    lists,
    logs,
    openapi,
    ownership,
    proxy,
    remote,
    reviews,
    scale,
    validation,
    watches,
)
from sandbox.kube.api.access import Authenticator, Authoriser, User
from sandbox.kube.api.disturbance import Disturbance
from sandbox.kube.api.errors import ApiError
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.patches import APPLY, patched
from sandbox.kube.api.store import Store
from sandbox.kube.api.writes import Writer

Object = dict[str, Any]

FAIRNESS = {  # priority and fairness is on: kubectl leaves its pace to the server
    "X-Kubernetes-PF-FlowSchema-UID": "8e1d3b0a-7a1c-4f0e-9d53-1f0c4a3f5a01",
    "X-Kubernetes-PF-PriorityLevel-UID": "2c5b9a64-3a3e-4b57-8c7e-6d0b1e2f4b02",
}
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclasses.dataclass(frozen=True)
class Target:
    """What a path means."""

    kind: Kind
    namespace: str
    name: str
    subresource: str
    version: str = ""  # the apiVersion that was asked for, where the objects are kept under another

    def shown(self, obj: Object) -> Object:
        """An object in the version that was asked for."""
        return {**obj, "apiVersion": self.version} if self.version else obj


class ApiServer:
    """One cluster's API server as an ASGI application."""

    def __init__(
        self,
        store: Store,
        *,
        authenticator: Authenticator,
        version: str,
        run: remote.ExecHandler,
        servers: proxy.Servers,
    ) -> None:
        self.store = store
        self.authenticator = authenticator
        self.version = version
        self.disturbance = Disturbance()
        self.lister = lists.Lister(store)
        self.agents: list[str] = []  # User-Agents of the last requests, newest last
        self.writer = Writer(store)
        self._authoriser = Authoriser(store)
        self._run = run
        self._servers = servers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._exec_socket(WebSocket(scope, receive, send), receive, send)
            return
        request = Request(scope, receive)
        response = await self._answer(request)
        response.headers.update(FAIRNESS)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        self.agents = [*self.agents[-99:], request.headers.get("user-agent", "")]
        try:
            await self.disturbance.meet()
            user = self._user(request.scope, request.headers.get("authorization", ""))
            return await self._route(request, user)
        except ApiError as error:
            headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
            return _json(error.body, status=error.status, headers=headers)

    def _user(self, scope: Scope, authorization: str) -> User:
        return self.authenticator.user(scope["state"].get("peer_certificate"), authorization)

    async def _route(self, request: Request, user: User) -> Response:
        path = request.url.path.rstrip("/") or "/"
        if path in ("/healthz", "/readyz", "/livez", "/livez/ping"):
            return PlainTextResponse("ok")
        found = discovery.answer(path, self.store.registry, self.version, request.headers.get("accept", ""))
        if found is not None:
            return _json(found[0], content_type=found[1])
        document = openapi.answer(path, self.store.registry)
        if document is not None:
            return _json(document)
        proxied = proxy.asked(request.url.path)
        if proxied is not None:
            return self._proxy(request, user, proxied)
        target = self._target(path)
        if target is None:
            return PlainTextResponse("404 page not found\n", status_code=404)
        verb = _verb(request, target)
        if target.kind.group == "authorization.k8s.io":
            return await self._review(request, user, target)
        self._authorise(user, target, verb)
        return await self._serve(request, target, verb)

    def _target(self, path: str) -> Target | None:
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "v1"]:
            group, version, rest = "", "v1", parts[2:]
        elif parts[0] == "apis" and len(parts) >= 4:
            group, version, rest = parts[1], parts[2], parts[3:]
        else:
            return None
        if group == "authorization.k8s.io" and rest[0] in reviews.KINDS:
            return Target(Kind(group, version, reviews.KINDS[rest[0]], rest[0], False), "", "", "")
        namespace = ""
        if rest[0] == "namespaces" and len(rest) >= 3 and rest[2] not in ("status", "finalize"):
            namespace, rest = rest[1], rest[2:]
        kind, shown = self.store.registry.find(group, version, rest[0]), ""
        if kind is not None and kind.stored:
            shown, kind = kind.api_version, self.store.registry.find(group, kind.stored, rest[0])
        if kind is None or len(rest) > 3:
            return None
        return Target(
            kind, namespace, rest[1] if len(rest) > 1 else "", rest[2] if len(rest) > 2 else "", shown
        )

    def _authorise(self, user: User, target: Target, verb: str) -> None:
        kind = target.kind
        if not self._authoriser.allows(
            user,
            verb=verb,
            group=kind.group,
            resource=kind.plural,
            subresource=target.subresource,
            namespace=target.namespace,
            name=target.name,
        ):
            raise errors.forbidden(
                user.name,
                verb,
                kind.plural,
                kind.group,
                name=target.name,
                namespace=target.namespace,
                subresource=target.subresource,
            )

    async def _serve(self, request: Request, target: Target, verb: str) -> Response:
        query = dict(request.query_params)
        self.disturbance.write(target.kind, target.name, verb)
        self.disturbance.read(query)
        match verb:
            case "watch":
                lines = watches.stream(self.store, target.kind, target.namespace or None, query, target.shown)
                return StreamingResponse(lines, media_type="application/json")
            case "list":
                items, metadata = self.lister.page(target.kind, target.namespace or None, query)
                form = lists.wanted_form(request.headers.get("accept", ""))
                items = [target.shown(item) for item in items] if target.version else items
                body = lists.body(
                    target.kind, items, metadata, form=form, include=query.get("includeObject", "")
                )
                return _json({**body, "apiVersion": target.version} if target.version and not form else body)
            case "get":
                return self._get(target, query)
            case "delete" | "deletecollection":
                return await self._delete(request, target, query)
        if target.subresource == "exec":
            raise errors.bad_request("Upgrade request required")
        body = await _body(request)
        if verb == "create":
            return self._create(request, target, body, query)
        return self._change(request, target, body, query, verb)

    def _get(self, target: Target, query: dict[str, str]) -> Response:
        obj = self.store.peek(target.kind, target.namespace or None, target.name)
        if target.subresource == "scale":
            return _json(scale.shown(obj))
        if target.subresource == "log":
            if not obj["spec"].get("nodeName"):
                return Response(status_code=204)
            return PlainTextResponse(logs.lines(obj, query))
        return _json(target.shown(obj))

    def _create(self, request: Request, target: Target, body: Object, query: dict[str, str]) -> Response:
        kind, dry = target.kind, query.get("dryRun") == "All"
        if target.subresource == "eviction":
            eviction.evict(self.store, target.namespace, target.name, body, dry_run=dry)
            done = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
            return _json(done, status=201)
        if kind.namespaced:
            body.setdefault("metadata", {})["namespace"] = target.namespace
        warnings = self._check_fields(kind, body, query)
        manager = query.get("fieldManager") or _agent(request)
        made = self.writer.create(kind, body, manager=manager, dry_run=dry)
        return _json(target.shown(made), status=201, headers=warnings)

    def _check_fields(self, kind: Kind, body: Object, query: dict[str, str]) -> dict[str, str] | None:
        mode = query.get("fieldValidation", "Warn")
        unknown = validation.unknown_fields(kind, body) if mode != "Ignore" else []
        if not unknown:
            return None
        if mode == "Strict":
            raise validation.strict(kind, unknown)
        for path in unknown:
            _prune(body, path)
        return {"Warning": ", ".join(f'299 - "unknown field \\"{path}\\""' for path in unknown)}

    def _change(
        self, request: Request, target: Target, body: Any, query: dict[str, str], verb: str
    ) -> Response:
        kind, dry = target.kind, query.get("dryRun") == "All"
        content = request.headers.get("content-type", "").split(";")[0]
        if content == APPLY:
            return self._apply(target, body, query, dry=dry)
        live = self.store.get(kind, target.namespace or None, target.name)
        if target.subresource == "scale":
            return self._rescale(target, live, body, content, dry=dry)
        obj = body if verb == "update" else patched(target.shown(live), body, content, custom=kind.custom)
        if obj["metadata"].get("name") != target.name:
            named = obj["metadata"].get("name", "")
            raise errors.bad_request(
                f"the name of the object ({named}) does not match the name on the URL ({target.name})"
            )
        obj["metadata"]["namespace"] = target.namespace
        if not target.namespace:
            obj["metadata"].pop("namespace", None)
        obj |= {"kind": kind.kind, "apiVersion": kind.api_version}
        warnings = self._check_fields(kind, obj, query)
        manager = query.get("fieldManager") or _agent(request)
        made = self.writer.update(kind, obj, subresource=target.subresource, manager=manager, dry_run=dry)
        return _json(target.shown(made), headers=warnings)

    def _apply(self, target: Target, body: Object, query: dict[str, str], *, dry: bool) -> Response:
        kind = target.kind
        manager = query.get("fieldManager", "")
        if not manager:
            options = Kind("meta.k8s.io", "v1", "PatchOptions", "patchoptions")
            raise errors.invalid(
                options,
                "",
                [("FieldValueRequired", "fieldManager", "Required value: is required for apply patch")],
            )
        if body.get("metadata", {}).get("managedFields"):
            raise errors.bad_request("metadata.managedFields must be nil")
        if kind.namespaced:
            body.setdefault("metadata", {})["namespace"] = target.namespace
        body["metadata"].setdefault("name", target.name)
        if target.subresource == "status":
            return self._apply_status(target, body, manager, dry=dry)
        warnings = self._check_fields(kind, body, query)
        validation.check(kind, body, applied=True)
        force = query.get("force") in ("true", "1")
        made, created = self.writer.apply(kind, body, manager=manager, force=force, dry_run=dry)
        return _json(target.shown(made), status=201 if created else 200, headers=warnings)

    def _apply_status(self, target: Target, body: Object, manager: str, *, dry: bool) -> Response:
        live = self.store.get(target.kind, target.namespace or None, target.name)
        live["status"] = ownership.merge(
            live.get("status") or {}, body.get("status") or {}, "", target.kind.kind
        )
        made = self.writer.update(target.kind, live, subresource="status", manager=manager, dry_run=dry)
        return _json(target.shown(made))

    def _rescale(self, target: Target, live: Object, body: Any, content: str, *, dry: bool) -> Response:
        shown = scale.shown(live)
        wanted = (
            body
            if not content or content == "application/json"
            else patched(shown, body, content, custom=True)
        )
        given = wanted.get("metadata", {}).get("resourceVersion")
        if given and given != live["metadata"]["resourceVersion"]:
            raise errors.modified(target.kind, target.name)
        live["spec"]["replicas"] = wanted["spec"].get("replicas", 0)
        return _json(scale.shown(self.store.update(target.kind, live, dry_run=dry)))

    async def _delete(self, request: Request, target: Target, query: dict[str, str]) -> Response:
        raw = await request.body()
        options = {**query, **(json.loads(raw) if raw else {})}
        dry = options.get("dryRun") in ("All", ["All"])
        if not target.name:
            return self._delete_all(target, query, options, dry=dry)
        live = self.store.peek(target.kind, target.namespace or None, target.name)
        obj, gone = self._delete_one(target.kind, live, options, dry=dry)
        if not gone or target.kind.kind == "Pod":
            return _json(target.shown(obj))
        details = {
            "name": target.name,
            "group": target.kind.group,
            "kind": target.kind.plural,
            "uid": obj["metadata"]["uid"],
        }
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
        return _json({**status, "details": {key: value for key, value in details.items() if value}})

    def _delete_one(self, kind: Kind, live: Object, options: Object, *, dry: bool) -> tuple[Object, bool]:
        self.writer.admit_deletion(kind, live, dry_run=dry)
        grace = options.get("gracePeriodSeconds")
        return self.store.delete(
            kind,
            live["metadata"].get("namespace"),
            live["metadata"]["name"],
            preconditions=options.get("preconditions"),
            propagation=options.get("propagationPolicy"),
            grace=int(grace) if grace is not None else None,
            dry_run=dry,
        )

    def _delete_all(self, target: Target, query: dict[str, str], options: Object, *, dry: bool) -> Response:
        """A collection: everything that the selectors select."""
        kept = {key: value for key, value in query.items() if key in ("labelSelector", "fieldSelector")}
        items, metadata = self.lister.page(target.kind, target.namespace or None, kept)
        for item in items:
            self._delete_one(
                target.kind, item, {k: v for k, v in options.items() if k != "preconditions"}, dry=dry
            )
        return _json(lists.body(target.kind, items, metadata, form="", include=""))

    async def _review(self, request: Request, user: User, target: Target) -> Response:
        body = await _body(request)
        if target.kind.kind == reviews.SUBJECT:
            self._authorise(user, target, "create")
            user = reviews.subject(body)
        answer = reviews.answer(
            self._authoriser, target.kind, body, user, agent=_agent(request), now=self.store.now()
        )
        return _json(answer, status=201)

    def _proxy(self, request: Request, user: User, wanted: proxy.Proxied) -> Response:
        target = Target(self.store.registry.named("Service"), wanted.namespace, wanted.id, "proxy")
        self._authorise(user, target, _verb(request, target))
        if request.method != "GET":
            raise ApiError(
                405, "MethodNotAllowed", "the server does not allow this method on the requested resource"
            )
        return proxy.answer(self.store, wanted, request.url.query, self._servers)

    async def _exec_socket(self, socket: WebSocket, receive: Receive, send: Send) -> None:
        try:
            await self.disturbance.meet()
            user = self._user(socket.scope, socket.headers.get("authorization", ""))
            target = self._target(socket.url.path)
            if target is None or target.subresource != "exec":
                raise ApiError(404, "NotFound", "the server could not find the requested resource")
            self._authorise(user, target, "create" if "get" not in socket.query_params else "get")
            pod = self.store.peek(target.kind, target.namespace, target.name)
            argv = socket.query_params.getlist("command")
            container = socket.query_params.get("container") or pod["spec"]["containers"][0]["name"]
            if container not in {found["name"] for found in pod["spec"]["containers"]}:
                raise errors.bad_request(f"container {container} is not valid for pod {target.name}")
        except ApiError as error:
            await _refuse(socket, error)
            return
        await remote.serve(socket, pod, container, argv, self._run)


async def _refuse(socket: WebSocket, error: ApiError) -> None:
    """Answer before the upgrade, as plain HTTP."""
    await socket.send_denial_response(_json(error.body, status=error.status))


def _verb(request: Request, target: Target) -> str:
    if request.method == "GET":
        if target.name:
            return "get"
        return "watch" if request.query_params.get("watch") in ("1", "true") else "list"
    if target.subresource == "exec":
        return "create"
    return "deletecollection" if request.method == "DELETE" and not target.name else VERBS[request.method]


async def _body(request: Request) -> Any:
    raw = await request.body()
    content = request.headers.get("content-type", "")
    try:
        if "yaml" in content and not raw.lstrip().startswith(b"{"):
            return yaml.load(raw, Loader=yaml.CSafeLoader)
        return msgspec.json.decode(raw)
    except (ValueError, msgspec.DecodeError, yaml.YAMLError) as error:
        raise errors.bad_request(f"the object provided is unrecognized: {error}") from None


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "unknown").split("/")[0].split(" ")[0] or "unknown"


def _prune(body: Object, path: str) -> None:
    at: Any = body
    *steps, last = path.replace("]", "").replace("[", ".").split(".")
    for step in steps:
        at = at[int(step)] if isinstance(at, list) else at[step]
    at.pop(last, None)


def _json(
    body: Any,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    content_type: str = "application/json",
) -> Response:
    return Response(msgspec.json.encode(body), status_code=status, headers=headers, media_type=content_type)

"""Requests for objects and collections: from a verb and a target to an answer."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from sandbox.kube.api import errors, eviction, field_paths, lists, logs, validation, watches
from sandbox.kube.api.http import json_response, manager_of, read_object
from sandbox.kube.api.kinds import Kind
from sandbox.kube.api.patches import APPLY, patch_object
from sandbox.kube.api.scale_subresource import scale_of
from sandbox.kube.api.store import Store
from sandbox.kube.api.target import Target
from sandbox.kube.api.writes import Writer
from sandbox.kube.objects import Object, status_of

SUCCESS = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
PATCH_OPTIONS = Kind("meta.k8s.io", "v1", "PatchOptions", "patchoptions")


@dataclasses.dataclass(frozen=True)
class _Write:
    """A request that writes one object, with its body and its options."""

    target: Target
    body: Any
    query: dict[str, str]
    manager: str
    content_type: str

    @property
    def dry_run(self) -> bool:
        return self.query.get("dryRun") == "All"

    def check_fields(self, obj: Object) -> dict[str, str] | None:
        """Remove unknown fields, and return the header that warns of them. Raises `ApiError` 400."""
        mode, kind = self.query.get("fieldValidation", "Warn"), self.target.kind
        unknown = validation.unknown_fields(kind, obj) if mode != "Ignore" else []
        if not unknown:
            return None
        if mode == "Strict":
            raise validation.strict(kind, unknown)
        for path in unknown:
            validation.prune(obj, path)
        return {"Warning": ", ".join(f'299 - "unknown field \\"{path}\\""' for path in unknown)}

    def respond(self, obj: Object, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        return json_response(self.target.convert(obj), status=status, headers=headers)


class ResourceHandlers:
    """Serves the requests that passed authorisation."""

    def __init__(self, store: Store, writer: Writer, lister: lists.Lister) -> None:
        self._store = store
        self._writer = writer
        self._lister = lister

    async def serve(self, request: Request, target: Target, verb: str) -> Response:
        """Answer a request. Raises `ApiError`."""
        query = dict(request.query_params)
        match verb:
            case "watch":
                stream = watches.stream(self._store, target, query)
                return StreamingResponse(stream, media_type="application/json")
            case "list":
                return self._list(target, query, request.headers.get("accept", ""))
            case "get":
                return self._get(target, query)
            case "delete" | "deletecollection":
                return await self._delete(request, target, query)
        if target.subresource == "exec":
            raise errors.bad_request("Upgrade request required")
        content_type = request.headers.get("content-type", "").split(";")[0]
        write = _Write(target, await read_object(request), query, manager_of(request), content_type)
        if verb == "create":
            return self._evict(write) if target.subresource == "eviction" else self._create(write)
        if content_type == APPLY:
            return self._apply(write)
        return self._change(write, replace=verb == "update")

    # --- reading

    def _list(self, target: Target, query: dict[str, str], accept: str) -> Response:
        items, metadata = self._lister.page(target.kind, target.namespace or None, query)
        form = lists.requested_form(accept)
        items = [target.convert(item) for item in items] if target.version else items
        body = lists.body(target.kind, items, metadata, form=form, include=query.get("includeObject", ""))
        return json_response(body if form else target.convert(body))

    def _get(self, target: Target, query: dict[str, str]) -> Response:
        obj = self._store.peek(target.kind, target.namespace, target.name)
        if target.subresource == "scale":
            return json_response(scale_of(obj))
        if target.subresource == "log":
            if not obj["spec"].get("nodeName"):
                return Response(status_code=204)
            return PlainTextResponse(logs.lines(obj, query))
        return json_response(target.convert(obj))

    # --- creating and changing

    def _evict(self, write: _Write) -> Response:
        target = write.target
        eviction.evict(self._store, target.namespace, target.name, write.body, dry_run=write.dry_run)
        return json_response({**SUCCESS, "code": 201}, status=201)

    def _create(self, write: _Write) -> Response:
        kind, obj = write.target.kind, write.body
        if kind.namespaced:
            obj.setdefault("metadata", {})["namespace"] = write.target.namespace
        warnings = write.check_fields(obj)
        created = self._writer.create(kind, obj, manager=write.manager, dry_run=write.dry_run)
        return write.respond(created, status=201, headers=warnings)

    def _change(self, write: _Write, *, replace: bool) -> Response:
        """Answer a PUT, or a PATCH that is no apply."""
        target, kind = write.target, write.target.kind
        live = self._store.get(kind, target.namespace, target.name)
        if target.subresource == "scale":
            return self._scale(write, live)
        obj = write.body
        if not replace:
            obj = patch_object(target.convert(live), write.body, write.content_type, custom=kind.custom)
        name = obj["metadata"].get("name", "")
        if name != target.name:
            raise errors.bad_request(
                f"the name of the object ({name}) does not match the name on the URL ({target.name})"
            )
        obj["metadata"]["namespace"] = target.namespace
        if not target.namespace:
            del obj["metadata"]["namespace"]
        obj |= {"kind": kind.kind, "apiVersion": kind.api_version}
        warnings = write.check_fields(obj)
        updated = self._writer.update(
            kind, obj, subresource=target.subresource, manager=write.manager, dry_run=write.dry_run
        )
        return write.respond(updated, headers=warnings)

    def _apply(self, write: _Write) -> Response:
        target, obj, manager = write.target, write.body, write.query.get("fieldManager", "")
        if not manager:
            cause = errors.required_value("fieldManager", "is required for apply patch")
            raise errors.invalid(PATCH_OPTIONS, "", [cause])
        if obj.get("metadata", {}).get("managedFields"):
            raise errors.bad_request("metadata.managedFields must be nil")
        if target.kind.namespaced:
            obj.setdefault("metadata", {})["namespace"] = target.namespace
        obj["metadata"].setdefault("name", target.name)
        if target.subresource == "status":
            return self._apply_status(write, manager)
        warnings = write.check_fields(obj)
        validation.check(target.kind, obj, applied=True)
        force = write.query.get("force") in ("true", "1")
        applied, is_new = self._writer.apply(
            target.kind, obj, manager=manager, force=force, dry_run=write.dry_run
        )
        return write.respond(applied, status=201 if is_new else 200, headers=warnings)

    def _apply_status(self, write: _Write, manager: str) -> Response:
        target = write.target
        live = self._store.get(target.kind, target.namespace, target.name)
        applied = write.body.get("status") or {}
        live["status"] = field_paths.merge(status_of(live), applied, "", target.kind.kind)
        updated = self._writer.update(
            target.kind, live, subresource="status", manager=manager, dry_run=write.dry_run
        )
        return write.respond(updated)

    def _scale(self, write: _Write, live: Object) -> Response:
        scale = write.body
        if write.content_type not in ("", "application/json"):
            scale = patch_object(scale_of(live), write.body, write.content_type, custom=True)
        version = scale.get("metadata", {}).get("resourceVersion")
        if version and version != live["metadata"]["resourceVersion"]:
            raise errors.modified(write.target.kind, write.target.name)
        live["spec"]["replicas"] = scale["spec"].get("replicas", 0)
        return json_response(scale_of(self._store.update(write.target.kind, live, dry_run=write.dry_run)))

    # --- deleting

    async def _delete(self, request: Request, target: Target, query: dict[str, str]) -> Response:
        raw = await request.body()
        options = {**query, **(json.loads(raw) if raw else {})}
        if not target.name:
            return self._delete_collection(target, query, options)
        live = self._store.peek(target.kind, target.namespace, target.name)
        obj, removed = self._delete_object(target.kind, live, options)
        if not removed or target.kind.kind == "Pod":
            return json_response(target.convert(obj))
        details = {
            "name": target.name,
            "group": target.kind.group,
            "kind": target.kind.plural,
            "uid": obj["metadata"]["uid"],
        }
        present = {field: value for field, value in details.items() if value}
        return json_response({**SUCCESS, "details": present})

    def _delete_object(self, kind: Kind, live: Object, options: Object) -> tuple[Object, bool]:
        dry_run = options.get("dryRun") in ("All", ["All"])
        self._writer.admit_deletion(kind, live, dry_run=dry_run)
        grace = options.get("gracePeriodSeconds")
        return self._store.delete(
            kind,
            live["metadata"].get("namespace"),
            live["metadata"]["name"],
            preconditions=options.get("preconditions"),
            propagation=options.get("propagationPolicy"),
            grace=int(grace) if grace is not None else None,
            dry_run=dry_run,
        )

    def _delete_collection(self, target: Target, query: dict[str, str], options: Object) -> Response:
        """Delete everything that the selectors of a request select."""
        selectors = {key: value for key, value in query.items() if key in ("labelSelector", "fieldSelector")}
        items, metadata = self._lister.page(target.kind, target.namespace or None, selectors)
        options = {key: value for key, value in options.items() if key != "preconditions"}
        for item in items:
            self._delete_object(target.kind, item, options)
        return json_response(lists.body(target.kind, items, metadata))

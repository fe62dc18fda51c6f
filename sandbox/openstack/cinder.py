"""Cinder v3: volumes with their attachments and metadata, and snapshots."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.infrastructure.block_storage import AVAILABLE, CREATING, Attachment, Snapshot, Volume
from sandbox.openstack.cloud import Cloud, Json
from sandbox.openstack.rest import NotFound, filtered, guarded

ERROR_NAMES = {400: "badRequest", 403: "forbidden", 404: "itemNotFound", 413: "overLimit"}


def _error_body(status: int, message: str, _kind: str) -> Json:
    return {ERROR_NAMES.get(status, "computeFault"): {"code": status, "message": message}}


def cinder_app(cloud: Cloud) -> Starlette:
    """Return Cinder over the storage of a cloud."""
    api = _Cinder(cloud)

    def route(path: str, handler: Any, *methods: str) -> Route:
        return Route(f"/v3/{{project}}{path}", guarded(cloud, handler, _error_body), methods=list(methods))

    return Starlette(
        routes=[
            Route("/", api.versions),
            Route("/v3", api.versions),
            Route("/v3/", api.versions),
            route("/volumes", api.volumes, "GET"),
            route("/volumes", api.create, "POST"),
            route("/volumes/detail", api.volumes, "GET"),
            route("/volumes/{id}", api.volume, "GET"),
            route("/volumes/{id}", api.update, "PUT"),
            route("/volumes/{id}", api.delete, "DELETE"),
            route("/volumes/{id}/metadata", api.metadata, "GET", "POST", "PUT"),
            route("/volumes/{id}/metadata/{key}", api.metadata_key, "DELETE"),
            route("/snapshots", api.snapshots, "GET"),
            route("/snapshots", api.create_snapshot, "POST"),
            route("/snapshots/detail", api.snapshots, "GET"),
            route("/snapshots/{id}", api.snapshot, "GET"),
            route("/snapshots/{id}", api.delete_snapshot, "DELETE"),
        ]
    )


class _Cinder:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._storage = cloud.infrastructure.storage

    async def versions(self, request: Request) -> Response:
        url = f"{request.url.scheme}://{request.url.netloc}/v3/"
        version = {
            "id": "v3.0",
            "status": "CURRENT",
            "version": "3.70",
            "min_version": "3.0",
            "updated": "2023-08-31T00:00:00Z",
            "links": [{"rel": "self", "href": url}],
        }
        return JSONResponse({"versions": [version]}, 300 if request.url.path == "/" else 200)

    async def volumes(self, request: Request) -> Response:
        volumes = [self._json(volume) for volume in self._storage.volumes.values()]
        return JSONResponse({"volumes": filtered(request, volumes)})

    async def volume(self, request: Request) -> Response:
        return JSONResponse({"volume": self._json(self._get(request))})

    async def create(self, request: Request) -> Response:
        body = (await request.json())["volume"]
        volume = self._storage.create(body.get("name") or "", int(body["size"]), body.get("metadata"))
        volume.description = body.get("description") or ""
        return JSONResponse({"volume": self._json(volume)}, 202)

    async def update(self, request: Request) -> Response:
        volume, body = self._get(request), (await request.json())["volume"]
        volume.name = body.get("name", volume.name)
        volume.description = body.get("description", volume.description)
        if "metadata" in body:
            volume.metadata = dict(body["metadata"])
        return JSONResponse({"volume": self._json(volume)})

    async def delete(self, request: Request) -> Response:
        self._storage.delete(self._get(request).id)
        return Response(status_code=202)

    async def metadata(self, request: Request) -> Response:
        volume = self._get(request)
        if request.method != "GET":
            body = (await request.json())["metadata"]
            volume.metadata = {**(volume.metadata if request.method == "POST" else {}), **body}
        return JSONResponse({"metadata": volume.metadata})

    async def metadata_key(self, request: Request) -> Response:
        key = request.path_params["key"]
        if self._get(request).metadata.pop(key, None) is None:
            raise NotFound(f"Metadata key {key} could not be found.")
        return Response(status_code=200)

    async def snapshots(self, request: Request) -> Response:
        snapshots = [self._snapshot_json(snapshot) for snapshot in self._storage.snapshots.values()]
        return JSONResponse({"snapshots": filtered(request, snapshots)})

    async def snapshot(self, request: Request) -> Response:
        return JSONResponse({"snapshot": self._snapshot_json(self._get_snapshot(request))})

    async def create_snapshot(self, request: Request) -> Response:
        body = (await request.json())["snapshot"]
        force = str(body.get("force", False)).lower() in ("true", "1")
        snapshot = self._storage.snapshot(
            body["volume_id"],
            body.get("name") or "",
            force=force,
            description=body.get("description") or "",
        )
        snapshot.metadata = dict(body.get("metadata") or {})
        return JSONResponse({"snapshot": {**self._snapshot_json(snapshot), "status": CREATING}}, 202)

    async def delete_snapshot(self, request: Request) -> Response:
        self._storage.delete_snapshot(request.path_params["id"])
        return Response(status_code=202)

    def _get(self, request: Request) -> Volume:
        return self._storage.get(request.path_params["id"])

    def _get_snapshot(self, request: Request) -> Snapshot:
        snapshot = self._storage.snapshots.get(request.path_params["id"])
        if snapshot is None:
            raise NotFound(f"Snapshot {request.path_params['id']} could not be found.")
        return snapshot

    def _json(self, volume: Volume) -> Json:
        attachments = [_attachment_json(volume.id, volume.attachment)] if volume.attachment else []
        return {
            "id": volume.id,
            "name": volume.name,
            "description": volume.description,
            "status": volume.status,
            "size": volume.size,
            "availability_zone": volume.zone,
            "attachments": attachments,
            "metadata": volume.metadata,
            "volume_type": "ssd",
            "multiattach": False,
            "bootable": "false",
            "encrypted": False,
            "snapshot_id": None,
            "source_volid": None,
            "created_at": volume.created,
            "updated_at": None,
            "os-vol-tenant-attr:tenant_id": self._cloud.project,
            "user_id": self._cloud.users[0].id if self._cloud.users else "",
            "links": [],
        }

    def _snapshot_json(self, snapshot: Snapshot) -> Json:
        return {
            "id": snapshot.id,
            "name": snapshot.name,
            "description": snapshot.description,
            "volume_id": snapshot.volume,
            "status": snapshot.status,
            "size": snapshot.size,
            "metadata": snapshot.metadata,
            "created_at": snapshot.created,
            "updated_at": None,
            "os-extended-snapshot-attributes:progress": "100%" if snapshot.status == AVAILABLE else "0%",
            "os-extended-snapshot-attributes:project_id": self._cloud.project,
        }


def _attachment_json(volume: str, attachment: Attachment) -> Json:
    return {
        "id": volume,
        "attachment_id": attachment.id,
        "volume_id": volume,
        "server_id": attachment.server,
        "host_name": None,
        "device": attachment.device,
        "attached_at": attachment.since,
    }

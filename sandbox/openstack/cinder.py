"""Cinder v3: volumes with their attachments and metadata, and snapshots."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.infrastructure.volumes import AVAILABLE, CREATING, Snapshot, Volume
from sandbox.openstack.cloud import Cloud
from sandbox.openstack.rest import Missing, filtered, guarded

Json = dict[str, Any]
NAMES = {400: "badRequest", 403: "forbidden", 404: "itemNotFound", 413: "overLimit"}


def _shape(status: int, message: str, _kind: str) -> Json:
    return {NAMES.get(status, "computeFault"): {"code": status, "message": message}}


def cinder_app(cloud: Cloud) -> Starlette:
    """Cinder over a cloud's storage."""
    api = _Cinder(cloud)

    def route(path: str, handler: Any, *methods: str) -> Route:
        return Route(f"/v3/{{project}}{path}", guarded(cloud, handler, _shape), methods=list(methods))

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
            route("/snapshots", api.snap, "POST"),
            route("/snapshots/detail", api.snapshots, "GET"),
            route("/snapshots/{id}", api.snapshot, "GET"),
            route("/snapshots/{id}", api.unsnap, "DELETE"),
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
        shown = [self._json(volume) for volume in self._storage.volumes.values()]
        return JSONResponse({"volumes": filtered(request, shown)})

    async def volume(self, request: Request) -> Response:
        return JSONResponse({"volume": self._json(self._get(request))})

    async def create(self, request: Request) -> Response:
        given = (await request.json())["volume"]
        made = self._storage.create(given.get("name") or "", int(given["size"]), given.get("metadata"))
        made.description = given.get("description") or ""
        return JSONResponse({"volume": self._json(made)}, 202)

    async def update(self, request: Request) -> Response:
        found, given = self._get(request), (await request.json())["volume"]
        found.name, found.description = (
            given.get("name", found.name),
            given.get("description", found.description),
        )
        if "metadata" in given:
            found.metadata = dict(given["metadata"])
        return JSONResponse({"volume": self._json(found)})

    async def delete(self, request: Request) -> Response:
        self._storage.delete(self._get(request).id)
        return Response(status_code=202)

    async def metadata(self, request: Request) -> Response:
        found = self._get(request)
        if request.method != "GET":
            given = (await request.json())["metadata"]
            found.metadata = {**(found.metadata if request.method == "POST" else {}), **given}
        return JSONResponse({"metadata": found.metadata})

    async def metadata_key(self, request: Request) -> Response:
        key = request.path_params["key"]
        if self._get(request).metadata.pop(key, None) is None:
            raise Missing(f"Metadata key {key} could not be found.")
        return Response(status_code=200)

    async def snapshots(self, request: Request) -> Response:
        shown = [self._snapshot_json(each) for each in self._storage.snapshots.values()]
        return JSONResponse({"snapshots": filtered(request, shown)})

    async def snapshot(self, request: Request) -> Response:
        return JSONResponse({"snapshot": self._snapshot_json(self._get_snapshot(request))})

    async def snap(self, request: Request) -> Response:
        given = (await request.json())["snapshot"]
        forced = str(given.get("force", False)).lower() in ("true", "1")
        made = self._storage.snapshot(
            given["volume_id"],
            given.get("name") or "",
            force=forced,
            description=given.get("description") or "",
        )
        made.metadata = dict(given.get("metadata") or {})
        return JSONResponse({"snapshot": {**self._snapshot_json(made), "status": CREATING}}, 202)

    async def unsnap(self, request: Request) -> Response:
        self._storage.remove_snapshot(request.path_params["id"])
        return Response(status_code=202)

    def _get(self, request: Request) -> Volume:
        return self._storage.get(request.path_params["id"])

    def _get_snapshot(self, request: Request) -> Snapshot:
        found = self._storage.snapshots.get(request.path_params["id"])
        if found is None:
            raise Missing(f"Snapshot {request.path_params['id']} could not be found.")
        return found

    def _json(self, volume: Volume) -> Json:
        attachments = []
        if volume.attachment is not None:
            at = volume.attachment
            attachments = [
                {
                    "id": volume.id,
                    "attachment_id": at.id,
                    "volume_id": volume.id,
                    "server_id": at.server,
                    "host_name": None,
                    "device": at.device,
                    "attached_at": at.since,
                }
            ]
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

"""Magnum's API: templates, clusters, certificates, pages and errors as the real one answers them."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.openstack import rules
from sandbox.openstack.cloud import ADMIN, READER, Cloud, CloudUser
from sandbox.openstack.keystone import authenticated
from sandbox.openstack.rules import Refused

Json = dict[str, Any]

PAGE = 1_000
SUMMARY = (
    "uuid",
    "name",
    "cluster_template_id",
    "keypair",
    "node_count",
    "master_count",
    "docker_volume_size",
    "labels",
    "master_flavor_id",
    "flavor_id",
    "create_timeout",
    "links",
    "stack_id",
    "status",
    "health_status",
    "merge_labels",
)
SORTABLE = ("id", "uuid", "name", "created_at", "updated_at", "status")
QUERY = ("limit", "marker", "sort_key", "sort_dir", "fields", "resource")


class MagnumApp:
    """Magnum as an ASGI application."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        response.headers.setdefault("x-openstack-request-id", f"req-{uuid.uuid4()}")
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        cloud = self._cloud
        cloud.requests.append(
            {
                "method": request.method,
                "path": request.url.path,
                "global": request.headers.get("x-openstack-request-id", ""),
            }
        )
        if cloud.ailments.delay:
            await asyncio.sleep(cloud.ailments.delay)
        if cloud.ailments.status:
            return self._ill()
        path = request.url.path.rstrip("/") or "/"
        base = f"{request.url.scheme}://{request.url.netloc}"
        if path == "/":
            return JSONResponse(_root(base))
        user = authenticated(cloud, request)
        if user is None:
            return JSONResponse(
                {"error": {"code": 401, "message": "Authentication required", "title": "Unauthorized"}}, 401
            )
        headers = _microversion_headers(request)
        try:
            if headers is None or "/actions/" in path:
                raise Refused(406, "", title="")
            status, body = await self._serve(request, path, user, base)
        except Refused as refused:
            return JSONResponse(refused.body, refused.status, headers=headers)
        if body is None:
            return Response(status_code=status, headers=headers)
        return JSONResponse(body, status, headers=headers)

    def _ill(self) -> Response:
        ailments = self._cloud.ailments
        if ailments.html:
            return HTMLResponse(
                f"<html><body><h1>{ailments.status} Service Unavailable</h1>No server is"
                " available.</body></html>",
                ailments.status,
            )
        return JSONResponse(
            Refused(ailments.status, "Unexpected API Error. Please report this.").body, ailments.status
        )

    async def _serve(
        self, request: Request, path: str, user: CloudUser, base: str
    ) -> tuple[int, Json | None]:
        parts = path.strip("/").split("/")[1:]
        kind, ref = [*parts, "", ""][:2]
        raw = await request.body()
        body = json.loads(raw) if raw else {}
        if request.method != "GET":
            self._may_write(user, kind, request.method)
        match kind:
            case "":
                return 200, {"id": "v1", "links": [{"href": f"{base}/v1/", "rel": "self"}]}
            case "clustertemplates":
                return self._templates(request, ref, body, user, base)
            case "clusters":
                return self._clusters(request, ref, body, user, base)
            case "certificates":
                return self._certificates(request, ref, body, user, base)
        raise Refused(404, "The resource could not be found.")

    def _may_write(self, user: CloudUser, kind: str, method: str) -> None:
        verb = {"POST": "create", "PATCH": "update", "DELETE": "delete"}[method]
        if user.role == READER:
            raise Refused(403, f"Policy doesn't allow {kind.rstrip('s')}:{verb} to be performed.")

    # --- templates

    def _templates(
        self, request: Request, ref: str, body: Any, user: CloudUser, base: str
    ) -> tuple[int, Json | None]:
        cloud = self._cloud
        if request.method == "POST":
            if (body.get("public") or body.get("hidden")) and user.role != ADMIN:
                raise Refused(403, "Not authorized to set public or hidden flag for cluster template.")
            rules.check_template(body, cloud.inventory)
            made = template(cloud, body, user)
            cloud.templates[made["uuid"]] = made
            return 201, _linked(made, "clustertemplates", base)
        if ref in ("", "detail"):
            listed = [found for found in cloud.templates.values() if rules.listed(found, cloud.project)]
            shown = [_linked(found, "clustertemplates", base) for found in listed]
            return 200, _page(request, "clustertemplates", "ClusterTemplate", shown, base)
        visible = {
            key: found
            for key, found in cloud.templates.items()
            if rules.visible(found, cloud.project, by_uuid=ref == key)
        }
        found = self._find(visible, ref, "ClusterTemplate")
        if request.method != "GET" and found["project_id"] != cloud.project:
            raise Refused(
                403,
                f"Policy doesn't allow clustertemplate:{'delete' if request.method == 'DELETE' else 'update'}"
                " to be performed.",
            )
        if request.method == "DELETE":
            self._refuse_used(found)
            del cloud.templates[found["uuid"]]
            return 204, None
        if request.method == "PATCH":
            return 200, _linked(self._patch_template(found, body, user), "clustertemplates", base)
        return 200, _linked(found, "clustertemplates", base)

    def _patch_template(self, found: Json, patch: list[Json], user: CloudUser) -> Json:
        rules.check_patch(patch)
        changes = {operation["path"].strip("/").split("/")[0]: operation.get("value") for operation in patch}
        if user.role != ADMIN and {"public", "hidden"} & set(changes):
            raise Refused(403, "Not authorized to set public or hidden flag for cluster template.")
        harmless = len(changes) == 1 and (
            changes.get("public") is True or next(iter(changes)) in ("hidden", "name")
        )
        if not harmless:
            self._refuse_used(found)
        made = rules.patched(found, patch)
        rules.check_driver(made["network_driver"])
        found |= {**made, "updated_at": self._cloud.now()}
        return found

    def _refuse_used(self, found: Json) -> None:
        if any(cluster["cluster_template_id"] == found["uuid"] for cluster in self._cloud.clusters.values()):
            raise Refused(400, f"ClusterTemplate {found['uuid']} is referenced by one or multiple clusters.")

    def _find(self, objects: dict[str, Json], ref: str, word: str) -> Json:
        if ref in objects:
            return objects[ref]
        named = [found for found in objects.values() if found["name"] == ref]
        if len(named) > 1:
            plural, singular = (
                ("ClusterTemplates", "ClusterTemplate")
                if word == "ClusterTemplate"
                else ("clusters", "cluster")
            )
            raise Refused(
                409, f"Multiple {plural} exist with same name. Please use the {singular} uuid instead."
            )
        if not named:
            raise Refused(404, f"{word} {ref} could not be found.")
        return named[0]

    # --- clusters

    def _clusters(
        self, request: Request, ref: str, body: Any, user: CloudUser, base: str
    ) -> tuple[int, Json | None]:
        cloud = self._cloud
        if request.method == "POST":
            return 202, {"uuid": self._create_cluster(request, body, user)["uuid"]}
        if ref in ("", "detail"):
            shown = [self._shown(found, base) for found in cloud.clusters.values()]
            if not ref:
                shown = [{key: found[key] for key in SUMMARY} for found in shown]
            return 200, _page(request, "clusters", "Cluster", shown, base)
        found = self._find(cloud.clusters, ref, "Cluster")
        if request.method == "DELETE":
            cloud.remove(found)
            return 204, None
        if request.method == "PATCH":
            rules.check_patch(body)
            names = [operation["path"].strip("/").split("/")[0] for operation in body]
            fixed = [
                name for name in names if name not in ("node_count", "health_status", "health_status_reason")
            ]
            if fixed:
                raise Refused(400, f"cannot change cluster property(ies) {', '.join(fixed)}.")
            found |= rules.patched(found, body)
            found |= {"status": "UPDATE_COMPLETE", "updated_at": cloud.now()}
            return 202, {"uuid": found["uuid"]}
        return 200, self._shown(found, base)

    def _create_cluster(self, request: Request, body: Json, user: CloudUser) -> Json:
        cloud = self._cloud
        ref = body.get("cluster_template_id", "")
        wanted = cloud.templates.get(ref) or next(
            (t for t in cloud.templates.values() if t["name"] == ref), None
        )
        if wanted is None:
            if not rules.CLUSTER_NAME.match(body.get("name", "")):
                rules.check_cluster(body, {}, cloud.inventory, microversion=1)
            raise Refused(400, f"ClusterTemplate {ref} could not be found.")
        rules.check_cluster(body, wanted, cloud.inventory, microversion=_microversion(request))
        if len(cloud.clusters) >= cloud.inventory.most_clusters:
            most = cloud.inventory.most_clusters
            raise Refused(
                403,
                f"Resource limit exceeded: You have reached the maximum clusters per project, {most}. You may"
                " delete a cluster to make room for a new one.",
            )
        made = cluster(cloud, body, wanted, user)
        cloud.accept(made)
        return made

    def _shown(self, found: Json, base: str) -> Json:
        health, reason = self._cloud.health(found)
        shown = {**_linked(found, "clusters", base), "health_status": health, "health_status_reason": reason}
        if not found["status"].endswith("FAILED"):
            shown.pop("faults", None)
        return shown

    # --- certificates

    def _certificates(
        self, request: Request, ref: str, body: Json, user: CloudUser, base: str
    ) -> tuple[int, Json]:
        cloud = self._cloud
        wanted = ref if request.method == "GET" else body.get("cluster_uuid", "")
        found = cloud.clusters.get(wanted) or next(
            (c for c in cloud.clusters.values() if c["name"] == wanted), None
        )
        if found is None:
            raise Refused(404 if request.method == "GET" else 400, f"Cluster {wanted} could not be found.")
        running = cloud.running.get(found["uuid"])
        if running is None:
            raise Refused(404, "A key pair None could not be found.")
        links = _linked({"uuid": found["uuid"]}, "certificates", base)["links"]
        if request.method == "GET":
            return 200, {
                "cluster_uuid": found["uuid"],
                "links": links,
                "pem": running.authority_pem.rstrip("\n"),
            }
        if cloud.ailments.signs_for_creator_only and user.id != found["user_id"]:
            raise Refused(403, "Policy doesn't allow certificate:create to be performed.")
        try:
            signed = running.sign(body["csr"])
        except ValueError:
            raise Refused(400, f"Received invalid csr {body['csr'].encode()}.") from None
        return 201, {"cluster_uuid": found["uuid"], "links": links, "csr": body["csr"], "pem": signed}


def template(cloud: Cloud, body: Json, user: CloudUser) -> Json:
    """A template as Magnum keeps it: unknown fields are dropped, booleans in labels become text."""
    return {
        "uuid": str(uuid.uuid4()),
        "name": body.get("name") or f"template-{uuid.uuid4().hex[:6]}",
        "coe": "kubernetes",
        "image_id": body["image_id"],
        "flavor_id": body.get("flavor_id"),
        "master_flavor_id": body.get("master_flavor_id"),
        "dns_nameserver": body.get("dns_nameserver", "8.8.8.8"),
        "keypair_id": body.get("keypair_id"),
        "external_network_id": body.get("external_network_id"),
        "fixed_network": body.get("fixed_network"),
        "fixed_subnet": body.get("fixed_subnet"),
        "network_driver": body.get("network_driver") or "flannel",
        "apiserver_port": None,
        "docker_volume_size": body.get("docker_volume_size"),
        "cluster_distro": "fedora-coreos",
        "http_proxy": None,
        "https_proxy": None,
        "no_proxy": None,
        "volume_driver": body.get("volume_driver"),
        "registry_enabled": False,
        "labels": {key: str(value) for key, value in (body.get("labels") or {}).items()},
        "tls_disabled": False,
        "public": bool(body.get("public")),
        "server_type": "vm",
        "insecure_registry": None,
        "docker_storage_driver": body.get("docker_storage_driver"),
        "master_lb_enabled": bool(body.get("master_lb_enabled")),
        "floating_ip_enabled": body.get("floating_ip_enabled", True),
        "project_id": cloud.project,
        "user_id": user.id,
        "hidden": bool(body.get("hidden")),
        "tags": None,
        "driver": None,
        "created_at": cloud.now(),
        "updated_at": None,
    }


def cluster(cloud: Cloud, body: Json, wanted: Json, user: CloudUser) -> Json:
    """A cluster as Magnum keeps it, at the moment it is accepted."""
    given = body.get("labels")
    return {
        "uuid": str(uuid.uuid4()),
        "name": body["name"],
        "cluster_template_id": wanted["uuid"],
        "keypair": body.get("keypair") or wanted["keypair_id"],
        "node_count": body.get("node_count", 1),
        "master_count": body.get("master_count", 1),
        "docker_volume_size": wanted["docker_volume_size"],
        "labels": given if given is not None else dict(wanted["labels"]),
        "master_flavor_id": wanted["master_flavor_id"],
        "flavor_id": wanted["flavor_id"],
        "create_timeout": body.get("create_timeout", 60),
        "stack_id": str(uuid.uuid4()),
        "status": "CREATE_IN_PROGRESS",
        "status_reason": None,
        "health_status": None,
        "health_status_reason": {},
        "discovery_url": None,
        "api_address": None,
        "coe_version": None,
        "container_version": None,
        "project_id": cloud.project,
        "user_id": user.id,
        "node_addresses": [],
        "master_addresses": [],
        "faults": {},
        "fixed_network": None,
        "fixed_subnet": None,
        "floating_ip_enabled": True,
        "merge_labels": bool(body.get("merge_labels")),
        "labels_overridden": {},
        "labels_added": {},
        "labels_skipped": {},
        "master_lb_enabled": wanted["master_lb_enabled"],
        "created_at": cloud.now(),
        "updated_at": None,
    }


def _linked(obj: Json, kind: str, base: str) -> Json:
    links = [
        {"href": f"{base}/v1/{kind}/{obj['uuid']}", "rel": "self"},
        {"href": f"{base}/{kind}/{obj['uuid']}", "rel": "bookmark"},
    ]
    return {**obj, "links": links}


def _page(request: Request, kind: str, word: str, items: list[Json], base: str) -> Json:
    query = dict(request.query_params)
    unknown = [name for name in query if name not in QUERY]
    if unknown:
        raise Refused(400, f'Unknown argument: "{unknown[0]}"')
    limit = _limit(query.get("limit"))
    direction, key = query.get("sort_dir", "asc"), query.get("sort_key", "id")
    if direction not in ("asc", "desc"):
        raise Refused(400, f"Invalid sort direction: {direction}. Acceptable values are 'asc' or 'desc'")
    if key not in SORTABLE:
        raise Refused(400, f'The sort_key value "{key}" is an invalid field for sorting')
    if key != "id":
        items = sorted(items, key=lambda item: str(item.get(key, "")))
    if direction == "desc":
        items = items[::-1]
    marker = query.get("marker")
    if marker:
        items = items[_after(marker, items, word) :]
    page: Json = {kind: items[:limit]}
    if len(items) >= limit:
        after = items[limit - 1]["uuid"]
        page["next"] = f"{base}/v1/{kind}?sort_key={key}&sort_dir={direction}&limit={limit}&marker={after}"
    return page


def _limit(text: str | None) -> int:
    if text is None:
        return PAGE
    try:
        number = int(text)
    except ValueError as error:
        raise rules.field("limit", text, f"unable to convert to int. Error: {error}") from None
    if number <= 0:
        raise Refused(400, "Limit must be positive")
    return min(number, PAGE)


def _after(marker: str, items: list[Json], word: str) -> int:
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", marker):
        raise rules.field(
            "marker", marker, f"unable to convert to uuid. Error: Expected a uuid but received {marker}."
        )
    for number, item in enumerate(items):
        if item["uuid"] == marker:
            return number + 1
    raise Refused(404, f"{word} {marker} could not be found.")


def _microversion(request: Request) -> int:
    given = request.headers.get("openstack-api-version", "container-infra 1.1")
    return int(given.rpartition(".")[2]) if re.fullmatch(r"container-infra 1\.\d+", given) else 0


def _microversion_headers(request: Request) -> dict[str, str] | None:
    version = _microversion(request)
    if not 1 <= version <= 11:
        return None
    return {
        "OpenStack-API-Minimum-Version": "container-infra 1.1",
        "OpenStack-API-Maximum-Version": "container-infra 1.11",
        "OpenStack-API-Version": f"container-infra 1.{version}",
    }


def _root(base: str) -> Json:
    version = {
        "id": "v1",
        "links": [{"href": f"{base}/v1/", "rel": "self"}],
        "status": "CURRENT",
        "max_version": "1.11",
        "min_version": "1.1",
    }
    return {
        "name": "OpenStack Magnum API",
        "description": "Magnum is an OpenStack project which aims to provide container cluster management.",
        "versions": [version],
    }

"""Cluster templates: who sees and may change them, under `/v1/clustertemplates`."""

from __future__ import annotations

import uuid
from typing import Any

from starlette.requests import Request

from sandbox.openstack.cloud import ADMIN, Cloud, CloudUser, Json
from sandbox.openstack.magnum import pages, validation
from sandbox.openstack.magnum.errors import MagnumError, forbidden
from sandbox.openstack.magnum.lookup import find

KIND = "clustertemplates"
COPIED = (  # fields that are stored as they were given
    "image_id",
    "flavor_id",
    "master_flavor_id",
    "keypair_id",
    "external_network_id",
    "fixed_network",
    "fixed_subnet",
    "docker_volume_size",
    "volume_driver",
    "docker_storage_driver",
)
ABSENT = ("apiserver_port", "http_proxy", "https_proxy", "no_proxy", "insecure_registry", "tags", "driver")


def template_record(cloud: Cloud, body: Json, user: CloudUser) -> Json:
    """Return a template as Magnum stores it: unknown fields are dropped, values of labels become text."""
    return {
        "uuid": str(uuid.uuid4()),
        "name": body.get("name") or f"template-{uuid.uuid4().hex[:6]}",
        "coe": "kubernetes",
        **{field: body.get(field) for field in COPIED},
        "dns_nameserver": body.get("dns_nameserver", "8.8.8.8"),
        "network_driver": body.get("network_driver") or "flannel",
        **dict.fromkeys(ABSENT),
        "cluster_distro": "fedora-coreos",
        "registry_enabled": False,
        "labels": {key: str(value) for key, value in (body.get("labels") or {}).items()},
        "tls_disabled": False,
        "public": bool(body.get("public")),
        "server_type": "vm",
        "master_lb_enabled": bool(body.get("master_lb_enabled")),
        "floating_ip_enabled": body.get("floating_ip_enabled", True),
        "project_id": cloud.project,
        "user_id": user.id,
        "hidden": bool(body.get("hidden")),
        "created_at": cloud.now(),
        "updated_at": None,
    }


class Templates:
    """Serves the templates of a cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def serve(self, request: Request, ref: str, body: Any, user: CloudUser) -> tuple[int, Json | None]:
        """Return the status and body for a request; `ref` is a name or uuid. Raises `MagnumError`."""
        cloud = self._cloud
        if request.method == "POST":
            return 201, pages.linked(self._create(body, user), KIND, request)
        if ref in ("", "detail"):
            visible = [
                pages.linked(template, KIND, request)
                for template in cloud.templates.values()
                if validation.is_visible(template, cloud.project)
            ]
            return 200, pages.page(request, KIND, visible, noun="ClusterTemplate")
        template = self._find(ref)
        if request.method == "GET":
            return 200, pages.linked(template, KIND, request)
        verb = {"DELETE": "delete", "PATCH": "update"}[request.method]
        if template["project_id"] != cloud.project:
            raise forbidden("clustertemplate", verb)
        if verb == "delete":
            self._refuse_used(template)
            del cloud.templates[template["uuid"]]
            return 204, None
        return 200, pages.linked(self._update(template, body, user), KIND, request)

    def _find(self, ref: str) -> Json:
        visible = {
            uuid: template
            for uuid, template in self._cloud.templates.items()
            if validation.is_visible(template, self._cloud.project, by_uuid=ref == uuid)
        }
        return find(visible, ref, noun="ClusterTemplate")

    def _create(self, body: Json, user: CloudUser) -> Json:
        if body.get("public") or body.get("hidden"):
            self._require_admin(user)
        validation.check_template(body, self._cloud.inventory)
        template = template_record(self._cloud, body, user)
        self._cloud.templates[template["uuid"]] = template
        return template

    def _update(self, template: Json, patch: list[Json], user: CloudUser) -> Json:
        validation.check_patch(patch)
        changes = {operation["path"].strip("/").split("/")[0]: operation.get("value") for operation in patch}
        if {"public", "hidden"} & set(changes):
            self._require_admin(user)
        name, value = next(iter(changes.items()), ("", None))
        allowed_in_use = name in ("hidden", "name") or (name == "public" and value is True)
        if len(changes) != 1 or not allowed_in_use:
            self._refuse_used(template)
        patched = validation.patched(template, patch)
        validation.check_driver(patched["network_driver"])
        template |= {**patched, "updated_at": self._cloud.now()}
        return template

    def _require_admin(self, user: CloudUser) -> None:
        if user.role != ADMIN:
            raise MagnumError(403, "Not authorized to set public or hidden flag for cluster template.")

    def _refuse_used(self, template: Json) -> None:
        clusters = self._cloud.clusters.values()
        if any(cluster["cluster_template_id"] == template["uuid"] for cluster in clusters):
            raise MagnumError(
                400, f"ClusterTemplate {template['uuid']} is referenced by one or multiple clusters."
            )

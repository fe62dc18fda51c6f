"""Clusters and their certificates: `/v1/clusters` and `/v1/certificates`."""

from __future__ import annotations

import uuid
from typing import Any

from starlette.requests import Request

from sandbox.openstack.cloud import Cloud, CloudUser, Json
from sandbox.openstack.magnum import pages, validation
from sandbox.openstack.magnum.errors import MagnumError, forbidden
from sandbox.openstack.magnum.lookup import find, first
from sandbox.openstack.magnum.microversions import microversion

KIND = "clusters"
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
INHERITED = ("docker_volume_size", "master_flavor_id", "flavor_id", "master_lb_enabled")
UNKNOWN_YET = (
    "status_reason",
    "health_status",
    "discovery_url",
    "api_address",
    "coe_version",
    "container_version",
    "fixed_network",
    "fixed_subnet",
    "updated_at",
)
MUTABLE = ("node_count", "health_status", "health_status_reason")


def cluster_record(cloud: Cloud, body: Json, template: Json, user: CloudUser) -> Json:
    """Return a cluster as Magnum stores it when it accepts the order."""
    labels = body.get("labels")
    return {
        "uuid": str(uuid.uuid4()),
        "name": body["name"],
        "cluster_template_id": template["uuid"],
        "keypair": body.get("keypair") or template["keypair_id"],
        "node_count": body.get("node_count", 1),
        "master_count": body.get("master_count", 1),
        "labels": labels if labels is not None else dict(template["labels"]),
        **{field: template[field] for field in INHERITED},
        "create_timeout": body.get("create_timeout", 60),
        "stack_id": str(uuid.uuid4()),
        "status": "CREATE_IN_PROGRESS",
        **dict.fromkeys(UNKNOWN_YET),
        **{field: {} for field in ("health_status_reason", "faults")},
        **{field: [] for field in ("node_addresses", "master_addresses")},
        "project_id": cloud.project,
        "user_id": user.id,
        "floating_ip_enabled": True,
        "merge_labels": bool(body.get("merge_labels")),
        **{field: {} for field in ("labels_overridden", "labels_added", "labels_skipped")},
        "created_at": cloud.now(),
    }


class Clusters:
    """Serves the clusters of a cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def serve(self, request: Request, ref: str, body: Any, user: CloudUser) -> tuple[int, Json | None]:
        """Return the status and body for a request; `ref` is a name or uuid. Raises `MagnumError`."""
        cloud = self._cloud
        if request.method == "POST":
            return 202, {"uuid": self._create(request, body, user)["uuid"]}
        if ref in ("", "detail"):
            clusters = [self._view(cluster, request) for cluster in cloud.clusters.values()]
            if not ref:
                clusters = [{field: cluster[field] for field in SUMMARY} for cluster in clusters]
            return 200, pages.page(request, KIND, clusters, noun="Cluster")
        cluster = find(cloud.clusters, ref, noun="Cluster")
        if request.method == "DELETE":
            cloud.remove(cluster)
            return 204, None
        if request.method == "PATCH":
            self._update(cluster, body)
            return 202, {"uuid": cluster["uuid"]}
        return 200, self._view(cluster, request)

    def _create(self, request: Request, body: Json, user: CloudUser) -> Json:
        cloud, ref = self._cloud, body.get("cluster_template_id", "")
        template = first(cloud.templates, ref)
        if template is None:
            if not validation.CLUSTER_NAME.match(body.get("name", "")):
                validation.check_cluster(body, {}, cloud.inventory, microversion=1)
            raise MagnumError(400, f"ClusterTemplate {ref} could not be found.")
        validation.check_cluster(body, template, cloud.inventory, microversion=microversion(request))
        quota = cloud.inventory.most_clusters
        if len(cloud.clusters) >= quota:
            raise MagnumError(
                403,
                f"Resource limit exceeded: You have reached the maximum clusters per project, {quota}. You"
                " may delete a cluster to make room for a new one.",
            )
        cluster = cluster_record(cloud, body, template, user)
        cloud.accept(cluster)
        return cluster

    def _update(self, cluster: Json, patch: list[Json]) -> None:
        validation.check_patch(patch)
        names = [operation["path"].strip("/").split("/")[0] for operation in patch]
        immutable = [name for name in names if name not in MUTABLE]
        if immutable:
            raise MagnumError(400, f"cannot change cluster property(ies) {', '.join(immutable)}.")
        cluster |= validation.patched(cluster, patch)
        cluster |= {"status": "UPDATE_COMPLETE", "updated_at": self._cloud.now()}

    def _view(self, cluster: Json, request: Request) -> Json:
        health, reason = self._cloud.health(cluster)
        view = pages.linked(cluster, KIND, request)
        view |= {"health_status": health, "health_status_reason": reason}
        if not cluster["status"].endswith("FAILED"):
            view.pop("faults", None)
        return view


class Certificates:
    """Serves the CAs of clusters, and signs CSRs with them."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def serve(self, request: Request, ref: str, body: Json, user: CloudUser) -> tuple[int, Json]:
        """Return the status and body for a request; `ref` is a name or uuid. Raises `MagnumError`."""
        cloud, reading = self._cloud, request.method == "GET"
        ref = ref if reading else body.get("cluster_uuid", "")
        cluster = first(cloud.clusters, ref)
        if cluster is None:
            raise MagnumError(404 if reading else 400, f"Cluster {ref} could not be found.")
        running = cloud.running.get(cluster["uuid"])
        if running is None:
            raise MagnumError(404, "A key pair None could not be found.")
        links = pages.linked({"uuid": cluster["uuid"]}, "certificates", request)["links"]
        answer = {"cluster_uuid": cluster["uuid"], "links": links}
        if reading:
            return 200, {**answer, "pem": running.authority_pem.rstrip("\n")}
        if cloud.faults.signs_for_creator_only and user.id != cluster["user_id"]:
            raise forbidden("certificate", "create")
        try:
            certificate = running.sign(body["csr"])
        except ValueError:
            raise MagnumError(400, f"Received invalid csr {body['csr'].encode()}.") from None
        return 201, {**answer, "csr": body["csr"], "pem": certificate}

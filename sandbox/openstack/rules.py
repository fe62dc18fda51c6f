"""Magnum 20.0.2's rules, and the sentences in which it refuses (the titles are cut at the first full
stop).
"""

from __future__ import annotations

import ast
import re
from typing import Any

from sandbox.openstack.cloud import Inventory

Json = dict[str, Any]

ALLOWED = ("flannel", "calico")
SUPPORTED = ("flannel", "calico", "cilium")
CLUSTER_NAME = re.compile(r"^[a-zA-Z][a-zA-Z0-9_.-]*$")
PATCH_PATH = re.compile(r"^(/[\w-]+)+$")


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, detail: str, *, title: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.body: Json = {
            "errors": [
                {
                    "request_id": "",
                    "code": "client" if status < 500 else "server",
                    "status": status,
                    "title": detail.split(".")[0] if title is None else title,
                    "detail": detail,
                    "links": [],
                }
            ]
        }


def field(name: str, value: Any, why: str) -> Refused:
    """400 for one field."""
    return Refused(400, f"Invalid input for field/attribute {name}. Value: '{value}'. {why}")


def check_driver(driver: str | None) -> None:
    """The operator's allow-list, then what Magnum supports at all."""
    if driver is None or driver in ALLOWED:
        return
    if driver in SUPPORTED:
        expected = "/".join(ALLOWED)
        raise Refused(
            400,
            f"Network driver type {driver} is not allowed, expecting a {expected}/unspecified network"
            " driver. ",
        )
    raise Refused(
        400,
        f"Network driver type {driver} is not supported, expecting a {'/'.join(SUPPORTED)}/unspecified"
        " network driver.",
    )


def check_template(body: Json, inventory: Inventory) -> None:
    """What Magnum checks when a template is created, in its order. Raises `Refused`."""
    if not body.get("image_id"):
        raise field("image_id", None, "Mandatory field missing.")
    coe = body.get("coe")
    if coe is not None and coe != "kubernetes":
        raise field("coe", coe, "Value should be one of: kubernetes")
    if coe is None:
        raise Refused(400, "Requested COE type Unset is not supported.")
    if "flavor_id" not in body and "master_flavor_id" not in body:
        raise Refused(500, "'flavor_id'")
    image = body["image_id"]
    distro = inventory.images.get(image, "Unset") if image in inventory.images else "Unset"
    if distro != "fedora-coreos":
        raise Refused(400, f"Cluster type (vm, {distro}, kubernetes) not supported.")
    check_driver(body.get("network_driver"))
    for name in ("flavor_id", "master_flavor_id"):
        if body.get(name) and body[name] not in inventory.flavors:
            raise Refused(400, f"Unable to find flavor {body[name]}.")
    network = body.get("external_network_id")
    if network and network not in inventory.networks:
        raise Refused(400, f"Unable to find external network {network}.")
    dns = body.get("dns_nameserver")
    if dns and not all(re.fullmatch(r"\d+(\.\d+){3}", part.strip()) for part in str(dns).split(",")):
        raise Refused(400, f"Expected a single dns address or comma separated dns list, but received {dns}.")


def check_patch(patch: list[Json]) -> None:
    """The shape of a JSON patch, as wsme takes it. Raises `Refused`."""
    for operation in patch:
        if "from" in operation:
            raise Refused(400, "Unknown attribute for argument patch: from")
        path = operation["path"]
        if not PATCH_PATH.match(path):
            raise field("path", path, "Value should match the pattern ^(/[\\w-]+)+$")
        if operation["op"] != "remove":
            value = operation.get("value")
            if isinstance(value, (dict, list)):
                why = f"Wrong type. Expected '(<class 'str'>, <class 'int'>)', got '{type(value)}'"
                raise field("value", value, why)
            if value is None:
                raise Refused(400, "'add' and 'replace' operations needs value")
        if path.split("/")[1] in ("uuid", "id", "project_id", "user_id", "created_at", "updated_at"):
            raise Refused(400, f"'/{path.split('/')[1]}' is an internal attribute and can not be updated")


def patched(obj: Json, patch: list[Json]) -> Json:
    """A copy of an object with a checked patch applied."""
    made = {**obj, "labels": dict(obj.get("labels") or {})}
    for operation in patch:
        first, _, rest = operation["path"].strip("/").partition("/")
        if rest:
            if operation["op"] == "remove":
                made[first].pop(rest, None)
            else:
                made[first][rest] = operation["value"]
        elif operation["op"] == "remove":
            made[first] = None
        elif first == "labels":
            made[first] = ast.literal_eval(operation["value"])
        else:
            made[first] = operation["value"]
    return made


def check_cluster(body: Json, template: Json, inventory: Inventory, *, microversion: int) -> None:
    """What Magnum checks when a cluster is created. Raises `Refused`."""
    name = body.get("name", "")
    if not CLUSTER_NAME.match(name):
        raise field("name", name, "Value should match the pattern ^[a-zA-Z][a-zA-Z0-9_.-]*$")
    masters, nodes = body.get("master_count", 1), body.get("node_count", 1)
    if masters % 2 == 0:
        raise Refused(400, f"master nodegroup size of {masters} is invalid, size cannot be an even number.")
    if masters > 1 and not template["master_lb_enabled"]:
        raise Refused(400, "master_count must be 1 when master_lb_enabled is False")
    if nodes == 0 and microversion < 10:
        raise Refused(400, "Resizing a nodegroup to zero is not supported in the provided microversion.")
    keypair = body.get("keypair") or template.get("keypair_id")
    if keypair and keypair not in inventory.keypairs:
        raise Refused(404, f"Unable to find keypair {keypair}.")


def listed(template: Json, project: str) -> bool:
    """Whether a project's list shows a template: its own, and the public ones of others that are not
    hidden.
    """
    return visible(template, project, by_uuid=False)


def visible(template: Json, project: str, *, by_uuid: bool) -> bool:
    """Whether a project can see a template; a hidden public one of another project only by its uuid."""
    if template["project_id"] == project:
        return True
    return bool(template["public"]) and (by_uuid or not template["hidden"])

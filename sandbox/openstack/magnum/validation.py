"""What Magnum validates, and the sentences with which it refuses."""

from __future__ import annotations

import ast
import re

from sandbox.openstack.cloud import Inventory, Json
from sandbox.openstack.magnum.errors import MagnumError, invalid_field

ALLOWED = ("flannel", "calico")
SUPPORTED = ("flannel", "calico", "cilium")
CLUSTER_NAME = re.compile(r"^[a-zA-Z][a-zA-Z0-9_.-]*$")
INTERNAL = ("uuid", "id", "project_id", "user_id", "created_at", "updated_at")
PATCH_PATH = re.compile(r"^(/[\w-]+)+$")


def check_driver(driver: str | None) -> None:
    """Check the operator's allow-list, then what Magnum supports at all. Raises `MagnumError`."""
    if driver is None or driver in ALLOWED:
        return
    if driver in SUPPORTED:
        expected = "/".join(ALLOWED)
        raise MagnumError(
            400,
            f"Network driver type {driver} is not allowed, expecting a {expected}/unspecified network"
            " driver. ",
        )
    raise MagnumError(
        400,
        f"Network driver type {driver} is not supported, expecting a {'/'.join(SUPPORTED)}/unspecified"
        " network driver.",
    )


def check_template(body: Json, inventory: Inventory) -> None:
    """Check a new template, in Magnum's order. Raises `MagnumError`."""
    if not body.get("image_id"):
        raise invalid_field("image_id", None, "Mandatory field missing.")
    coe = body.get("coe")
    if coe is not None and coe != "kubernetes":
        raise invalid_field("coe", coe, "Value should be one of: kubernetes")
    if coe is None:
        raise MagnumError(400, "Requested COE type Unset is not supported.")
    if "flavor_id" not in body and "master_flavor_id" not in body:
        raise MagnumError(500, "'flavor_id'")
    image = body["image_id"]
    distro = inventory.images.get(image, "Unset")
    if distro != "fedora-coreos":
        raise MagnumError(400, f"Cluster type (vm, {distro}, kubernetes) not supported.")
    check_driver(body.get("network_driver"))
    for name in ("flavor_id", "master_flavor_id"):
        if body.get(name) and body[name] not in inventory.flavors:
            raise MagnumError(400, f"Unable to find flavor {body[name]}.")
    network = body.get("external_network_id")
    if network and network not in inventory.networks:
        raise MagnumError(400, f"Unable to find external network {network}.")
    dns = body.get("dns_nameserver")
    if dns and not all(re.fullmatch(r"\d+(\.\d+){3}", part.strip()) for part in str(dns).split(",")):
        raise MagnumError(
            400, f"Expected a single dns address or comma separated dns list, but received {dns}."
        )


def check_patch(patch: list[Json]) -> None:
    """Check the shape of a JSON patch, as wsme does. Raises `MagnumError`."""
    for operation in patch:
        if "from" in operation:
            raise MagnumError(400, "Unknown attribute for argument patch: from")
        path = operation["path"]
        if not PATCH_PATH.match(path):
            raise invalid_field("path", path, "Value should match the pattern ^(/[\\w-]+)+$")
        if operation["op"] != "remove":
            value = operation.get("value")
            if isinstance(value, (dict, list)):
                why = f"Wrong type. Expected '(<class 'str'>, <class 'int'>)', got '{type(value)}'"
                raise invalid_field("value", value, why)
            if value is None:
                raise MagnumError(400, "'add' and 'replace' operations needs value")
        attribute = path.split("/")[1]
        if attribute in INTERNAL:
            raise MagnumError(400, f"'/{attribute}' is an internal attribute and can not be updated")


def patched(obj: Json, patch: list[Json]) -> Json:
    """Return a copy of an object with a checked patch applied."""
    result = {**obj, "labels": dict(obj.get("labels") or {})}
    for operation in patch:
        attribute, _, key = operation["path"].strip("/").partition("/")
        if key:
            if operation["op"] == "remove":
                result[attribute].pop(key, None)
            else:
                result[attribute][key] = operation["value"]
        elif operation["op"] == "remove":
            result[attribute] = None
        elif attribute == "labels":
            result[attribute] = ast.literal_eval(operation["value"])
        else:
            result[attribute] = operation["value"]
    return result


def check_cluster(body: Json, template: Json, inventory: Inventory, *, microversion: int) -> None:
    """Check a new cluster of a template. Raises `MagnumError`."""
    name = body.get("name", "")
    if not CLUSTER_NAME.match(name):
        raise invalid_field("name", name, "Value should match the pattern ^[a-zA-Z][a-zA-Z0-9_.-]*$")
    masters, nodes = body.get("master_count", 1), body.get("node_count", 1)
    if masters % 2 == 0:
        raise MagnumError(
            400, f"master nodegroup size of {masters} is invalid, size cannot be an even number."
        )
    if masters > 1 and not template["master_lb_enabled"]:
        raise MagnumError(400, "master_count must be 1 when master_lb_enabled is False")
    if nodes == 0 and microversion < 10:
        raise MagnumError(400, "Resizing a nodegroup to zero is not supported in the provided microversion.")
    keypair = body.get("keypair") or template.get("keypair_id")
    if keypair and keypair not in inventory.keypairs:
        raise MagnumError(404, f"Unable to find keypair {keypair}.")


def is_visible(template: Json, project: str, *, by_uuid: bool = False) -> bool:
    """Tell whether a project sees a template; a hidden public one of another project only by its uuid."""
    if template["project_id"] == project:
        return True
    return bool(template["public"]) and (by_uuid or not template["hidden"])

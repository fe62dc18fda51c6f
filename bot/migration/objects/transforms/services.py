"""Services: addresses and node ports that the cluster assigned are dropped, those that were asked for stay.

A copied `loadbalancer.openstack.org/load-balancer-id` would make the new cluster adopt the old one's load
balancer, which is deleted with the old cluster.
"""

import json
from collections.abc import Iterator
from typing import Any

from bot.migration.objects.canonical import LAST_APPLIED
from bot.migration.objects.fields import Object, annotations_of, drop_annotations
from bot.migration.objects.kinds import SERVICE, SLICE
from bot.migration.objects.transforms.transform import Transform, TransformContext, TransformNote, warning

OPENSTACK = "loadbalancer.openstack.org/"
LOAD_BALANCER = f"{OPENSTACK}load-balancer-id"
WRITTEN = (LOAD_BALANCER, f"{OPENSTACK}load-balancer-address")
PINNED = tuple(f"{OPENSTACK}{name}" for name in ("port-id", "subnet-id", "network-id", "member-subnet-id"))
KEEP_ADDRESS = f"{OPENSTACK}keep-floatingip"
INTERNAL = "service.beta.kubernetes.io/openstack-internal-load-balancer"


def _service(obj: Object, original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    spec = obj.get("spec") or {}
    if spec.get("clusterIP") != "None":
        spec.pop("clusterIP", None)
        spec.pop("clusterIPs", None)
    spec.pop("healthCheckNodePort", None)
    yield from _address_families(spec)
    yield from _node_ports(spec, original)
    drop_annotations(obj, *WRITTEN)
    address = spec.pop("loadBalancerIP", None)
    if address:
        yield warning(
            f"it asks for the address {address}, which the old cluster holds until traffic is switched"
        )
    for name in PINNED:
        if name in annotations_of(obj):
            yield warning(f"{name} names a network, subnet or port that may go with the old cluster")
    if spec.get("loadBalancerSourceRanges"):
        yield TransformNote(
            text="allowed source ranges are kept: check those that name the old cluster's addresses"
        )


def _address_families(spec: Object) -> Iterator[TransformNote]:
    if spec.get("ipFamilyPolicy") == "SingleStack" and spec.get("ipFamilies") in (["IPv4"], None):
        spec.pop("ipFamilies", None)
        spec.pop("ipFamilyPolicy", None)
    elif spec.get("ipFamilies"):
        yield warning(
            f"it asks for {' and '.join(spec['ipFamilies'])}: the new cluster must serve the same families"
        )


def _node_ports(spec: Object, original: Object) -> Iterator[TransformNote]:
    requested = requested_node_ports(original)
    for port in spec.get("ports") or []:
        number = port.get("nodePort")
        if number is None:
            continue
        if requested is not None and number not in requested:
            del port["nodePort"]
        else:
            yield TransformNote(text=f"node port {number} was asked for, and is kept")


def requested_node_ports(original: Object) -> frozenset[int] | None:
    """Return the node ports that somebody asked for, by `kubectl apply` or as a field manager.

    None means that the object is a manifest, in which every port was asked for. A port that the API server
    chose is in neither place. Velero looks at both as well; crane looks only at the first, and so loses ports
    that were set by server-side apply.
    """
    managed = original["metadata"].get("managedFields")
    applied = annotations_of(original).get(LAST_APPLIED)
    if managed is None and applied is None:
        return None
    ports = {port["nodePort"] for port in _ports_of(applied) if isinstance(port.get("nodePort"), int)}
    for entry in managed or []:
        fields = {} if entry.get("subresource") else (entry.get("fieldsV1") or {}).get("f:spec") or {}
        for key, owned in (fields.get("f:ports") or {}).items():
            if key.startswith("k:") and "f:nodePort" in owned:
                ports |= _node_ports_with(original, json.loads(key[2:]))
    return frozenset(ports)


def _ports_of(applied: str | None) -> list[dict[str, Any]]:
    """Return the ports in the annotation of `kubectl apply`, of which anything may have been written."""
    try:
        ports = json.loads(applied or "")["spec"]["ports"]
    except (ValueError, KeyError, TypeError):
        return []
    return [port for port in ports if isinstance(port, dict)] if isinstance(ports, list) else []


def _node_ports_with(original: Object, key: dict[str, Any]) -> set[int]:
    """Return the node ports of the entries that have the fields of a list-map key of `managedFields`."""
    return {
        port["nodePort"]
        for port in (original.get("spec") or {}).get("ports") or []
        if port.get("nodePort") and all(port.get(name, "TCP") == value for name, value in key.items())
    }


def _endpoints(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    """Rewrite hand-made Endpoints and EndpointSlices: the backends of a Service without a selector."""
    addresses: list[str] = []
    entries = [
        entry
        for subset in obj.get("subsets") or []
        for entry in [*(subset.get("addresses") or []), *(subset.get("notReadyAddresses") or [])]
    ] + list(obj.get("endpoints") or [])
    for entry in entries:
        for field in ("nodeName", "targetRef"):
            entry.pop(field, None)
        addresses += [entry["ip"]] if "ip" in entry else list(entry.get("addresses") or [])
    for address in addresses:
        meaning = context.ranges.describe(address)
        if meaning:
            yield warning(f"the backend {address} is {meaning} in the old cluster")


TRANSFORMS = (
    Transform(kinds=(SERVICE,), rewrite=_service),
    Transform(kinds=(("", "Endpoints"), SLICE), rewrite=_endpoints),
)

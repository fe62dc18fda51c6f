"""Services: addresses and node ports that the cluster gave go, those that somebody asked for stay.

Copying `loadbalancer.openstack.org/load-balancer-id` would make the new cluster adopt the old one's load
balancer, which goes with the old cluster.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bot.migration.objects.manifest import Object, annotations_of
from bot.migration.objects.transforms.metadata import drop_annotations
from bot.migration.objects.transforms.transform import Transform, TransformContext, TransformNote, warning

OPENSTACK = "loadbalancer.openstack.org/"
LOAD_BALANCER = f"{OPENSTACK}load-balancer-id"
WRITTEN = (LOAD_BALANCER, f"{OPENSTACK}load-balancer-address")
PINNED = tuple(f"{OPENSTACK}{name}" for name in ("port-id", "subnet-id", "network-id", "member-subnet-id"))
KEEP_ADDRESS = f"{OPENSTACK}keep-floatingip"
INTERNAL = "service.beta.kubernetes.io/openstack-internal-load-balancer"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def _service(obj: Object, original: Object, _context: TransformContext) -> Iterator[TransformNote]:
    spec = obj.get("spec") or {}
    if spec.get("clusterIP") != "None":
        spec.pop("clusterIP", None)
        spec.pop("clusterIPs", None)
    spec.pop("healthCheckNodePort", None)
    if spec.get("ipFamilyPolicy") == "SingleStack" and spec.get("ipFamilies") in (["IPv4"], None):
        spec.pop("ipFamilies", None)
        spec.pop("ipFamilyPolicy", None)
    elif spec.get("ipFamilies"):
        yield warning(
            f"it asks for {' and '.join(spec['ipFamilies'])}: the new cluster must serve the same families"
        )
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


def _node_ports(spec: Object, original: Object) -> Iterator[TransformNote]:
    said = said_node_ports(original)
    for port in spec.get("ports") or []:
        number = port.get("nodePort")
        if number is None:
            continue
        if said is not None and number not in said:
            del port["nodePort"]
        else:
            yield TransformNote(text=f"node port {number} was asked for, and is kept")


def said_node_ports(original: Object) -> frozenset[int] | None:
    """Node ports that somebody asked for: by `kubectl apply`, or as a field manager; None: it is a manifest,
    all are.

    A port that the API server chose is in neither. Velero looks at both, crane only at the first and so
    loses ports that were set by server-side apply.
    """
    managed = original["metadata"].get("managedFields")
    applied = annotations_of(original).get(LAST_APPLIED)
    if managed is None and applied is None:
        return None
    said: set[int] = set()
    if applied:
        said |= {port["nodePort"] for port in _ports_of(applied) if isinstance(port.get("nodePort"), int)}
    for entry in managed or []:
        if entry.get("subresource"):
            continue
        fields = ((entry.get("fieldsV1") or {}).get("f:spec") or {}).get("f:ports") or {}
        for key, owned in fields.items():
            if key.startswith("k:") and "f:nodePort" in owned:
                said |= _numbers(original, json.loads(key[2:]))
    return frozenset(said)


def _ports_of(applied: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(applied)["spec"]["ports"]
    except (ValueError, KeyError, TypeError):
        return []
    return [port for port in found if isinstance(port, dict)] if isinstance(found, list) else []


def _numbers(original: Object, key: dict[str, Any]) -> set[int]:
    return {
        port["nodePort"]
        for port in (original.get("spec") or {}).get("ports") or []
        if port.get("nodePort") and all(port.get(name, "TCP") == value for name, value in key.items())
    }


def _endpoints(obj: Object, _original: Object, context: TransformContext) -> Iterator[TransformNote]:
    """Hand-made Endpoints and EndpointSlices: the backends of a Service without a selector."""
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
        what = context.ranges.what(address)
        if what:
            yield warning(f"the backend {address} is {what} in the old cluster")


UNITS = (
    Transform(kinds=(("", "Service"),), rewrite=_service),
    Transform(kinds=(("", "Endpoints"), ("discovery.k8s.io", "EndpointSlice")), rewrite=_endpoints),
)

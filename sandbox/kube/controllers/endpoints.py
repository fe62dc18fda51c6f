"""Endpoints and EndpointSlices of Services.

A Service with a selector has the addresses of its pods; Endpoints that a person made for one without a
selector are mirrored to a slice.
"""

from __future__ import annotations

from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.objects import (
    Object,
    is_live,
    is_ready,
    key_of,
    labels_of,
    owner_reference,
    phase_of,
    status_of,
)

SERVICE_NAME, SLICE_MANAGER = "kubernetes.io/service-name", "endpointslice.kubernetes.io/managed-by"
ENDPOINTS_MANAGER = "endpoints.kubernetes.io/managed-by"
SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror"
CONTROLLER, MIRRORING = "endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"


class EndpointsController(Controller):
    """Keeps Endpoints, EndpointSlices, and the slices that mirror hand-made Endpoints."""

    watches = frozenset({"Service", "Pod", "EndpointSlice", "Endpoints"})

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        registry = store.registry
        self._services, self._pods = registry.named("Service"), registry.named("Pod")
        self._slices, self._kind = registry.named("EndpointSlice"), registry.named("Endpoints")

    def reconcile(self) -> None:
        """Make one pass over the Services, and delete the Endpoints of those that are gone."""
        for service in self._store.all_of(self._services):
            if is_live(service):
                if service["spec"].get("selector"):
                    self._select(service)
                else:
                    self._mirror(service)
        for endpoints in self._store.all_of(self._kind):
            managed = ENDPOINTS_MANAGER in labels_of(endpoints)
            if managed and not self._store.has(self._services, *key_of(endpoints)):
                self._store.drop(self._kind, *key_of(endpoints))

    def _select(self, service: Object) -> None:
        selector = service["spec"]["selector"]
        pods = [
            pod
            for pod in self._store.all_of(self._pods, service["metadata"]["namespace"])
            if status_of(pod).get("podIP")
            and is_live(pod)
            and phase_of(pod) == "Running"
            and selector.items() <= labels_of(pod).items()
        ]
        ports = [
            _slice_port(port, number)
            for port in service["spec"].get("ports", [])
            if (number := _target_port(port, pods)) is not None
        ]
        self._write_slice(service, [_endpoint(pod) for pod in pods], ports, CONTROLLER)
        self._write_endpoints(service, pods, ports)

    def _write_endpoints(self, service: Object, pods: list[Object], ports: list[Object]) -> None:
        subset: Object = {
            "ports": [{key: value for key, value in port.items() if value != ""} for port in ports]
        }
        for field, ready in (("addresses", True), ("notReadyAddresses", False)):
            addresses = [_address(pod) for pod in pods if is_ready(pod) == ready]
            if addresses:
                subset[field] = addresses
        subsets = [subset] if pods else []
        namespace, name = key_of(service)
        if self._store.has(self._kind, namespace, name):
            self._store.mutate(self._kind, namespace, name, lambda obj: obj.update(subsets=subsets))
            return
        labels = {**labels_of(service), ENDPOINTS_MANAGER: "endpoint-controller"}
        metadata = {"name": name, "namespace": namespace, "labels": labels}
        self._store.create(self._kind, {"metadata": metadata, "subsets": subsets})

    def _mirror(self, service: Object) -> None:
        if not self._store.has(self._kind, *key_of(service)):
            return
        endpoints = self._store.peek(self._kind, *key_of(service))
        if labels_of(endpoints).get(SKIP_MIRROR) == "true":
            return
        for subset in (endpoints.get("subsets") or [])[:1]:
            addresses = [
                {"addresses": [address["ip"]], "conditions": {"ready": True}}
                for address in subset.get("addresses") or []
            ]
            ports = [_slice_port(port, port["port"]) for port in subset.get("ports") or []]
            self._write_slice(endpoints, addresses, ports, MIRRORING)

    def _write_slice(self, owner: Object, endpoints: list[Object], ports: list[Object], manager: str) -> None:
        namespace, name = key_of(owner)
        slices = self._store.owned(owner, self._slices)
        if slices:
            self._store.mutate(
                self._slices, *key_of(slices[0]), lambda obj: obj.update(endpoints=endpoints, ports=ports)
            )
            return
        metadata = {
            "generateName": f"{name}-",
            "namespace": namespace,
            "labels": {SERVICE_NAME: name, SLICE_MANAGER: manager},
            "ownerReferences": [owner_reference(owner)],
        }
        self._store.create(
            self._slices,
            {"metadata": metadata, "addressType": "IPv4", "endpoints": endpoints, "ports": ports},
        )


def _address(pod: Object) -> Object:
    return {"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": _target(pod)}


def _endpoint(pod: Object) -> Object:
    ready = is_ready(pod)
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready, "serving": ready, "terminating": False},
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": _target(pod),
    }


def _target(pod: Object) -> Object:
    return {"kind": "Pod", **{field: pod["metadata"][field] for field in ("namespace", "name", "uid")}}


def _slice_port(port: Object, number: int) -> Object:
    return {"name": port.get("name", ""), "protocol": port.get("protocol", "TCP"), "port": number}


def _target_port(port: Object, pods: list[Object]) -> int | None:
    """Return a Service's target port as a number; a name is looked up in the first pod."""
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    if not pods:
        return int(port["port"])
    for container in pods[0]["spec"]["containers"]:
        for declared in container.get("ports") or []:
            if declared.get("name") == target:
                return int(declared["containerPort"])
    return None

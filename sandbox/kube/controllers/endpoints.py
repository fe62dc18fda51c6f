"""Endpoints and EndpointSlices: the addresses of the pods that a Service selects, and of Endpoints made
by hand.
"""

from __future__ import annotations

from sandbox.kube.api.store import Store
from sandbox.kube.controllers.owned_pods import Object, is_live, is_ready, reference

NAME, MANAGER = "kubernetes.io/service-name", "endpointslice.kubernetes.io/managed-by"
SKIP = "endpointslice.kubernetes.io/skip-mirror"
OURS, MIRROR = "endpointslice-controller.k8s.io", "endpointslicemirroring-controller.k8s.io"


class Endpoints:
    """The controllers of Endpoints, of EndpointSlices, and of slices that mirror hand-made Endpoints."""

    watches = frozenset({"Service", "Pod", "EndpointSlice", "Endpoints"})
    patient = False
    next_due = None

    def __init__(self, store: Store) -> None:
        self._store = store
        registry = store.registry
        self._services, self._pods = registry.named("Service"), registry.named("Pod")
        self._slices, self._kind = registry.named("EndpointSlice"), registry.named("Endpoints")

    def sync(self) -> None:
        """Look at every Service once."""
        for service in self._store.all_of(self._services):
            selector = service["spec"].get("selector")
            if not is_live(service):
                continue
            if selector:
                self._selected(service, self._matching(service, selector))
            else:
                self._mirror(service)
        for endpoints in self._store.all_of(self._kind):
            metadata = endpoints["metadata"]
            if not self._store.has(self._services, metadata["namespace"], metadata["name"]) and _ours(
                endpoints
            ):
                self._store.drop(self._kind, metadata["namespace"], metadata["name"])

    def _matching(self, service: Object, selector: dict[str, str]) -> list[Object]:
        return [
            pod
            for pod in self._store.all_of(self._pods, service["metadata"]["namespace"])
            if pod.get("status", {}).get("podIP")
            and is_live(pod)
            and pod["status"].get("phase") == "Running"
            and all(
                (pod["metadata"].get("labels") or {}).get(key) == value for key, value in selector.items()
            )
        ]

    def _selected(self, service: Object, pods: list[Object]) -> None:
        endpoints = [_endpoint(pod) for pod in pods]
        ports = [
            {"name": port.get("name", ""), "protocol": port.get("protocol", "TCP"), "port": number}
            for port in service["spec"].get("ports", [])
            if (number := _number(port, pods)) is not None
        ]
        self._slice(service, endpoints, ports, OURS)
        self._endpoints(service, pods, ports)

    def _endpoints(self, service: Object, pods: list[Object], ports: list[Object]) -> None:
        subset: Object = {
            "ports": [{key: value for key, value in port.items() if value != ""} for port in ports]
        }
        for field, wanted in (("addresses", True), ("notReadyAddresses", False)):
            found = [
                {"ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": _target(pod)}
                for pod in pods
                if is_ready(pod) == wanted
            ]
            if found:
                subset[field] = found
        subsets = [subset] if pods else []
        namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
        if self._store.has(self._kind, namespace, name):
            self._store.mutate(self._kind, namespace, name, lambda obj: obj.update(subsets=subsets))
            return
        labels = {
            **(service["metadata"].get("labels") or {}),
            "endpoints.kubernetes.io/managed-by": "endpoint-controller",
        }
        metadata = {"name": name, "namespace": namespace, "labels": labels}
        self._store.create(self._kind, {"metadata": metadata, "subsets": subsets})

    def _mirror(self, service: Object) -> None:
        """Endpoints that somebody made for a Service without a selector are shown as a slice too."""
        namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
        if not self._store.has(self._kind, namespace, name):
            return
        made_by_hand = self._store.peek(self._kind, namespace, name)
        if (made_by_hand["metadata"].get("labels") or {}).get(SKIP) == "true":
            return
        for subset in (made_by_hand.get("subsets") or [])[:1]:
            endpoints = [
                {"addresses": [each["ip"]], "conditions": {"ready": True}}
                for each in subset.get("addresses") or []
            ]
            ports = [
                {
                    "name": port.get("name", ""),
                    "protocol": port.get("protocol", "TCP"),
                    "port": port["port"],
                }
                for port in subset.get("ports") or []
            ]
            self._slice(made_by_hand, endpoints, ports, MIRROR)

    def _slice(self, owner: Object, endpoints: list[Object], ports: list[Object], manager: str) -> None:
        namespace, name = owner["metadata"]["namespace"], owner["metadata"]["name"]
        known = self._store.owned(owner, self._slices)
        if known:
            self._store.mutate(
                self._slices,
                namespace,
                known[0]["metadata"]["name"],
                lambda obj: obj.update(endpoints=endpoints, ports=ports),
            )
            return
        labels = {NAME: name, MANAGER: manager}
        metadata = {
            "generateName": f"{name}-",
            "namespace": namespace,
            "labels": labels,
            "ownerReferences": [reference(owner)],
        }
        self._store.create(
            self._slices,
            {"metadata": metadata, "addressType": "IPv4", "endpoints": endpoints, "ports": ports},
        )


def _ours(endpoints: Object) -> bool:
    return "endpoints.kubernetes.io/managed-by" in (endpoints["metadata"].get("labels") or {})


def _endpoint(pod: Object) -> Object:
    ready = is_ready(pod)
    return {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready, "serving": ready, "terminating": False},
        "nodeName": pod["spec"]["nodeName"],
        "targetRef": _target(pod),
    }


def _target(pod: Object) -> Object:
    metadata = pod["metadata"]
    return {
        "kind": "Pod",
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata["uid"],
    }


def _number(port: Object, pods: list[Object]) -> int | None:
    """A target port as a number; one that is named is looked up in a pod."""
    target = port.get("targetPort", port["port"])
    if isinstance(target, int):
        return target
    if not pods:
        return int(port["port"])
    for container in pods[0]["spec"]["containers"]:
        for each in container.get("ports") or []:
            if each.get("name") == target:
                return int(each["containerPort"])
    return None

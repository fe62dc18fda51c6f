"""EndpointSlices: the addresses of the ready pods that a Service selects."""

from __future__ import annotations

from bot.sandbox.kube.api.store import Store
from bot.sandbox.kube.controllers.owning import Object, is_live, is_ready, reference


class Endpoints:
    """The controller of EndpointSlices."""

    watches = frozenset({"Service", "Pod", "EndpointSlice"})
    patient = False
    next_due = None

    def __init__(self, store: Store) -> None:
        self._store = store
        registry = store.registry
        self._services, self._pods = registry.named("Service"), registry.named("Pod")
        self._slices = registry.named("EndpointSlice")

    def sync(self) -> None:
        """Look at every Service once."""
        for service in self._store.all_of(self._services):
            selector = service["spec"].get("selector")
            if selector and is_live(service):
                self._slice(service, self._endpoints(service, selector))

    def _endpoints(self, service: Object, selector: dict[str, str]) -> list[Object]:
        pods = self._store.all_of(self._pods, service["metadata"]["namespace"])
        found = []
        for pod in pods:
            labels, address = pod["metadata"].get("labels") or {}, pod.get("status", {}).get("podIP")
            if not address or not is_live(pod) or any(labels.get(key) != value for key, value in selector.items()):
                continue
            ready = is_ready(pod)
            target = {
                "kind": "Pod", "namespace": pod["metadata"]["namespace"], "name": pod["metadata"]["name"],
                "uid": pod["metadata"]["uid"],
            }  # fmt: skip
            found.append(
                {
                    "addresses": [address], "conditions": {"ready": ready, "serving": ready, "terminating": False},
                    "nodeName": pod["spec"]["nodeName"], "targetRef": target,
                }
            )  # fmt: skip
        return found

    def _slice(self, service: Object, endpoints: list[Object]) -> None:
        namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
        ports = [
            {"name": port.get("name", ""), "protocol": port.get("protocol", "TCP"), "port": _number(port)}
            for port in service["spec"].get("ports", [])
        ]
        known = self._store.owned(service, self._slices)
        if known:
            self._store.mutate(
                self._slices, namespace, known[0]["metadata"]["name"],
                lambda obj: obj.update(endpoints=endpoints, ports=ports),
            )  # fmt: skip
            return
        labels = {
            "kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        }  # fmt: skip
        metadata = {
            "generateName": f"{name}-", "namespace": namespace, "labels": labels, "ownerReferences": [reference(service)],
        }  # fmt: skip
        self._store.create(
            self._slices, {"metadata": metadata, "addressType": "IPv4", "endpoints": endpoints, "ports": ports}
        )


def _number(port: Object) -> int:
    target = port.get("targetPort", port["port"])
    return target if isinstance(target, int) else int(port["port"])

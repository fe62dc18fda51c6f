"""LoadBalancer Services: Octavia load balancers and their floating IPs, as the OpenStack cloud
controller keeps them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.infrastructure.network import (
    ACTIVE,
    ONLINE,
    PENDING,
    Balancer,
    FloatingIp,
    Listener,
    Net,
    Network,
    NetworkRefused,
)
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.events import Recorder
from sandbox.kube.controllers.owned_pods import Object, is_live

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
ID, ADDRESS = (
    "loadbalancer.openstack.org/load-balancer-id",
    "loadbalancer.openstack.org/load-balancer-address",
)
KEEP, INTERNAL = (
    "loadbalancer.openstack.org/keep-floatingip",
    "service.beta.kubernetes.io/openstack-internal-load-balancer",
)
MONITOR = "loadbalancer.openstack.org/enable-health-monitor"
SERVICE_NAME = "kubernetes.io/service-name"
AGAIN = timedelta(seconds=0.5)


class _Later(Exception):
    """It cannot be done now; the text is what the event says."""


class Balancers:
    """The cloud controller for Services."""

    watches = frozenset({"Service", "Node", "EndpointSlice"})
    patient = True

    def __init__(
        self,
        store: Store,
        network: Network,
        net: Net,
        *,
        cluster: str,
        clock: Callable[[], datetime],
        seconds: float,
    ) -> None:
        self._store = store
        self._network = network
        self._net = net
        self._cluster = cluster
        self._clock = clock
        self._building = timedelta(seconds=seconds)
        self._services, self._nodes = store.registry.named("Service"), store.registry.named("Node")
        self._slices = store.registry.named("EndpointSlice")
        self._recorder = Recorder(store)
        self._active_at: dict[str, datetime] = {}
        self.next_due: datetime | None = None

    def sync(self) -> None:
        """Look at every Service once."""
        self.next_due = None
        for service in self._store.all_of(self._services):
            finalizers = service["metadata"].get("finalizers") or []
            wanted = is_live(service) and service["spec"].get("type") == "LoadBalancer"
            try:
                if wanted:
                    self._ensure(service)
                elif FINALIZER in finalizers:
                    self._remove(service)
            except (_Later, NetworkRefused) as why:
                text = f"Error syncing load balancer: failed to ensure load balancer: {why}"
                self._recorder.warn(service, "SyncLoadBalancerFailed", text, "service-controller")
                self._due(self._clock() + AGAIN)

    # --- a load balancer for a Service

    def _ensure(self, service: Object) -> None:
        if FINALIZER not in (service["metadata"].get("finalizers") or []):
            self._change(service, lambda obj: obj["metadata"].setdefault("finalizers", []).append(FINALIZER))
        balancer = self._balancer(service)
        if balancer.provisioning == PENDING:
            at = self._active_at.setdefault(balancer.id, self._clock() + self._building)
            if self._clock() < at:
                self._due(at)
                return
            balancer.provisioning, balancer.operating = ACTIVE, ONLINE
        self._listen(balancer, service)
        marks = {ID: balancer.id}
        if (service["metadata"].get("annotations") or {}).get(ID) != balancer.id:
            self._change(service, lambda obj: obj["metadata"].setdefault("annotations", {}).update(marks))
        address = self._address(balancer, service)
        ingress = [{"ip": address, "ipMode": "VIP"}]
        if (service.get("status") or {}).get("loadBalancer", {}).get("ingress") != ingress:
            self._status(service, {"loadBalancer": {"ingress": ingress}})

    def _balancer(self, service: Object) -> Balancer:
        named = (service["metadata"].get("annotations") or {}).get(ID)
        if named:
            found = self._network.balancers.get(named)
            if found is None:
                raise _Later(f"failed to get load balancer {named}: Resource not found")
            return found
        name, description = self._name(service), self._description(service)
        found = next((each for each in self._network.balancers.values() if each.name == name), None)
        return found or self._network.add_balancer(self._net, name, description, provisioning=PENDING)

    def _listen(self, balancer: Balancer, service: Object) -> None:
        mine = self._listener_prefix(service)
        nodes = {
            address["address"]: node["metadata"]["name"]
            for node in self._store.all_of(self._nodes)
            for address in (node.get("status") or {}).get("addresses", [])
            if address["type"] == "InternalIP" and not node["spec"].get("unschedulable")
        }
        answering = self._answering(service, nodes)
        kept = [each for each in balancer.listeners if not each.name.startswith(mine)]
        for number, port in enumerate(service["spec"].get("ports", [])):
            protocol = port.get("protocol", "TCP")
            if any((each.protocol, each.port) == (protocol, port["port"]) for each in kept):
                raise _Later(
                    f"the listener port {port['port']} already exists, can not be shared between Services"
                )
            old = next((each for each in balancer.listeners if each.name == f"{mine}{number}"), None)
            listener = old or Listener(
                id=str(uuid.uuid4()),
                name=f"{mine}{number}",
                protocol=protocol,
                port=port["port"],
                pool=str(uuid.uuid4()),
            )
            listener.protocol, listener.port = protocol, port["port"]
            listener.members = [(address, port.get("nodePort", 0)) for address in nodes]
            listener.watched = (service["metadata"].get("annotations") or {}).get(MONITOR) != "false"
            listener.answering = answering
            kept.append(listener)
        balancer.listeners = kept

    def _answering(self, service: Object, nodes: dict[str, str]) -> frozenset[str]:
        """Addresses of the nodes on which kube-proxy leads the node port to a ready pod: a policy of `Local`
        wants it
        on that very node."""
        namespace, name = self._key(service)
        homes = {
            each.get("nodeName")
            for found in self._store.all_of(self._slices, namespace)
            if (found["metadata"].get("labels") or {}).get(SERVICE_NAME) == name
            for each in found.get("endpoints") or []
            if (each.get("conditions") or {}).get("ready") is not False
        }
        local = service["spec"].get("externalTrafficPolicy") == "Local"
        return frozenset(address for address, node in nodes.items() if homes and (not local or node in homes))

    def _address(self, balancer: Balancer, service: Object) -> str:
        """The address that the Service is reached by; a floating IP is found, made or let go as it asks."""
        attached = self._network.on(balancer.vip.id)
        if (service["metadata"].get("annotations") or {}).get(INTERNAL) == "true":
            if attached is not None:
                self._network.associate(attached, "")
            return balancer.vip.address
        if attached is None:
            attached = self._floating(service)
            self._network.associate(attached, balancer.vip.id)
        return attached.address

    def _floating(self, service: Object) -> FloatingIp:
        wanted = service["spec"].get("loadBalancerIP")
        if not wanted:
            return self._network.add_floating(f"Floating IP for {self._description(service)}")
        found = next((each for each in self._network.floating.values() if each.address == wanted), None)
        if found is None:
            raise _Later(
                f"error creating LB floating IP {wanted}: Forbidden: rule:create_floatingip and"
                " rule:create_floatingip:floating_ip_address"
            )
        if found.port:
            raise _Later(f"floating IP {wanted} is not available")
        return found

    # --- and its end

    def _remove(self, service: Object) -> None:
        named = (service["metadata"].get("annotations") or {}).get(ID, "")
        name = self._name(service)
        found = self._network.balancers.get(named) or next(
            (each for each in self._network.balancers.values() if each.name == name), None
        )
        if found is not None:
            attached = self._network.on(found.vip.id)
            mine = self._listener_prefix(service)
            others = [each for each in found.listeners if not each.name.startswith(mine)]
            if others:
                found.listeners = others
            else:
                self._network.delete_balancer(found)
            keep = (service["metadata"].get("annotations") or {}).get(KEEP) == "true"
            ours = (
                attached is not None
                and attached.description == f"Floating IP for {self._description(service)}"
            )
            if attached is not None and ours and not keep and not others:
                del self._network.floating[attached.id]
        self._status(service, {"loadBalancer": {}})

        def release(obj: Object) -> None:
            obj["metadata"]["finalizers"] = [
                each for each in obj["metadata"]["finalizers"] if each != FINALIZER
            ]
            (obj["metadata"].get("annotations") or {}).pop(ID, None)

        self._change(service, release)

    # --- names

    def _key(self, service: Object) -> tuple[str, str]:
        return service["metadata"]["namespace"], service["metadata"]["name"]

    def _name(self, service: Object) -> str:
        namespace, name = self._key(service)
        return f"kube_service_{self._cluster}_{namespace}_{name}"[:255]

    def _listener_prefix(self, service: Object) -> str:
        return f"listener_{self._name(service)}_"

    def _description(self, service: Object) -> str:
        namespace, name = self._key(service)
        return f"Kubernetes external service {namespace}/{name} from cluster {self._cluster}"

    # --- writing

    def _change(self, service: Object, change: Callable[[Object], object]) -> None:
        namespace, name = self._key(service)
        if self._store.has(self._services, namespace, name):

            def apply(obj: Object) -> None:
                change(obj)

            self._store.mutate(self._services, namespace, name, apply)

    def _status(self, service: Object, status: Object) -> None:
        namespace, name = self._key(service)
        self._store.mutate(
            self._services, namespace, name, lambda obj: obj.update(status=status), subresource="status"
        )

    def _due(self, at: datetime) -> None:
        self.next_due = at if self.next_due is None else min(self.next_due, at)

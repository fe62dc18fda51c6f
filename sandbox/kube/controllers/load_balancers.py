"""LoadBalancer Services: Octavia load balancers with floating IPs, as the OpenStack cloud controller
manager keeps them.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.infrastructure.network import (
    ACTIVE,
    ONLINE,
    PENDING,
    FloatingIp,
    Listener,
    LoadBalancer,
    Network,
    NetworkError,
    ProjectNetwork,
)
from sandbox.kube.api.store import Store
from sandbox.kube.controllers.controller import Controller
from sandbox.kube.controllers.endpoints import SERVICE_NAME
from sandbox.kube.controllers.events import EventRecorder
from sandbox.kube.objects import Object, annotations_of, is_live, key_of, labels_of, status_of

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
LOAD_BALANCER_ID = "loadbalancer.openstack.org/load-balancer-id"
KEEP_FLOATING_IP = "loadbalancer.openstack.org/keep-floatingip"
INTERNAL = "service.beta.kubernetes.io/openstack-internal-load-balancer"
HEALTH_MONITOR = "loadbalancer.openstack.org/enable-health-monitor"
RETRY = timedelta(seconds=0.5)


class _NotPossible(Exception):
    """It cannot be done now; the text is what the event says."""


class LoadBalancerController(Controller):
    """The service controller of the cloud controller manager."""

    watches = frozenset({"Service", "Node", "EndpointSlice"})
    waits_in_background = True

    def __init__(
        self,
        store: Store,
        infrastructure: ProjectNetwork,
        network: Network,
        *,
        cluster: str,
        clock: Callable[[], datetime],
        seconds: float,
    ) -> None:
        """`network` is where the cluster's servers are; `seconds` is how long Octavia takes to build."""
        super().__init__(store)
        self._infrastructure = infrastructure
        self._network = network
        self._cluster = cluster
        self._clock = clock
        self._build_time = timedelta(seconds=seconds)
        registry = store.registry
        self._services, self._nodes = registry.named("Service"), registry.named("Node")
        self._slices = registry.named("EndpointSlice")
        self._recorder = EventRecorder(store)
        self._active_at: dict[str, datetime] = {}  # by the id of a load balancer that is being built

    def reconcile(self) -> None:
        """Make one pass over the Services."""
        self.next_due = None
        for service in self._store.all_of(self._services):
            try:
                if is_live(service) and service["spec"].get("type") == "LoadBalancer":
                    self._ensure(service)
                elif FINALIZER in (service["metadata"].get("finalizers") or []):
                    self._remove(service)
            except (_NotPossible, NetworkError) as error:
                message = f"Error syncing load balancer: failed to ensure load balancer: {error}"
                self._recorder.warn(service, "SyncLoadBalancerFailed", message, "service-controller")
                self._wake_at(self._clock() + RETRY)

    # --- a load balancer for a Service

    def _ensure(self, service: Object) -> None:
        if FINALIZER not in (service["metadata"].get("finalizers") or []):
            self._store.mutate(
                self._services,
                *key_of(service),
                lambda obj: obj["metadata"].setdefault("finalizers", []).append(FINALIZER),
            )
        balancer = self._balancer(service)
        if balancer.provisioning == PENDING:
            active_at = self._active_at.setdefault(balancer.id, self._clock() + self._build_time)
            if self._clock() < active_at:
                self._wake_at(active_at)
                return
            balancer.provisioning, balancer.operating = ACTIVE, ONLINE
        balancer.listeners = self._listeners(balancer, service)
        if annotations_of(service).get(LOAD_BALANCER_ID) != balancer.id:
            annotation = {LOAD_BALANCER_ID: balancer.id}
            self._store.mutate(
                self._services,
                *key_of(service),
                lambda obj: obj["metadata"].setdefault("annotations", {}).update(annotation),
            )
        ingress = [{"ip": self._address(balancer, service), "ipMode": "VIP"}]
        if status_of(service).get("loadBalancer", {}).get("ingress") != ingress:
            self._store.set_status(self._services, service, {"loadBalancer": {"ingress": ingress}})

    def _balancer(self, service: Object) -> LoadBalancer:
        """Return the load balancer that the Service names, or the one by its own name, building it if new."""
        shared = annotations_of(service).get(LOAD_BALANCER_ID)
        balancer = self._find(service)
        if balancer is not None and (not shared or balancer.id == shared):
            return balancer
        if shared:
            raise _NotPossible(f"failed to get load balancer {shared}: Resource not found")
        return self._infrastructure.add_balancer(
            self._network, self._name(service), self._description(service), provisioning=PENDING
        )

    def _find(self, service: Object) -> LoadBalancer | None:
        balancers, name = self._infrastructure.balancers, self._name(service)
        by_id = balancers.get(annotations_of(service).get(LOAD_BALANCER_ID, ""))
        return by_id or next((balancer for balancer in balancers.values() if balancer.name == name), None)

    def _listeners(self, balancer: LoadBalancer, service: Object) -> list[Listener]:
        """Return the listeners of a load balancer with those of a Service brought up to date.

        Several Services may share a load balancer, as long as their ports differ.
        """
        prefix = self._listener_prefix(service)
        nodes = self._node_addresses()
        answering = self._answering(service, nodes)
        old = {listener.name: listener for listener in balancer.listeners}
        listeners = [listener for name, listener in old.items() if not name.startswith(prefix)]
        for number, port in enumerate(service["spec"].get("ports", [])):
            name, protocol = f"{prefix}{number}", port.get("protocol", "TCP")
            if any((listener.protocol, listener.port) == (protocol, port["port"]) for listener in listeners):
                raise _NotPossible(
                    f"the listener port {port['port']} already exists, can not be shared between Services"
                )
            listener = old.get(name) or Listener(
                id=str(uuid.uuid4()),
                name=name,
                protocol=protocol,
                port=port["port"],
                pool=str(uuid.uuid4()),
            )
            listener.protocol, listener.port = protocol, port["port"]
            listener.members = [(address, port.get("nodePort", 0)) for address in nodes]
            listener.monitored = annotations_of(service).get(HEALTH_MONITOR) != "false"
            listener.answering = answering
            listeners.append(listener)
        return listeners

    def _node_addresses(self) -> dict[str, str]:
        """Return the names of the schedulable nodes by their internal addresses."""
        return {
            address["address"]: node["metadata"]["name"]
            for node in self._store.all_of(self._nodes)
            for address in status_of(node).get("addresses", [])
            if address["type"] == "InternalIP" and not node["spec"].get("unschedulable")
        }

    def _answering(self, service: Object, nodes: dict[str, str]) -> frozenset[str]:
        """Return the addresses of the nodes on which kube-proxy leads the node port to a ready pod.

        With `externalTrafficPolicy: Local` that pod must run on this very node.
        """
        namespace, name = key_of(service)
        pod_nodes = {
            endpoint.get("nodeName")
            for endpoint_slice in self._store.all_of(self._slices, namespace)
            if labels_of(endpoint_slice).get(SERVICE_NAME) == name
            for endpoint in endpoint_slice.get("endpoints") or []
            if (endpoint.get("conditions") or {}).get("ready") is not False
        }
        local = service["spec"].get("externalTrafficPolicy") == "Local"
        return frozenset(
            address for address, node in nodes.items() if pod_nodes and (not local or node in pod_nodes)
        )

    def _address(self, balancer: LoadBalancer, service: Object) -> str:
        """Return the address of a Service; a floating IP is associated or let go as the Service asks."""
        floating = self._infrastructure.floating_ip_of(balancer.vip.id)
        if annotations_of(service).get(INTERNAL) == "true":
            if floating is not None:
                self._infrastructure.associate(floating, "")
            return balancer.vip.address
        if floating is None:
            floating = self._floating_ip(service)
            self._infrastructure.associate(floating, balancer.vip.id)
        return floating.address

    def _floating_ip(self, service: Object) -> FloatingIp:
        """Return the floating IP that a Service asks for, or a new one."""
        address = service["spec"].get("loadBalancerIP")
        if not address:
            return self._infrastructure.add_floating_ip(f"Floating IP for {self._description(service)}")
        for floating in self._infrastructure.floating_ips.values():
            if floating.address == address:
                if floating.port:
                    raise _NotPossible(f"floating IP {address} is not available")
                return floating
        raise _NotPossible(
            f"error creating LB floating IP {address}: Forbidden: rule:create_floatingip and"
            " rule:create_floatingip:floating_ip_address"
        )

    # --- and its end

    def _remove(self, service: Object) -> None:
        balancer = self._find(service)
        if balancer is not None:
            self._remove_listeners(balancer, service)
        self._store.set_status(self._services, service, {"loadBalancer": {}})

        def release(obj: Object) -> None:
            obj["metadata"]["finalizers"].remove(FINALIZER)
            annotations_of(obj).pop(LOAD_BALANCER_ID, None)

        if self._store.has(self._services, *key_of(service)):
            self._store.mutate(self._services, *key_of(service), release)

    def _remove_listeners(self, balancer: LoadBalancer, service: Object) -> None:
        """Remove the listeners of a Service; with the last ones go the load balancer and the floating IP
        that was made for it.
        """
        floating = self._infrastructure.floating_ip_of(balancer.vip.id)
        prefix = self._listener_prefix(service)
        remaining = [listener for listener in balancer.listeners if not listener.name.startswith(prefix)]
        if remaining:
            balancer.listeners = remaining
            return
        self._infrastructure.delete_balancer(balancer)
        keep = annotations_of(service).get(KEEP_FLOATING_IP) == "true"
        description = f"Floating IP for {self._description(service)}"
        if floating is not None and floating.description == description and not keep:
            del self._infrastructure.floating_ips[floating.id]

    # --- names

    def _name(self, service: Object) -> str:
        namespace, name = key_of(service)
        return f"kube_service_{self._cluster}_{namespace}_{name}"[:255]

    def _listener_prefix(self, service: Object) -> str:
        return f"listener_{self._name(service)}_"

    def _description(self, service: Object) -> str:
        namespace, name = key_of(service)
        return f"Kubernetes external service {namespace}/{name} from cluster {self._cluster}"

"""Disks and addresses that clusters share: one server at a time, and what a policy of Delete does after
a move.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.infrastructure import Infrastructure
from tests.contract.kubernetes.conftest import Api
from tests.contract.kubernetes.test_controllers import BASE, CONTAINER, pods, until

MERGE = {"Content-Type": "application/merge-patch+json"}
ATTACHMENTS = "/apis/storage.k8s.io/v1/volumeattachments"
VOLUMES = "/api/v1/persistentvolumes"


class Pair:
    """Two clusters of one project."""

    def __init__(self) -> None:
        self.infrastructure = Infrastructure()
        self.old = Api(nodes=1, name="old", infrastructure=self.infrastructure)
        self.new = Api(nodes=1, name="new", infrastructure=self.infrastructure, loopback=self.old.loopback)
        for api in (self.old, self.new):
            api.json("POST", BASE, {"metadata": {"name": "shop"}})
            api.settle()

    def stop(self) -> None:
        self.old.loopback.stop()

    def disk(self, handle: str) -> Any:
        return self.infrastructure.storage.volumes.get(handle)


@pytest.fixture
def pair() -> Iterator[Pair]:
    clusters = Pair()
    yield clusters
    clusters.stop()


def user(name: str, claim: str = "data") -> dict[str, Any]:
    container = {**CONTAINER, "volumeMounts": [{"name": "d", "mountPath": "/data"}]}
    volume = {"name": "d", "persistentVolumeClaim": {"claimName": claim}}
    return {"metadata": {"name": name}, "spec": {"containers": [container], "volumes": [volume]}}


def claim(name: str = "data", **spec: Any) -> dict[str, Any]:
    claim_spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, **spec}
    return {"metadata": {"name": name}, "spec": claim_spec}


def used(api: Api) -> dict[str, Any]:
    """A claim that a running pod uses; its volume."""
    api.json("POST", f"{BASE}/shop/persistentvolumeclaims", claim())
    api.json("POST", f"{BASE}/shop/pods", user("writer"))
    until(lambda: pods(api, "shop")["writer"]["status"].get("phase") == "Running")
    name = api.json("GET", f"{BASE}/shop/persistentvolumeclaims/data")["spec"]["volumeName"]
    return dict(api.json("GET", f"{VOLUMES}/{name}"))


def moved(api: Api, volume: dict[str, Any]) -> None:
    """The same disk as a static volume of another cluster, with its claim and a pod."""
    reference = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": "shop", "name": "data"}
    copied_spec = {
        key: volume["spec"][key]
        for key in ("capacity", "accessModes", "csi", "nodeAffinity", "storageClassName")
    }
    spec = {**copied_spec, "persistentVolumeReclaimPolicy": "Retain", "claimRef": reference}
    api.json("POST", VOLUMES, {"metadata": {"name": volume["metadata"]["name"]}, "spec": spec})
    new_claim = claim(
        volumeName=volume["metadata"]["name"], storageClassName=volume["spec"]["storageClassName"]
    )
    api.json("POST", f"{BASE}/shop/persistentvolumeclaims", new_claim)
    api.json("POST", f"{BASE}/shop/pods", user("reader"))


def policy(api: Api, volume: dict[str, Any], word: str) -> None:
    body = {"spec": {"persistentVolumeReclaimPolicy": word}}
    patched = api.json("PATCH", f"{VOLUMES}/{volume['metadata']['name']}", body, headers=MERGE)
    assert patched["spec"]["persistentVolumeReclaimPolicy"] == word


def run(api: Api, pod: str, script: str) -> tuple[str, int]:
    obj = pods(api, "shop")[pod]
    out, _, code = api.loopback.call(api.cluster._programs.run, obj, "c", ["sh", "-c", script])
    return out, code


def test_a_provisioned_disk_is_on_the_server_of_its_pod_and_says_whose_it_is(pair: Pair) -> None:
    volume = used(pair.old)
    disk = pair.disk(volume["spec"]["csi"]["volumeHandle"])
    [machine] = pair.old.cluster.network.machines.values()
    assert disk.status == "in-use" and disk.attachment.server == machine.server
    assert disk.metadata["cinder.csi.openstack.org/cluster"] == "old"
    [attachment] = pair.old.json("GET", ATTACHMENTS)["items"]
    assert attachment["spec"]["source"]["persistentVolumeName"] == volume["metadata"]["name"]
    assert attachment["status"]["attached"] is True


def test_a_disk_that_is_elsewhere_is_refused_and_taken_once_it_is_free(pair: Pair) -> None:
    volume = used(pair.old)
    assert run(pair.old, "writer", "echo marker > /data/marker") == ("", 0)
    moved(pair.new, volume)

    def refused() -> Any:
        items = pair.new.json("GET", ATTACHMENTS)["items"]
        return items and items[0]["status"].get("attachError")

    error = until(refused)
    assert "in-use" in error["message"]
    waiting = pods(pair.new, "shop")["reader"]["status"]
    assert waiting["phase"] == "Pending"
    assert waiting["containerStatuses"][0]["state"]["waiting"]["reason"] == "ContainerCreating"
    events = pair.new.json("GET", f"{BASE}/shop/events")["items"]
    assert "FailedAttachVolume" in {event["reason"] for event in events}
    pair.old.ask("DELETE", f"{BASE}/shop/pods/writer")
    until(lambda: not pair.old.json("GET", ATTACHMENTS)["items"])
    until(lambda: pods(pair.new, "shop")["reader"]["status"].get("phase") == "Running")
    assert run(pair.new, "reader", "cat /data/marker") == ("marker\n", 0)


def test_a_claim_of_a_retained_volume_leaves_the_disk(pair: Pair) -> None:
    volume = used(pair.old)
    policy(pair.old, volume, "Retain")
    pair.old.ask("DELETE", f"{BASE}/shop/pods/writer")
    pair.old.ask("DELETE", f"{BASE}/shop/persistentvolumeclaims/data")
    at = f"{VOLUMES}/{volume['metadata']['name']}"
    until(lambda: pair.old.json("GET", at)["status"]["phase"] == "Released")
    assert pair.disk(volume["spec"]["csi"]["volumeHandle"]).status == "available"


def test_a_moved_disk_dies_at_its_first_detach_if_the_source_said_delete(pair: Pair) -> None:
    volume = used(pair.old)
    handle = volume["spec"]["csi"]["volumeHandle"]
    pair.old.ask("DELETE", f"{BASE}/shop/pods/writer")
    until(lambda: pair.disk(handle).status == "available")
    moved(pair.new, volume)
    until(lambda: pods(pair.new, "shop")["reader"]["status"].get("phase") == "Running")
    pair.old.ask("DELETE", f"{BASE}/shop/persistentvolumeclaims/data")
    at = f"{VOLUMES}/{volume['metadata']['name']}"
    until(lambda: pair.old.json("GET", at)["status"]["phase"] == "Released")
    assert pair.disk(handle).status == "in-use"  # Cinder refuses as long as it is attached
    pair.new.ask("DELETE", f"{BASE}/shop/pods/reader")
    until(lambda: pair.disk(handle) is None)


def test_a_claim_without_a_storage_class_or_for_a_volume_of_another_waits(pair: Pair) -> None:
    pair.new.ask("DELETE", "/apis/storage.k8s.io/v1/storageclasses/cinder")
    pair.new.json("POST", f"{BASE}/shop/persistentvolumeclaims", claim("dynamic", storageClassName="fast"))
    pair.new.json("POST", f"{BASE}/shop/persistentvolumeclaims", claim("static", volumeName="nowhere"))
    pair.new.settle()
    items = pair.new.json("GET", f"{BASE}/shop/persistentvolumeclaims")["items"]
    assert {item["status"]["phase"] for item in items} == {"Pending"}


def balanced(api: Api, name: str = "web", **spec: Any) -> Any:
    body = {
        "type": "LoadBalancer",
        "selector": {"app": "web"},
        "ports": [{"port": 80}],
        **spec.pop("spec", {}),
    }
    api.json("POST", f"{BASE}/shop/services", {"metadata": {"name": name, **spec}, "spec": body})
    return until(lambda: address(api, name))


def address(api: Api, name: str) -> Any:
    ingress = api.json("GET", f"{BASE}/shop/services/{name}")["status"]["loadBalancer"].get("ingress")
    return ingress[0]["ip"] if ingress else None


def test_a_load_balancer_and_its_address_say_whose_they_are_and_go_with_the_service(pair: Pair) -> None:
    public = balanced(pair.old)
    network = pair.infrastructure.network
    [balancer], [floating] = network.balancers.values(), network.floating_ips.values()
    assert balancer.description == "Kubernetes external service shop/web from cluster old"
    assert floating.description == f"Floating IP for {balancer.description}" and floating.address == public
    service = pair.old.json("GET", f"{BASE}/shop/services/web")
    assert service["metadata"]["annotations"]["loadbalancer.openstack.org/load-balancer-id"] == balancer.id
    assert balancer.listeners[0].members
    pair.old.ask("DELETE", f"{BASE}/shop/services/web")
    until(lambda: not network.balancers and not network.floating_ips)


INTERNAL = "service.beta.kubernetes.io/openstack-internal-load-balancer"
KEEP = "loadbalancer.openstack.org/keep-floatingip"


def test_an_address_moves_between_clusters_by_neutron_and_the_services_annotation(pair: Pair) -> None:
    public = balanced(pair.old, annotations={KEEP: "true"})
    private = balanced(pair.new, annotations={INTERNAL: "true"})
    assert private.startswith("10.")
    network = pair.infrastructure.network
    [floating] = network.floating_ips.values()
    pair.old.loopback.call(network.associate, floating, "")
    body = {"metadata": {"annotations": {INTERNAL: None}}, "spec": {"loadBalancerIP": public}}
    pair.new.json("PATCH", f"{BASE}/shop/services/web", body, headers=MERGE)
    until(lambda: address(pair.new, "web") == public)
    assert network.ports[floating.port].address == private


def test_an_address_that_is_still_attached_is_not_available(pair: Pair) -> None:
    public = balanced(pair.old)
    body = {"type": "LoadBalancer", "loadBalancerIP": public, "ports": [{"port": 80}]}
    pair.new.json("POST", f"{BASE}/shop/services", {"metadata": {"name": "web"}, "spec": body})

    def complained() -> Any:
        events = pair.new.json("GET", f"{BASE}/shop/events")["items"]
        return [event for event in events if f"floating IP {public} is not available" in event["message"]]

    until(complained)
    assert address(pair.new, "web") is None


def test_a_copied_load_balancer_id_adopts_the_old_clusters_load_balancer(pair: Pair) -> None:
    balanced(pair.old)
    [balancer] = pair.infrastructure.network.balancers.values()
    marks = {"loadbalancer.openstack.org/load-balancer-id": balancer.id}
    body = {
        "metadata": {"name": "web", "annotations": marks},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    }
    pair.new.json("POST", f"{BASE}/shop/services", body)

    def complained() -> Any:
        return [
            e
            for e in pair.new.json("GET", f"{BASE}/shop/events")["items"]
            if "already exists" in e["message"]
        ]

    until(complained)
    assert json.dumps(list(pair.infrastructure.network.balancers)) == json.dumps([balancer.id])


def test_members_are_online_where_a_ready_pod_is_behind_the_node_port(pair: Pair) -> None:
    balanced(pair.old)
    [balancer] = pair.infrastructure.network.balancers.values()
    assert balancer.health == "ERROR", "no pod is there yet"
    body = {"metadata": {"name": "web", "labels": {"app": "web"}}, "spec": {"containers": [CONTAINER]}}
    pair.old.json("POST", f"{BASE}/shop/pods", body)
    until(lambda: balancer.health == "ONLINE")
    local = {"spec": {"externalTrafficPolicy": "Local"}}
    pair.old.json("PATCH", f"{BASE}/shop/services/web", local, headers=MERGE)
    pair.old.settle()
    assert balancer.health == "ONLINE", "the one node has the pod"
    pair.old.ask("DELETE", f"{BASE}/shop/pods/web")
    until(lambda: balancer.health == "ERROR")
    unwatched = {"metadata": {"annotations": {"loadbalancer.openstack.org/enable-health-monitor": "false"}}}
    pair.old.json("PATCH", f"{BASE}/shop/services/web", unwatched, headers=MERGE)
    until(lambda: balancer.listeners[0].member_status("10.0.0.11") == "NO_MONITOR")

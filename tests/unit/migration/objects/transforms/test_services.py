"""Services and their hand-made endpoints: what the cluster assigned is dropped."""

from __future__ import annotations

import json
from typing import Any

from bot.migration.objects.canonical import LAST_APPLIED
from bot.migration.objects.fields import Object
from tests.unit.migration.builders import an
from tests.unit.migration.objects.transforms.results import stripped, warnings_of


def service(**spec: Any) -> Object:
    return an("Service", "web", spec=spec)


def test_the_addresses_of_a_service_go_and_headless_ones_stay_headless() -> None:
    spec = stripped(
        service(
            clusterIP="10.254.0.9", clusterIPs=["10.254.0.9"], ports=[{"port": 80}], healthCheckNodePort=31000
        )
    )["spec"]
    assert spec == {"ports": [{"port": 80}]}
    assert stripped(service(clusterIP="None", clusterIPs=["None"]))["spec"]["clusterIP"] == "None"


def test_a_node_port_that_the_server_chose_goes() -> None:
    assert stripped(service(ports=[{"port": 80, "nodePort": 30001}]))["spec"]["ports"] == [{"port": 80}]


def test_a_node_port_of_kubectl_apply_stays() -> None:
    applied = json.dumps({"spec": {"ports": [{"port": 80, "nodePort": 30001}, {"port": 81}]}})
    obj = service(ports=[{"port": 80, "nodePort": 30001}, {"port": 81, "nodePort": 30002}])
    obj["metadata"]["annotations"] = {LAST_APPLIED: applied}
    assert stripped(obj)["spec"]["ports"] == [{"port": 80, "nodePort": 30001}, {"port": 81}]


def test_a_node_port_of_server_side_apply_stays_too() -> None:
    """crane loses it, because it looks at the annotation only."""
    obj = service(
        ports=[
            {"port": 80, "protocol": "TCP", "nodePort": 30001},
            {"port": 81, "protocol": "TCP", "nodePort": 30002},
        ]
    )
    key = 'k:{"port":80,"protocol":"TCP"}'
    obj["metadata"]["managedFields"] = [
        {"manager": "ops", "fieldsV1": {"f:spec": {"f:ports": {key: {"f:nodePort": {}}}}}}
    ]
    assert [port.get("nodePort") for port in stripped(obj)["spec"]["ports"]] == [30001, None]


def test_the_load_balancer_of_the_old_cluster_is_not_adopted() -> None:
    obj = service(type="LoadBalancer", loadBalancerIP="203.0.113.11")
    obj["metadata"]["annotations"] = {
        "loadbalancer.openstack.org/load-balancer-id": "lb-1",
        "loadbalancer.openstack.org/flavor-id": "f",
    }
    obj["metadata"]["finalizers"] = ["service.kubernetes.io/load-balancer-cleanup"]
    copy = stripped(obj)
    assert copy["metadata"]["annotations"] == {"loadbalancer.openstack.org/flavor-id": "f"}
    assert "loadBalancerIP" not in copy["spec"]
    assert "finalizers" not in copy["metadata"]
    assert "203.0.113.11" in warnings_of(obj)


def test_dual_stack_is_kept_and_reported() -> None:
    obj = service(ipFamilies=["IPv4", "IPv6"], ipFamilyPolicy="RequireDualStack")
    assert stripped(obj)["spec"]["ipFamilies"] == ["IPv4", "IPv6"]
    assert "IPv6" in warnings_of(obj)


def test_a_hand_made_backend_in_the_old_cluster_is_reported() -> None:
    obj = an(
        "Endpoints",
        subsets=[{"addresses": [{"ip": "10.101.3.4", "nodeName": "n", "targetRef": {"uid": "u"}}]}],
    )
    assert stripped(obj)["subsets"] == [{"addresses": [{"ip": "10.101.3.4"}]}]
    assert "a pod address" in warnings_of(obj)

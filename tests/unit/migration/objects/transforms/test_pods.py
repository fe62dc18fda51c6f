"""Pods and pod templates: what a node, a scheduler or a CNI plugin wrote is dropped."""

from __future__ import annotations

from bot.migration.objects.fields import Object
from tests.unit.migration.builders import CALICO, FLANNEL, an, pods, workload
from tests.unit.migration.objects.transforms.results import stripped, warnings_of


def bare_pod() -> Object:
    mount = {"name": "kube-api-access-x7k2p", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    container = {"name": "c", "image": "i", "volumeMounts": [mount, {"name": "data", "mountPath": "/data"}]}
    spec = {
        "nodeName": "n1",
        "priority": 0,
        "preemptionPolicy": "PreemptLowerPriority",
        "nodeSelector": {"disk": "ssd"},
        "containers": [container],
        "volumes": [{"name": "kube-api-access-x7k2p", "projected": {}}, {"name": "data", "emptyDir": {}}],
        "tolerations": [
            {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300},
            {"key": "gpu", "operator": "Exists"},
        ],
    }
    return an(
        "Pod",
        spec=spec,
        annotations={
            "cni.projectcalico.org/podIP": "10.100.1.2/32",
            "k8s.v1.cni.cncf.io/network-status": "[]",
            "team": "shop",
        },
    )


def test_a_bare_pod_loses_its_node_token_and_cni_annotations_and_keeps_its_placement() -> None:
    copy = stripped(bare_pod())
    assert "nodeName" not in copy["spec"] and "priority" not in copy["spec"]
    assert copy["spec"]["nodeSelector"] == {"disk": "ssd"}
    assert [volume["name"] for volume in copy["spec"]["volumes"]] == ["data"]
    assert [mount["name"] for mount in copy["spec"]["containers"][0]["volumeMounts"]] == ["data"]
    assert copy["spec"]["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert copy["metadata"]["annotations"] == {"team": "shop"}


def test_an_address_that_calico_pinned_is_dropped_and_reported() -> None:
    template = pods()
    template["metadata"]["annotations"] = {"cni.projectcalico.org/ipAddrs": '["10.100.1.9"]'}
    obj = workload(template=template)
    assert "annotations" not in stripped(obj, source=CALICO, target=FLANNEL)["spec"]["template"]["metadata"]
    assert "ipAddrs" in warnings_of(obj, source=CALICO, target=FLANNEL)


def test_bandwidth_limits_are_reported_where_they_have_no_effect() -> None:
    template = pods()
    template["metadata"]["annotations"] = {"kubernetes.io/egress-bandwidth": "1M"}
    assert "no effect" in warnings_of(workload(template=template), source=CALICO, target=FLANNEL)
    assert not warnings_of(workload(template=template), source=FLANNEL, target=CALICO)


def test_placement_by_a_nodes_name_is_reported_and_spreading_by_it_is_not() -> None:
    assert "node n1" in warnings_of(workload(template=pods(nodeSelector={"kubernetes.io/hostname": "n1"})))
    spread = {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname"}]
        }
    }
    assert not warnings_of(workload(template=pods(affinity=spread)))


def test_an_address_of_the_old_cluster_in_a_variable_is_reported() -> None:
    template = pods()
    template["spec"]["containers"][0]["env"] = [{"name": "DB", "value": "postgres://10.254.3.4:5432"}]
    assert "DB" in warnings_of(workload(template=template)) and "a service address" in warnings_of(
        workload(template=template)
    )

"""What is read of a cluster: topmost controllers, sidecars' ports, and policies of other APIs, or why not."""

from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.kube import paths, writes
from bot.policy import cluster_state
from bot.policy.api_objects import ListedPod
from bot.policy.reach.model import Workload
from tests.contract.kubernetes.conftest import Api
from tests.contract.kubernetes.test_client import connect, endpoint

GROUP = "projectcalico.org"


def pod(name: str, labels: dict[str, str], owner: tuple[str, str] | None, **spec: Any) -> ListedPod:
    import msgspec

    owners = (
        [{"kind": owner[0], "name": owner[1], "controller": True, "apiVersion": "x", "uid": "u"}]
        if owner
        else None
    )
    obj = {
        "metadata": {"name": name, "namespace": "shop", "labels": labels, "ownerReferences": owners},
        "spec": {"containers": [], **spec},
    }
    return msgspec.json.decode(msgspec.json.encode(obj), type=ListedPod)


@pytest.mark.parametrize(
    ("labels", "owner", "workload"),
    [
        ({"pod-template-hash": "abc"}, ("ReplicaSet", "web-abc"), Workload("shop", "Deployment", "web")),
        ({}, ("ReplicaSet", "bare"), Workload("shop", "ReplicaSet", "bare")),
        ({"pod-template-hash": "abc"}, ("ReplicaSet", "other"), Workload("shop", "ReplicaSet", "other")),
        ({}, ("StatefulSet", "db"), Workload("shop", "StatefulSet", "db")),
        ({}, ("Job", "backup-1"), Workload("shop", "CronJob", "backup")),
        ({}, ("Job", "once"), Workload("shop", "Job", "once")),
        ({}, ("Node", "n1"), None),
        ({}, None, None),
    ],
)
def test_a_pod_stands_for_its_topmost_controller(
    labels: dict[str, str], owner: tuple[str, str] | None, workload: Workload | None
) -> None:
    assert cluster_state._topmost_owner(pod("x", labels, owner), {("shop", "backup-1"): "backup"}) == workload


def test_named_ports_of_containers_and_sidecars_count_and_those_of_init_containers_do_not() -> None:
    def container(name: str, **fields: Any) -> dict[str, Any]:
        return {
            "name": name,
            "ports": [{"name": name, "containerPort": 80, "protocol": "UDP"}, {"containerPort": 81}],
            **fields,
        }

    decoded = pod(
        "x",
        {},
        None,
        containers=[container("main")],
        initContainers=[container("side", restartPolicy="Always"), container("init")],
    )
    assert [port.name for port in cluster_state._named_ports(decoded.spec)] == ["main", "side"]


def definition(kind: str, plural: str) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Cluster",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "versions": [{"name": "v3", "served": True, "storage": True, "schema": schema}],
        },
    }


def test_policies_of_other_apis_are_named_and_the_mirrors_of_our_own_are_not(running: Api) -> None:
    kube = connect(endpoint(running))
    assert cluster_state.read_cluster_state(kube).other_policies == ()
    definitions = paths.collection("apiextensions.k8s.io/v1", "customresourcedefinitions")
    writes.create(kube, definitions, definition("GlobalNetworkPolicy", "globalnetworkpolicies"))
    policies = paths.collection(f"{GROUP}/v3", "globalnetworkpolicies")
    for name in ("deny-metadata", "knp.default.web", "kanp.adminnetworkpolicy.x"):
        obj = {
            "apiVersion": f"{GROUP}/v3",
            "kind": "GlobalNetworkPolicy",
            "metadata": {"name": name},
            "spec": {},
        }
        writes.create(kube, policies, obj)
    state = cluster_state.read_cluster_state(kube)
    assert [str(policy) for policy in state.other_policies] == [
        f"GlobalNetworkPolicy deny-metadata ({GROUP})"
    ]
    assert state.incomplete and state.gaps == ()
    for name in ("deny-metadata", "knp.default.web", "kanp.adminnetworkpolicy.x"):
        writes.delete(kube, f"{policies}/{name}")
    assert not cluster_state.read_cluster_state(kube).incomplete


def test_policies_that_may_not_be_listed_make_a_gap_with_the_servers_words(running: Api) -> None:
    rules = [
        {"apiGroups": [""], "resources": ["pods", "namespaces", "nodes"], "verbs": ["list"]},
        {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["list"]},
    ]
    group, admin = "rbac.authorization.k8s.io", connect(endpoint(running))
    role = {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": {"name": "half"}, "rules": rules}
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "half"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "half"},
        "subjects": [{"kind": "User", "apiGroup": group, "name": "half"}],
    }
    writes.create(admin, paths.collection(f"{group}/v1", "clusterroles"), role)
    writes.create(admin, paths.collection(f"{group}/v1", "clusterrolebindings"), binding)
    definitions = paths.collection("apiextensions.k8s.io/v1", "customresourcedefinitions")
    writes.apply(
        admin, f"{definitions}/networkpolicies.{GROUP}", definition("NetworkPolicy", "networkpolicies")
    )
    running.cluster.authenticator.add_token("half-token", "half", [])
    state = cluster_state.read_cluster_state(connect(endpoint(running, "half-token")))
    assert state.incomplete and len(state.gaps) == 1
    assert (
        f"policies of {GROUP} could not be looked for" in state.gaps[0]
        and "cannot list resource" in state.gaps[0]
    )
    assert state.services == (), "Services are for warnings alone"

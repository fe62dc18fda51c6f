"""A team's workload is copied from one cluster to another: what arrives, and what happens when it is
done again.
"""

from __future__ import annotations

import base64
from collections import Counter

import pytest

from bot.adapters.kube import writes as kube_writing
from bot.migration.copy import comparison
from bot.migration.copy.writer import WriteAction
from bot.migration.objects.cutover_modes import Hold
from bot.migration.objects.fields import Ref
from bot.migration.planning.plan import MigrationPlan
from bot.migration.source import drift
from bot.policy.cluster_state import read_cluster_state
from tests.contract.migration import workload
from tests.contract.migration.conftest import KEY, Cloud, plan_request, planned
from tests.contract.migration.moves import MigrationScenario


@pytest.fixture
def scenario(cloud: Cloud) -> MigrationScenario:
    return MigrationScenario(cloud, planned(cloud, plan_request(cloud)))


def get(scenario: MigrationScenario, path: str) -> workload.Object:
    obj = kube_writing.read(scenario.target, path)
    assert obj is not None, path
    return obj


def test_the_plan_of_a_whole_cluster_has_no_blockers_and_comes_back_from_json(
    scenario: MigrationScenario,
) -> None:
    plan = scenario.plan
    assert not plan.blockers, [blocker.what for blocker in plan.blockers]
    assert MigrationPlan.model_validate_json(plan.model_dump_json()) == plan
    kinds = Counter(item.ref.kind for item in plan.items)
    assert kinds["Deployment"] == 11 and kinds["StatefulSet"] == 3 and kinds["PersistentVolumeClaim"] == 4
    assert len(plan.volumes) == 4 and all(volume.moves for volume in plan.volumes)
    assert any("shop/email" in pod for pod in plan.network.loses_dns)


def test_no_secret_is_in_the_plan_or_in_any_record(scenario: MigrationScenario) -> None:
    record = scenario.copy()
    for text in (
        scenario.plan.model_dump_json(),
        repr(record),
        repr(scenario.inventory()),
        repr(scenario.target_objects(scenario.inventory())),
    ):
        assert workload.SECRET not in text
        assert base64.b64encode(workload.SECRET.encode()).decode() not in text


def test_everything_arrives_and_nothing_runs(scenario: MigrationScenario) -> None:
    record = scenario.copy()
    assert not record.failures
    scenario.cloud.settle()
    assert scenario.target.list_all("/api/v1/namespaces/shop/pods", dict) == []
    assert get(scenario, "/apis/apps/v1/namespaces/shop/deployments/cart")["spec"]["replicas"] == 0
    assert get(scenario, "/apis/batch/v1/namespaces/shop/cronjobs/report")["spec"]["suspend"] is True
    assert get(scenario, "/api/v1/namespaces/shop/services/frontend-external")["spec"]["type"] == "ClusterIP"
    assert (
        kube_writing.read(scenario.target, "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/shop")
        is None
    )
    assert (
        kube_writing.read(
            scenario.target, "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/cart"
        )
        is None
    )
    secret = get(scenario, "/api/v1/namespaces/shop/secrets/database")
    assert base64.b64decode(secret["data"]["password"]).decode() == workload.SECRET
    assert get(scenario, "/apis/shop.example/v1/namespaces/shop/coupons/spring")["spec"] == {"percent": 10}
    assert (
        get(scenario, "/api/v1/namespaces/shop")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        == "baseline"
    )


def test_policies_are_there_before_the_pods_and_webhooks_come_last(scenario: MigrationScenario) -> None:
    order = [entry.ref.kind for entry in scenario.copy().written]
    assert order.index("NetworkPolicy") < order.index("Deployment")
    assert (
        order.index("ServiceAccount")
        < order.index("RoleBinding")
        < order.index("Secret")
        < order.index("StatefulSet")
    )


def test_copying_again_changes_nothing(scenario: MigrationScenario) -> None:
    scenario.copy()
    again = {entry.action for entry in scenario.copy().written}
    assert again == {WriteAction.UNCHANGED, WriteAction.PRESENT}


def test_everything_has_a_field_manager_and_a_label(scenario: MigrationScenario) -> None:
    scenario.copy()
    settings = get(scenario, "/api/v1/namespaces/shop/configmaps/settings")
    assert settings["metadata"]["labels"]["xk8s.io/migration"] == "m1"
    assert {entry["manager"] for entry in settings["metadata"]["managedFields"]} == {"xk8s"}


def test_the_copy_is_proven_equal(scenario: MigrationScenario) -> None:
    scenario.copy()
    compared = comparison.compare(scenario.writer(), scenario.target_objects(scenario.inventory()).waiting)
    assert not compared.differences
    assert compared.equal == len(scenario.plan.items)
    assert all(count.planned == count.present for count in compared.counts)
    assert (
        comparison.network(
            scenario.plan, read_cluster_state(scenario.source), read_cluster_state(scenario.target)
        )
        == ()
    )


def test_a_copy_that_somebody_changed_is_named_by_its_fields_only(scenario: MigrationScenario) -> None:
    scenario.copy()
    kube_writing.patch(
        scenario.target, "/api/v1/namespaces/shop/secrets/database", {"data": {"password": "b3RoZXI="}}
    )
    kube_writing.patch(
        scenario.target,
        "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/cart",
        {"spec": {"ingress": None}},
    )
    compared = comparison.compare(scenario.writer(), scenario.target_objects(scenario.inventory()).waiting)
    assert {str(difference.ref): difference.what for difference in compared.differences} == {
        "Secret shop/database": "data.password differ",
        "NetworkPolicy shop/cart": "spec.ingress differ",
    }
    assert any(
        "shop/frontend" in line
        for line in comparison.network(
            scenario.plan, read_cluster_state(scenario.source), read_cluster_state(scenario.target)
        )
    )


def test_what_is_missing_in_the_copy_is_a_difference(scenario: MigrationScenario) -> None:
    scenario.copy()
    kube_writing.delete(scenario.target, "/api/v1/namespaces/billing/configmaps/invoices")
    compared = comparison.compare(scenario.writer(), scenario.target_objects(scenario.inventory()).waiting)
    assert [(str(difference.ref), difference.what) for difference in compared.differences] == [
        ("ConfigMap billing/invoices", "it is missing")
    ]


def test_another_object_of_that_name_is_never_taken_over(scenario: MigrationScenario) -> None:
    scenario.cloud.deploy(
        "new",
        [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "settings", "namespace": "shop"},
                "data": {"MODE": "theirs"},
            },
        ],
    )
    record = scenario.copy()
    assert [(str(failure.ref), failure.action) for failure in record.failures] == [
        ("ConfigMap shop/settings", WriteAction.DIFFERS)
    ]
    assert get(scenario, "/api/v1/namespaces/shop/configmaps/settings")["data"] == {"MODE": "theirs"}


def test_fields_that_somebody_else_owns_are_a_conflict_that_names_them(scenario: MigrationScenario) -> None:
    scenario.copy()
    path = "/api/v1/namespaces/shop/configmaps/settings"
    kube_writing.patch(scenario.target, path, {"data": {"MODE": "changed"}}, manager="somebody")
    [failure] = scenario.copy().failures
    assert failure.action is WriteAction.CONFLICT
    assert "somebody" in failure.why and ".data.MODE" in failure.why


def test_a_busy_api_server_is_asked_again(scenario: MigrationScenario) -> None:
    faults = scenario.cloud.clusters["new"].api.faults
    faults.status, faults.times = 429, 3
    assert not scenario.copy().failures


def test_the_target_is_asked_whether_it_would_take_everything_that_waits(scenario: MigrationScenario) -> None:
    scenario.copy()
    record = scenario.rehearse()
    waiting = {item.ref for item in scenario.plan.items if item.hold is not Hold.NOT}
    assert {entry.ref for entry in record.written} == waiting
    assert not record.failures
    assert get(scenario, "/apis/apps/v1/namespaces/shop/deployments/cart")["spec"]["replicas"] == 0


def test_only_the_chosen_namespaces_move(cloud: Cloud) -> None:
    scenario = MigrationScenario(cloud, planned(cloud, plan_request(cloud), namespaces=("billing",)))
    assert {item.ref.namespace for item in scenario.plan.items if item.ref.namespace} == {"billing"}
    assert not scenario.copy().failures
    assert kube_writing.read(scenario.target, "/api/v1/namespaces/shop") is None


def test_a_parallel_workload_runs_before_the_cut_over_and_no_other(cloud: Cloud) -> None:
    scenario = MigrationScenario(cloud, planned(cloud, plan_request(cloud, early=("shop/catalog",))))
    assert not scenario.plan.blockers
    scenario.copy()
    cloud.settle()
    running = {
        pod["metadata"]["labels"]["app"]
        for pod in scenario.target.list_all("/api/v1/namespaces/shop/pods", dict)
    }
    assert running == {"catalog"}
    scenario.take_picture()
    assert scenario.image is not None
    assert Ref("apps", "Deployment", "shop", "catalog") not in {
        change.ref for change in scenario.image.changes
    }


def test_a_change_on_the_source_after_the_copy_is_found(scenario: MigrationScenario) -> None:
    scenario.copy()
    kube_writing.patch(
        scenario.source, "/api/v1/namespaces/shop/configmaps/settings", {"data": {"MODE": "debug"}}
    )
    kube_writing.delete(scenario.source, "/apis/policy/v1/namespaces/shop/poddisruptionbudgets/cart")
    scenario.cloud.deploy(
        "dev",
        [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "late", "namespace": "shop"},
                "data": {},
            }
        ],
    )
    differences = drift.drift(scenario.plan, scenario.inventory(), scenario.mappings, KEY)
    assert sorted(differences.lines()) == [
        "ConfigMap shop/late (new)",
        "ConfigMap shop/settings (changed)",
        "PodDisruptionBudget shop/cart (gone)",
    ]

"""The proof of a migration between two clusters: each thing that is not as it was is named, and nothing
else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.adapters.kube import writes as kube_writing
from bot.adapters.kube.client import KubeClient
from bot.migration.proof import source_record
from bot.migration.proof.proof_result import ProofResult
from bot.migration.workflow import proof_checks
from bot.migration.workflow.cluster_views import ClusterViews, InventoryCache, RecordedState, SourceState
from tests.contract.migration.conftest import TOKEN, Cloud, both, plan_request, planned
from tests.contract.migration.journeys import Magnum, SandboxPorts
from tests.contract.migration.moves import MigrationScenario

pytestmark = pytest.mark.timeout(180)
RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop"


@pytest.fixture(scope="module")
def migrated() -> Iterator[tuple[MigrationScenario, RecordedState]]:
    """A workload that has moved, and what was recorded of it."""
    with both() as cloud:
        ingress = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/shop"
        given_address(cloud.kube("dev"), ingress, "203.0.113.80")
        scenario = MigrationScenario(cloud, planned(cloud, plan_request(cloud)))
        scenario.copy()
        scenario.take_picture()
        record = source_record.record_source(scenario.source, scenario.inventory(), scenario.plan)
        scenario.cut_over()
        given_address(scenario.target, ingress, "203.0.113.81")
        cloud.settle()
        assert scenario.image is not None and scenario.before is not None
        source = SourceState(image=scenario.image, baseline=scenario.before, moves=(), record=record)
        yield scenario, RecordedState(target="uuid-new", source=source)


def given_address(kube: KubeClient, path: str, address: str) -> None:
    """What an ingress controller writes."""
    kube_writing.patch(kube, f"{path}/status", {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}})


def run(migrated: tuple[MigrationScenario, RecordedState], app: str, script: str, most: int = 9) -> None:
    """Run something in the pods of an application in the target, whose kubelets then look."""
    cloud = migrated[0].cloud
    cluster = cloud.clusters["new"]
    pods = migrated[0].target.list_all("/api/v1/namespaces/shop/pods", dict)
    for pod in [pod for pod in pods if pod["metadata"]["labels"].get("app") == app][:most]:
        argv = ["sh", "-c", script]
        cloud.loopback.call(cluster._programs.run, pod, pod["spec"]["containers"][0]["name"], argv)
    cloud.loopback.call(cluster.resync)
    cloud.settle()


def scene(migrated: tuple[MigrationScenario, RecordedState]) -> ClusterViews:
    scenario, recorded = migrated
    ports: Any = SandboxPorts(scenario.cloud, Magnum(scenario.plan.source.id))
    return ClusterViews(
        plan=scenario.plan,
        ports=ports,
        recorded=recorded,
        cache=InventoryCache(),
        source=scenario.source,
        target=scenario.target,
    )


def proof(migrated: tuple[MigrationScenario, RecordedState]) -> dict[str, ProofResult]:
    return {
        result.check: result for result in proof_checks.run_checks(scene(migrated), lambda _seconds: None)
    }


def faults(migrated: tuple[MigrationScenario, RecordedState]) -> list[str]:
    return proof_checks.faults(proof(migrated).values())


def test_a_good_copy_is_proven_and_what_was_not_checked_is_said(
    migrated: tuple[MigrationScenario, RecordedState],
) -> None:
    results = proof(migrated)
    assert not proof_checks.faults(results.values())
    assert {name: result.checked_count for name, result in results.items()} == {
        "endpoints": 14,
        "load balancers": 1,
        "ingresses": 1,
        "claims": 4,
        "restarts": 25 + 4,
        "rights": 2,
        "http": 3,
    }, results
    [gap] = [line for result in results.values() for line in result.unchecked]
    assert gap.startswith("HTTP of shop/ads:80, ") and gap.endswith("no probe names a path")
    assert not proof_checks.unsettled(scene(migrated))


def change(
    migrated: tuple[MigrationScenario, RecordedState], path: str, now: dict[str, Any]
) -> Callable[[], None]:
    """Change an object of the target; returns what changes it back."""
    target = migrated[0].target
    old = kube_writing.read(target, path)
    assert old is not None
    kube_writing.patch(target, path, now)
    migrated[0].cloud.settle()

    def back() -> None:
        live = kube_writing.read(target, path)
        assert live is not None
        kube_writing.replace(
            target,
            path,
            {**old, "metadata": {**old["metadata"], "resourceVersion": live["metadata"]["resourceVersion"]}},
        )
        migrated[0].cloud.settle()

    return back


def test_a_service_with_a_pod_that_is_not_ready_is_named(
    migrated: tuple[MigrationScenario, RecordedState],
) -> None:
    run(migrated, "cart", "echo 503 > /www/healthz", most=1)
    assert "Service shop/cart: 1 ready endpoint, expected at least 2 (the source had 2)" in faults(migrated)
    assert proof_checks.unsettled(scene(migrated)) == [
        "Service shop/cart: 1 ready endpoint, expected at least 2 (the source had 2)"
    ]
    run(migrated, "cart", "rm -f /www/healthz")
    assert not faults(migrated)


def test_a_load_balancer_whose_members_do_not_answer_is_named(
    migrated: tuple[MigrationScenario, RecordedState],
) -> None:
    network = migrated[0].cloud.infrastructure.network
    [own_balancer] = [
        balancer for balancer in network.balancers.values() if "cluster uuid-new" in balancer.description
    ]
    answering, own_balancer.listeners[0].answering = own_balancer.listeners[0].answering, frozenset()
    own_balancer.provisioning = "ERROR"
    lines = faults(migrated)
    assert any("provisioning_status ERROR, expected ACTIVE" in line for line in lines)
    assert any("members: ERROR, expected at least one ONLINE" in line for line in lines)
    assert proof_checks.unsettled(scene(migrated))
    own_balancer.provisioning, own_balancer.listeners[0].answering = "ACTIVE", answering
    assert not faults(migrated)


def test_what_time_mends_is_looked_at_once_more(migrated: tuple[MigrationScenario, RecordedState]) -> None:
    network = migrated[0].cloud.infrastructure.network
    [own_balancer] = [
        balancer for balancer in network.balancers.values() if "cluster uuid-new" in balancer.description
    ]
    own_balancer.provisioning = "PENDING_UPDATE"
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        own_balancer.provisioning = "ACTIVE"

    assert not proof_checks.faults(proof_checks.run_checks(scene(migrated), pause))
    assert paused == [proof_checks.AGAIN_SECONDS]


def test_an_ingress_that_nobody_has_taken_up_is_named(
    migrated: tuple[MigrationScenario, RecordedState],
) -> None:
    path = "/apis/networking.k8s.io/v1/namespaces/shop/ingresses/shop"
    kube_writing.patch(migrated[0].target, f"{path}/status", {"status": {"loadBalancer": None}})
    assert any("Ingress shop/shop: it has no address" in line for line in faults(migrated))
    given_address(migrated[0].target, path, "203.0.113.81")


def test_a_right_that_is_missing_or_new_is_named(migrated: tuple[MigrationScenario, RecordedState]) -> None:
    back = change(migrated, f"{RBAC}/roles/reader", {"rules": []})
    assert any(
        "ServiceAccount shop/runner: it may not get configmaps in shop" in line for line in faults(migrated)
    )
    wide = [{"apiGroups": [""], "resources": ["secrets", "configmaps"], "verbs": ["*"]}]
    kube_writing.patch(migrated[0].target, f"{RBAC}/roles/reader", {"rules": wide})
    assert any(
        "it may delete secrets in shop, expected as on the source, where it may not" in line
        for line in faults(migrated)
    )
    back()
    assert not faults(migrated)


def test_an_application_that_answers_otherwise_is_named(
    migrated: tuple[MigrationScenario, RecordedState],
) -> None:
    run(migrated, "frontend", "echo 302 > /www/healthz")
    lines = faults(migrated)
    assert (
        "Service shop/frontend, port 80, GET /healthz: answers 3xx, expected 2xx, as on the source" in lines
    )
    run(migrated, "frontend", "rm -f /www/healthz")
    assert not faults(migrated)


def test_a_container_that_was_restarted_is_named_with_its_reason(
    migrated: tuple[MigrationScenario, RecordedState],
) -> None:
    cluster = migrated[0].cloud.clusters["new"]
    pods = cluster.store.registry.named("Pod")

    def crashed(pod: dict[str, Any], count: int) -> None:
        last = {"terminated": {"reason": "OOMKilled", "exitCode": 137}} if count else {}
        pod["status"]["containerStatuses"][0] |= {"restartCount": count, "lastState": last}

    def times(count: int) -> None:
        cluster.store.mutate(pods, "shop", "db-0", lambda pod: crashed(pod, count), subresource="status")

    migrated[0].cloud.loopback.call(times, 4)
    assert any(
        "Pod shop/db-0, container db: restarted 4 times, last OOMKilled, exit code 137" in line
        for line in faults(migrated)
    )
    migrated[0].cloud.loopback.call(times, 1)
    assert not faults(migrated)


def test_who_may_not_ask_says_what_was_not_checked_instead_of_failing(
    migrated: tuple[MigrationScenario, RecordedState],
) -> None:
    """A role that reads everything and may neither review access nor use the proxy."""
    clusters = migrated[0].cloud.clusters.values()
    for cluster in clusters:
        cluster.authenticator.add_token(TOKEN, "reader", [])
        rules = [{"apiGroups": ["*"], "resources": ["pods", "services", "*"], "verbs": ["list"]}]
        deploy_reader(migrated[0].cloud, cluster.spec.name, rules)
    try:
        results = {
            result.check: result for result in proof_checks.run_checks(scene(migrated), lambda _seconds: None)
        }
    finally:
        for cluster in clusters:
            cluster.authenticator.add_token(TOKEN, "admin", ["system:masters"])
    assert not proof_checks.faults(results.values())
    assert (results["rights"].checked_count, results["http"].checked_count) == (0, 0)
    assert any("does not let me ask" in line for line in results["rights"].unchecked)
    assert any("services/proxy" in line for line in results["http"].unchecked)


def deploy_reader(cloud: Cloud, name: str, rules: list[dict[str, Any]]) -> None:
    group = "rbac.authorization.k8s.io"
    get = {
        "apiGroups": ["apps", "batch", "discovery.k8s.io", "networking.k8s.io"],
        "resources": ["*"],
        "verbs": ["get"],
    }
    cloud.deploy(
        name,
        [
            {
                "apiVersion": f"{group}/v1",
                "kind": "ClusterRole",
                "metadata": {"name": "reader"},
                "rules": [*rules, get],
            },
            {
                "apiVersion": f"{group}/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": "reader"},
                "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "reader"},
                "subjects": [{"kind": "User", "name": "reader"}],
            },
        ],
    )

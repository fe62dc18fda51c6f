"""How many pods a workload must have ready."""

from __future__ import annotations

from bot.migration.inventory.baseline import RunningWorkload
from bot.migration.objects.fields import Object, Ref
from bot.migration.proof import expected_pods
from tests.unit.migration.builders import an, workload


def running(kind: str) -> RunningWorkload:
    group = "batch" if kind == "Job" else "apps"
    return RunningWorkload(ref=Ref(group, kind, "shop", "x"), ready=4, images={})


def test_jobs_and_autoscaled_workloads_are_measured_by_what_they_are_meant_to_be() -> None:
    job, cart = running("Job"), running("Deployment")
    assert expected_pods.expected_ready_pods(job, None, scaled=False) == 0
    assert expected_pods.expected_ready_pods(cart, workload(replicas=2), scaled=False) == 4
    assert expected_pods.expected_ready_pods(cart, workload(replicas=2), scaled=True) == 2


def daemon_set(*, observed: int) -> Object:
    agent = workload("DaemonSet", "x")
    agent["metadata"]["generation"] = 2
    agent["status"] = {"observedGeneration": observed, "desiredNumberScheduled": 3}
    return agent


def test_a_daemon_set_has_a_pod_on_each_node_as_soon_as_its_controller_has_seen_it() -> None:
    agent = running("DaemonSet")
    assert expected_pods.expected_ready_pods(agent, daemon_set(observed=2), scaled=False) == 3
    assert expected_pods.expected_ready_pods(agent, daemon_set(observed=1), scaled=False) == 4
    assert expected_pods.expected_ready_pods(agent, None, scaled=False) == 4


def test_how_many_pods_each_kind_is_meant_to_keep() -> None:
    assert expected_pods.pods_expected(workload(replicas=5)) == 5
    assert expected_pods.pods_expected(an("CronJob", spec={})) == 0
    assert expected_pods.pods_expected(daemon_set(observed=2)) == 3
    assert expected_pods.pods_expected(daemon_set(observed=1)) == 0
    assert expected_pods.pods_expected(an("Pod", status={"phase": "Running"})) == 1
    assert expected_pods.pods_expected(an("Pod", status={"phase": "Failed"})) == 0

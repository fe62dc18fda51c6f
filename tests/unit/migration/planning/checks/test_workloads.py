"""What people should know about what runs."""

from __future__ import annotations

from tests.unit.migration.builders import an, workload
from tests.unit.migration.planning.plans import blockers, finding_texts, plan


def test_what_may_not_start_early_blocks() -> None:
    assert "StatefulSet shop/db cannot start early" in blockers(
        workload("StatefulSet", "db"), early=("shop/db",)
    )
    assert "no workload shop/nobody" in blockers(early=("shop/nobody",))


def test_an_autoscaler_that_would_wake_its_workload_blocks() -> None:
    scaler = an(
        "HorizontalPodAutoscaler",
        spec={
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"},
            "minReplicas": 0,
        },
    )
    assert "minReplicas 0" in blockers(workload(), scaler)


def test_gitops_bare_pods_running_jobs_and_unknown_addons_are_reported() -> None:
    managed = workload(name="web")
    managed["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}
    planned = plan(
        managed,
        an("Pod", "tool", spec={"containers": []}),
        an("Job", "import", spec={"template": {"spec": {"containers": []}}}),
        unknown_addons=("my-vpn",),
    )
    for words in ("Argo CD keeps 1 workload", "1 bare pod is not copied", "1 Job", "my-vpn"):
        assert words in finding_texts(planned)

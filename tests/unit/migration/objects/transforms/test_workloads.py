"""Workloads: what controllers count is dropped."""

from __future__ import annotations

from tests.unit.migration.builders import an, workload
from tests.unit.migration.objects.transforms.results import stripped, warnings_of


def test_a_claim_template_loses_its_status() -> None:
    template = {
        "metadata": {"name": "data", "creationTimestamp": None},
        "spec": {"storageClassName": "fast"},
        "status": {"phase": "Pending"},
    }
    templates = stripped(workload("StatefulSet", volumeClaimTemplates=[template]))["spec"][
        "volumeClaimTemplates"
    ]
    assert templates == [{"metadata": {"name": "data"}, "spec": {"storageClassName": "fast"}}]


JOB_LABELS = {
    "controller-uid": "u",
    "batch.kubernetes.io/controller-uid": "u",
    "job-name": "j",
    "batch.kubernetes.io/job-name": "j",
}


def test_a_jobs_generated_selector_and_labels_go() -> None:
    spec = {
        "selector": {"matchLabels": {"controller-uid": "u"}},
        "template": {"metadata": {"labels": {**JOB_LABELS, "team": "shop"}}, "spec": {"containers": []}},
    }
    copy = stripped(an("Job", spec=spec, labels=dict(JOB_LABELS)))
    assert "selector" not in copy["spec"]
    assert copy["spec"]["template"]["metadata"]["labels"] == {"team": "shop"}
    assert "labels" not in copy["metadata"]


def test_a_jobs_own_selector_stays() -> None:
    spec = {
        "manualSelector": True,
        "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}},
    }
    assert stripped(an("Job", spec=spec))["spec"]["selector"] == {"matchLabels": {"a": "b"}}


def test_the_revision_of_a_deployment_and_our_own_notes_go() -> None:
    obj = workload()
    obj["metadata"]["annotations"] = {
        "deployment.kubernetes.io/revision": "4",
        "xk8s.io/replicas": "3",
        "xk8s.io/started": "true",
    }
    assert "annotations" not in stripped(obj)["metadata"]


def test_what_gitops_keeps_is_reported() -> None:
    obj = workload()
    obj["metadata"]["labels"] = {"kustomize.toolkit.fluxcd.io/name": "apps"}
    assert "Flux" in warnings_of(obj)


def test_an_empty_selector_of_a_budget_is_reported() -> None:
    assert "v1beta1" in warnings_of(an("PodDisruptionBudget", spec={"selector": {}, "minAvailable": 1}))

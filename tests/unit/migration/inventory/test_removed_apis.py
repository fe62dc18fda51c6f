"""When versions of kinds were removed, and what a cluster that does not exist yet will serve."""

from __future__ import annotations

import pytest

from bot.migration.inventory.removed_apis import assumed_surface, removed_in
from tests.unit.migration.inventory.test_served_apis import serves


@pytest.mark.parametrize(
    ("kind", "release"),
    [
        ("batch/v1beta1/CronJob", "1.25"),
        ("policy/v1beta1/PodDisruptionBudget", "1.25"),
        ("autoscaling/v2beta2/HorizontalPodAutoscaler", "1.26"),
        ("extensions/v1beta1/Ingress", "1.22"),
        ("extensions/v1beta1/Deployment", "1.16"),
        ("flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema", "1.32"),
        ("apps/v1/Deployment", ""),
    ],
)
def test_when_a_version_was_removed(kind: str, release: str) -> None:
    assert removed_in(serves(kind).resources[0]) == release


def test_a_cluster_that_does_not_exist_yet_serves_what_its_release_still_has() -> None:
    source = serves("batch/v1beta1/CronJob", "batch/v1/Job", version="v1.24.0")
    assert [resource.kind for resource in assumed_surface(source, "v1.25.3").resources] == ["Job"]
    assert len(assumed_surface(source, "v1.24.9").resources) == 2

"""The source is quiesced when no pod of what was stopped is left."""

from __future__ import annotations

from bot.migration.objects.fields import Object
from bot.migration.source.before_image import BeforeImage, ChangePhase, source_change
from bot.migration.source.quiesced import still_running
from tests.unit.migration.builders import SERVED, an, plan, workload
from tests.unit.migration.memory_kube import MemoryKube

WEB, OTHER = workload(name="web"), workload(name="other")
REPLICAS = an("ReplicaSet", "web-1", owner=WEB)
IMAGE = BeforeImage(
    migration="m1",
    changes=(
        source_change(WEB, phase=ChangePhase.SCALE, path="/p", patch={"spec": {"replicas": 0}}, what=""),
    ),
)


def running(*pods: Object) -> list[str]:
    kube = MemoryKube(an("Namespace", "shop"), WEB, OTHER, REPLICAS, *pods)
    return still_running(kube, SERVED, plan(), IMAGE)


def test_a_pod_that_terminates_is_still_there_and_a_finished_one_is_not() -> None:
    terminating = an("Pod", "a", owner=REPLICAS, meta={"deletionTimestamp": "2026-01-01T00:00:00Z"})
    assert running(terminating, an("Pod", "b", owner=REPLICAS, status={"phase": "Succeeded"})) == ["shop/a"]


def test_pods_of_what_was_not_stopped_do_not_count() -> None:
    assert running(an("Pod", "a", owner=OTHER), an("Pod", "bare")) == []


def test_a_pod_whose_deployment_is_gone_still_counts() -> None:
    kube = MemoryKube(an("Namespace", "shop"), REPLICAS, an("Pod", "a", owner=REPLICAS))
    assert still_running(kube, SERVED, plan(), IMAGE) == ["shop/a"]

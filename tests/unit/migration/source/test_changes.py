"""Changes to the source are made to the very objects of the image, and taken back where they still stand."""

from __future__ import annotations

import pytest

from bot.migration.objects.fields import Object
from bot.migration.source import changes
from bot.migration.source.before_image import BeforeImage, ChangePhase, SourceChange, source_change
from bot.migration.source.changes import ChangeStatus, SourceChanged
from tests.unit.migration.builders import an, workload
from tests.unit.migration.memory_kube import MemoryKube

WEB, CRON = workload(name="web", replicas=3), an("CronJob", "report", spec={"suspend": False})


def change_of(obj: Object, phase: ChangePhase, patch: Object) -> SourceChange:
    group = f"apis/{obj['apiVersion']}" if "/" in obj["apiVersion"] else "api/v1"
    path = f"/{group}/namespaces/shop/{obj['kind'].lower()}s/{obj['metadata']['name']}"
    return source_change(obj, phase=phase, path=path, patch=patch, what=f"change {obj['kind']}")


IMAGE = BeforeImage(
    migration="m1",
    changes=(
        change_of(WEB, ChangePhase.SCALE, {"spec": {"replicas": 0}}),
        change_of(CRON, ChangePhase.SUSPEND, {"spec": {"suspend": True}}),
    ),
)


def states(applied: tuple[changes.AppliedChange, ...]) -> list[tuple[str, ChangeStatus]]:
    return [(change.ref.kind, change.state) for change in applied]


def test_changes_are_made_phase_by_phase_and_taken_back_in_the_opposite_order() -> None:
    kube = MemoryKube(WEB, CRON)
    assert states(changes.apply(kube, IMAGE)) == [
        ("CronJob", ChangeStatus.DONE),
        ("Deployment", ChangeStatus.DONE),
    ]
    live = kube.live(WEB)
    assert live is not None and live["spec"]["replicas"] == 0
    assert states(changes.revert(kube, IMAGE)) == [
        ("Deployment", ChangeStatus.DONE),
        ("CronJob", ChangeStatus.DONE),
    ]
    live = kube.live(WEB)
    assert live is not None and live["spec"] == WEB["spec"]


def test_a_repetition_changes_nothing() -> None:
    kube = MemoryKube(WEB, CRON)
    for action in (changes.apply, changes.revert):
        action(kube, IMAGE)
        assert {state for _, state in states(action(kube, IMAGE))} == {ChangeStatus.ALREADY}
    assert len(kube.requests) == 4


def test_an_object_that_is_gone_or_replaced_stops_the_cut_over() -> None:
    for kube in (MemoryKube(CRON), MemoryKube(CRON, workload(name="web"))):
        with pytest.raises(SourceChanged) as stopped:
            changes.apply(kube, IMAGE)
        assert stopped.value.why == "Deployment shop/web"


def test_a_job_may_end_and_go() -> None:
    job = an("Job", "import", spec={})
    image = BeforeImage(
        migration="m1", changes=(change_of(job, ChangePhase.SUSPEND, {"spec": {"suspend": True}}),)
    )
    assert states(changes.apply(MemoryKube(), image)) == [("Job", ChangeStatus.GONE)]


def test_what_somebody_changed_since_is_left_and_reported() -> None:
    kube = MemoryKube(WEB, CRON)
    changes.apply(kube, IMAGE)
    live = kube.live(WEB)
    assert live is not None
    live["spec"]["replicas"] = 5
    assert changes.not_in_effect(kube, IMAGE) == ["Deployment shop/web: change Deployment"]
    assert ("Deployment", ChangeStatus.CHANGED) in states(changes.revert(kube, IMAGE))
    assert live["spec"]["replicas"] == 5

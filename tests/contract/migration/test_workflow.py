"""The workflow between two clusters: cut off at every effect it ends as if nothing had happened; every way back restores."""

from __future__ import annotations

import pathlib
from collections import Counter

import pytest

from bot.kube import writing as kube_writing
from bot.kube.errors import Unreachable
from bot.migration.canonical import text, without_server_fields
from bot.migration.objects import Ref
from bot.migration.workflow import passage
from bot.migration.workflow.steps import Step
from storage.cluster_migrations import DONE, ROLLED_BACK
from tests.contract.migration.conftest import Cloud, planned, wish
from tests.contract.migration.journeys import Journey
from tests.contract.migration.moves import Moving
from tests.contract.migration.test_cut_over import MADE_BY_CONTROLLERS

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def journey(cloud: Cloud, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Journey:
    monkeypatch.setattr(passage, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(passage, "LOOK_SECONDS", 0.3)
    monkeypatch.setattr(passage, "IDLE_SECONDS", 0.1)
    return Journey(cloud, planned(cloud, wish(cloud)), tmp_path)


def pods(cloud: Cloud, cluster: str) -> Counter[str]:
    found = cloud.kube(cluster).all_of("/api/v1/namespaces/shop/pods", dict)
    labels = [pod["metadata"]["labels"] for pod in found]
    return Counter(each["app"] for each in labels if "app" in each)  # a CronJob's pods come and go by the clock


def source_as_text(journey: Journey) -> dict[Ref, str]:
    """Everything of the source that people or a migration could have changed."""
    moving = Moving(journey.stage.cloud, journey.plan)
    return {
        ref: text(without_server_fields(obj))
        for ref, obj in moving.inventory().objects.items()
        if ref.kind not in MADE_BY_CONTROLLERS
    }


def handles(cloud: Cloud, cluster: str) -> set[str]:
    return {
        each["spec"]["csi"]["volumeHandle"]
        for each in cloud.kube(cluster).all_of("/api/v1/persistentvolumes", dict)
        if "csi" in each["spec"]
    }


def test_the_workflow_that_is_cut_off_at_every_effect_ends_as_if_nothing_had_happened(journey: Journey) -> None:
    cloud = journey.stage.cloud
    before, disks = pods(cloud, "dev"), handles(cloud, "dev")
    end = journey.run(twice=True)
    assert end.outcome == DONE, end.said
    assert journey.cuts >= 2 * len(journey.journal) > 80
    assert not journey.paused
    assert pods(cloud, "new") == before and not pods(cloud, "dev")
    assert handles(cloud, "new") == disks and len(cloud.infrastructure.storage.volumes) == len(disks)
    assert set(journey.removed) == {journey.plan.source.id}
    assert [name.partition("-")[0] for name in journey.people.asked] == ["cutover", "delete"]
    assert journey.people.asked["delete-2"].typed == "dev"


@pytest.mark.parametrize(
    "step", ["attach", "start", "wait until ready", "open", "prove", "recheck at last"], ids=lambda name: str(name)
)
def test_a_roll_back_wanted_at_any_step_restores_the_source_exactly(journey: Journey, step: str) -> None:
    cloud = journey.stage.cloud
    before, running = source_as_text(journey), pods(cloud, "dev")
    journey.at_step[step] = lambda: journey.want("rollback")
    end = journey.run(twice=True)
    cloud.settle()
    assert end.outcome == ROLLED_BACK, end.said
    assert source_as_text(journey) == before
    assert pods(cloud, "dev") == running and not pods(cloud, "new")
    assert not journey.removed and journey.magnum.there == {journey.plan.source.id}
    assert not handles(cloud, "new")


@pytest.mark.parametrize("step", ["copy workloads", "compare", "second look"])
def test_a_migration_that_is_given_up_before_the_cut_over_has_changed_nothing_of_the_source(
    journey: Journey, step: str
) -> None:
    cloud = journey.stage.cloud
    before = source_as_text(journey)
    journey.at_step[step] = lambda: journey.want("cancel")
    end = journey.run()
    assert end.outcome == "cancelled"
    assert source_as_text(journey) == before and not journey.removed
    assert not pods(cloud, "new")


def test_a_pause_stands_still_before_the_next_effect_until_somebody_resumes(journey: Journey) -> None:
    journey.on_pause = ["resume"]
    journey.at_step["stop"] = lambda: journey.want("pause")
    assert journey.run().outcome == DONE
    [paused] = journey.paused
    assert paused.step is Step.QUIESCE and "ana wanted" in paused.why


def test_a_cluster_that_does_not_answer_pauses_and_is_tried_again(journey: Journey) -> None:
    def away() -> None:
        journey.stage.broken = Unreachable("The cluster's API cannot be reached", why="refused", fix="Look at it.")

    journey.at_step["compare"] = away
    heard = journey._heard

    def back(name: str, state: object) -> None:
        journey.stage.broken = None
        heard(name, state)

    journey._heard = back  # type: ignore[method-assign]
    journey.on_pause = ["resume"]
    assert journey.run().outcome == DONE
    assert "cannot be reached" in journey.paused[0].what


def test_an_unhealthy_target_keeps_the_source_running_and_later_from_being_deleted(journey: Journey) -> None:
    def unwell() -> None:
        journey.stage.unhealthy = "calico on new: 1 of 3 nodes"

    journey.at_step["look at the target"] = unwell
    journey.on_pause = ["cancel"]
    before = pods(journey.stage.cloud, "dev")
    assert journey.run().outcome == "cancelled"
    assert "not fit for the cut-over" in journey.paused[0].what and pods(journey.stage.cloud, "dev") == before


def test_what_runs_on_the_source_again_stands_against_its_deletion(journey: Journey) -> None:
    def wakes() -> None:
        path = "/apis/apps/v1/namespaces/shop/deployments/cart"
        kube_writing.patch(journey.stage.cloud.kube("dev"), path, {"spec": {"replicas": 1}})
        journey.stage.cloud.settle()

    journey.at_step["recheck at last"] = wakes
    journey.on_pause = ["rollback"]
    end = journey.run()
    assert "stand against deleting dev" in journey.paused[0].what and "cart" in journey.paused[0].why
    assert end.outcome == ROLLED_BACK and not journey.removed


def test_a_refused_deletion_keeps_both_clusters_and_may_be_asked_for_again(journey: Journey) -> None:
    journey.people.refused.add("delete-2")
    journey.on_pause = ["resume"]
    assert journey.run().outcome == DONE
    assert "not today" in journey.paused[0].why
    assert list(journey.people.asked) == ["cutover-1", "delete-2", "delete-3"]

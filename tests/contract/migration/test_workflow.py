"""The workflow between two clusters: cut off at every effect it ends as if nothing had happened; every
way back restores.
"""

from __future__ import annotations

import pathlib
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.adapters.durable.flow import ProcessStopping
from bot.adapters.kube import writes as kube_writing
from bot.adapters.kube.errors import Unreachable
from bot.common.canonical_json import canonical
from bot.migration.objects.canonical import without_server_fields
from bot.migration.objects.digest_keys import DigestKeys
from bot.migration.objects.fields import Ref
from bot.migration.workflow import retry, step_runner
from bot.migration.workflow.events import MigrationPaused
from bot.migration.workflow.step import Step
from bot.settings.mappings import Mappings
from storage.cluster_migrations import DONE, ROLLED_BACK
from tests.contract.migration.conftest import Cloud, plan_request, planned
from tests.contract.migration.journeys import Journey
from tests.contract.migration.moves import MigrationScenario
from tests.contract.migration.test_addresses import Neutron
from tests.contract.migration.test_cut_over import MADE_BY_CONTROLLERS

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def journey(cloud: Cloud, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Journey:
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(step_runner, "LOOK_SECONDS", 0.3)
    monkeypatch.setattr(step_runner, "IDLE_SECONDS", 0.1)
    return Journey(cloud, planned(cloud, plan_request(cloud)), tmp_path)


def pods(cloud: Cloud, cluster: str) -> Counter[str]:
    listed = cloud.kube(cluster).list_all("/api/v1/namespaces/shop/pods", dict)
    labels = [pod["metadata"]["labels"] for pod in listed]
    return Counter(
        label["app"] for label in labels if "app" in label
    )  # a CronJob's pods come and go by the clock


def source_as_text(journey: Journey) -> dict[Ref, str]:
    """Everything of the source that people or a migration could have changed."""
    scenario = MigrationScenario(journey.ports.clusters, journey.plan)
    return {
        ref: canonical(without_server_fields(obj))
        for ref, obj in scenario.inventory().objects.items()
        if ref.kind not in MADE_BY_CONTROLLERS
    }


def handles(cloud: Cloud, cluster: str) -> set[str]:
    return {
        volume["spec"]["csi"]["volumeHandle"]
        for volume in cloud.kube(cluster).list_all("/api/v1/persistentvolumes", dict)
        if "csi" in volume["spec"]
    }


def scaled(cloud: Cloud, cluster: str, name: str, replicas: int) -> None:
    path = f"/apis/apps/v1/namespaces/shop/deployments/{name}"
    kube_writing.patch(cloud.kube(cluster), path, {"spec": {"replicas": replicas}})
    cloud.settle()


def test_the_workflow_that_is_cut_off_at_every_effect_ends_as_if_nothing_had_happened(
    journey: Journey,
) -> None:
    cloud = journey.ports.clusters
    before, disks = pods(cloud, "dev"), handles(cloud, "dev")
    end = journey.run(twice=True)
    assert end.outcome == DONE, end.said
    assert journey.cuts >= 2 * len(journey.journal) > 80
    assert not journey.paused
    assert pods(cloud, "new") == before and not pods(cloud, "dev")
    assert handles(cloud, "new") == disks and len(cloud.infrastructure.storage.volumes) == len(disks)
    assert set(journey.removed) == {journey.plan.source.id}
    assert [name.partition("-")[0] for name in journey.approvers.asked] == ["cutover", "delete"]
    assert journey.approvers.asked["delete-2"].typed == "dev"
    assert any(
        "not checked: HTTP of shop/ads:80" in line for line in journey.approvers.asked["delete-2"].warnings
    )
    proof = end.report.split("## Proof")[1].split("## Copied")[0]
    assert proof.count("endpoints 14, load balancers 1") == 3, (
        "proven, and looked at before and after the decision"
    )
    assert proof.count("not checked: HTTP of shop/ads:80") == 3
    assert not cloud.infrastructure.storage.snapshots
    section = end.report.split("## Snapshots")[1].split("## Copied")[0]
    assert (
        "4 snapshots of the disks before the cut-over" in section
        and "4 snapshots of the disks removed" in section
    )
    assert any("snapshots" in line for line in journey.approvers.asked["delete-2"].consequences)


@pytest.mark.parametrize(
    "step",
    [
        "hooks before",
        "stop",
        "read back",
        "attach",
        "start",
        "wait until ready",
        "open",
        "prove",
        "soak",
        "recheck at last",
    ],
)
def test_a_roll_back_wanted_at_any_step_restores_the_source_exactly(journey: Journey, step: str) -> None:
    cloud = journey.ports.clusters
    before, running = source_as_text(journey), pods(cloud, "dev")
    storage = cloud.infrastructure.storage
    for disk in storage.volumes.values():
        disk.files["/marker"] = "before"

    def wanted() -> None:
        for disk in storage.volumes.values():
            disk.files["/marker"] = "after"
        journey.send_signal("rollback")

    journey.at_step[step] = wanted
    end = journey.run(twice=True)
    cloud.settle()
    assert end.outcome == ROLLED_BACK, end.said
    assert source_as_text(journey) == before
    assert pods(cloud, "dev") == running and not pods(cloud, "new")
    assert not journey.removed and journey.magnum.there == {journey.plan.source.id}
    assert not handles(cloud, "new")
    snapshots = storage.snapshots.values()
    if step in ("hooks before", "stop"):
        assert not snapshots, "its disks were not free yet"
        return
    assert sorted(snapshot.volume for snapshot in snapshots) == sorted(storage.volumes), (
        "one of each disk, however often it was cut off"
    )
    assert {snapshot.files["/marker"] for snapshot in snapshots} == {"before"}
    [line] = [line for line in end.said if "4 snapshots" in line]
    assert all(
        snapshot.id in line and f"`openstack volume snapshot delete {snapshot.id}`" in end.report
        for snapshot in snapshots
    )


@pytest.mark.parametrize("step", ["copy workloads", "compare", "second look"])
def test_a_migration_that_is_given_up_before_the_cut_over_has_changed_nothing_of_the_source(
    journey: Journey, step: str
) -> None:
    cloud = journey.ports.clusters
    before = source_as_text(journey)
    journey.at_step[step] = lambda: journey.send_signal("cancel")
    end = journey.run()
    assert end.outcome == "cancelled"
    assert source_as_text(journey) == before and not journey.removed
    assert not pods(cloud, "new")


def test_a_pause_stands_still_before_the_next_effect_until_somebody_resumes(journey: Journey) -> None:
    journey.on_pause = ["resume"]
    journey.at_step["stop"] = lambda: journey.send_signal("pause")
    assert journey.run().outcome == DONE
    [paused] = journey.paused
    assert paused.step is Step.QUIESCE and "ana wanted" in paused.why


def test_a_migration_can_be_paused_before_every_effect_up_to_the_deletion(journey: Journey) -> None:
    cloud = journey.ports.clusters
    before = pods(cloud, "dev")
    steps: set[str] = set()

    def pause(name: str) -> None:
        if name not in steps and name not in ("read", "paused", "go on"):
            steps.add(name)
            journey.on_pause.append("resume")
            journey.send_signal("pause")

    journey.before_each = pause
    assert journey.run().outcome == DONE
    assert {event.step for event in journey.paused} == set(Step) - {Step.DELETE}
    assert pods(cloud, "new") == before and not pods(cloud, "dev")


def test_a_cluster_that_does_not_answer_pauses_and_is_tried_again(journey: Journey) -> None:
    def away() -> None:
        journey.ports.broken = Unreachable(
            "The cluster's API cannot be reached", why="refused", fix="Look at it."
        )

    journey.at_step["compare"] = away

    def back() -> None:
        journey.ports.broken = None

    journey.after_pause = back
    journey.on_pause = ["resume"]
    assert journey.run().outcome == DONE
    assert "cannot be reached" in journey.paused[0].what


def silent(journey: Journey, *, on: bool) -> None:
    journey.ports.clusters.clusters["new"].api.faults.silent = on


@pytest.mark.parametrize("step", ["copy workloads", "compare", "start"])
def test_a_cluster_that_takes_connections_and_says_nothing_pauses_and_goes_on_when_it_answers(
    journey: Journey, step: str
) -> None:
    before = pods(journey.ports.clusters, "dev")
    journey.ports.answer = 0.5
    journey.at_step[step] = lambda: silent(journey, on=True)
    journey.after_pause = lambda: silent(journey, on=False)
    journey.on_pause = ["resume"]
    assert journey.run().outcome == DONE
    [paused] = journey.paused
    assert "cannot be reached" in paused.what and "timed out" in paused.why and paused.choices
    assert pods(journey.ports.clusters, "new") == before


def test_silence_while_something_is_waited_for_is_waited_out(journey: Journey) -> None:
    journey.ports.answer = 0.5
    answers_again = threading.Timer(2.0, silent, [journey], {"on": False})

    def falls_silent() -> None:
        silent(journey, on=True)
        answers_again.start()

    journey.at_step["wait until ready"] = falls_silent
    assert journey.run().outcome == DONE
    answers_again.join()
    assert not journey.paused


def test_a_server_that_asks_for_time_is_given_it(journey: Journey) -> None:
    faults = journey.ports.clusters.clusters["new"].api.faults

    def busy() -> None:
        faults.retry_after, faults.times, faults.status = 1, 5, 429

    journey.retry_for = timedelta(seconds=30)
    journey.at_step["copy workloads"] = busy
    assert journey.run().outcome == DONE
    assert not journey.paused and not faults.times


@pytest.mark.parametrize("step", ["copy namespaces", "copy workloads", "rehearse"])
def test_what_changes_on_the_source_during_the_copy_is_found_before_anything_stops(
    journey: Journey, step: str
) -> None:
    cloud = journey.ports.clusters
    path = "/apis/apps/v1/namespaces/shop/deployments/cart"

    def change() -> None:
        kube_writing.patch(
            cloud.kube("dev"), path, {"spec": {"template": {"metadata": {"labels": {"rev": "2"}}}}}
        )
        cloud.settle()

    journey.at_step[step] = change
    journey.on_pause = ["resume"]
    assert journey.run().outcome == DONE
    [paused] = journey.paused
    assert "changed since" in paused.what and "shop/cart" in paused.why
    assert paused.step.number < Step.QUIESCE.number, "nothing was stopped"
    copied = cloud.kube("new").get(path, dict)
    assert copied["spec"]["template"]["metadata"]["labels"]["rev"] == "2"


@pytest.fixture
def keeping(cloud: Cloud, journey: Journey, tmp_path: pathlib.Path) -> Journey:
    """The same, with addresses that are kept."""
    mappings = Mappings(addresses="keep")
    (tmp_path / "keeping").mkdir()
    keeping = Journey(cloud, planned(cloud, plan_request(cloud, mappings=mappings)), tmp_path / "keeping")
    keeping.ports.mappings, keeping.ports.floating_ips = mappings, Neutron(cloud.infrastructure.network)
    return keeping


def addresses(cloud: Cloud) -> dict[str, tuple[str, str]]:
    """Where each public address leads, and how it is described."""
    floating_ips = cloud.infrastructure.network.floating_ips.values()
    return {
        floating.address: (floating.port, floating.description) for floating in floating_ips if floating.port
    }


def test_an_address_that_is_kept_leads_to_the_new_cluster_however_often_it_is_cut_off(
    keeping: Journey,
) -> None:
    cloud = keeping.ports.clusters
    before = addresses(cloud)
    assert keeping.run(twice=True).outcome == DONE
    after = addresses(cloud)
    assert set(after) == set(before) != set()
    for address, (port, description) in before.items():
        assert after[address][0] != port and keeping.plan.source.id not in after[address][1], description


@pytest.mark.parametrize("step", ["open", "switch 1", "admit", "prove"])
def test_a_roll_back_gives_an_address_back_with_its_description(keeping: Journey, step: str) -> None:
    cloud = keeping.ports.clusters
    before = addresses(cloud)
    keeping.at_step[step] = lambda: keeping.send_signal("rollback")
    assert keeping.run(twice=True).outcome == ROLLED_BACK
    cloud.settle()
    assert addresses(cloud) == before != {}


def test_an_unhealthy_target_keeps_the_source_running_and_later_from_being_deleted(journey: Journey) -> None:
    def unwell() -> None:
        journey.ports.unhealthy = "calico on new: 1 of 3 nodes"

    journey.at_step["look at the target"] = unwell
    journey.on_pause = ["cancel"]
    before = pods(journey.ports.clusters, "dev")
    assert journey.run().outcome == "cancelled"
    assert (
        "not fit for the cut-over" in journey.paused[0].what and pods(journey.ports.clusters, "dev") == before
    )


def test_what_runs_on_the_source_again_stands_against_its_deletion(journey: Journey) -> None:
    journey.at_step["recheck at last"] = lambda: scaled(journey.ports.clusters, "dev", "cart", 1)
    journey.on_pause = ["rollback"]
    end = journey.run()
    assert "stand against deleting dev" in journey.paused[0].what and "cart" in journey.paused[0].why
    assert end.outcome == ROLLED_BACK and not journey.removed


def test_a_refused_deletion_keeps_both_clusters_and_may_be_asked_for_again(journey: Journey) -> None:
    journey.approvers.refused.add("delete-2")
    journey.on_pause = ["resume"]
    assert journey.run().outcome == DONE
    assert "not today" in journey.paused[0].why
    assert list(journey.approvers.asked) == ["cutover-1", "delete-2", "delete-3"]


def test_a_target_that_answers_otherwise_is_not_proven_until_it_is_mended(journey: Journey) -> None:
    cloud = journey.ports.clusters

    def moved_away(word: str) -> None:
        cluster = cloud.clusters["new"]
        for pod in cloud.kube("new").list_all("/api/v1/namespaces/shop/pods", dict):
            if pod["metadata"]["labels"].get("app") == "frontend":
                cloud.loopback.call(cluster._programs.run, pod, "frontend", ["sh", "-c", word])

    journey.at_step["prove"] = lambda: moved_away("echo 307 > /www/healthz")
    heard = journey._on_event

    def mended(name: str, state: object) -> None:
        if name.startswith("paused"):
            moved_away("rm -f /www/healthz")
        heard(name, state)

    journey._on_event = mended  # type: ignore[method-assign]
    journey.on_pause = ["resume"]
    assert journey.run().outcome == DONE
    [paused] = journey.paused
    assert paused.step is Step.PROVE and "not as planned" in paused.what
    assert "Service shop/frontend, port 80, GET /healthz: answers 3xx, expected 2xx" in paused.why


def test_a_migration_begun_by_a_version_that_looked_at_less_goes_on_and_says_so(journey: Journey) -> None:
    """Records of an older version have neither what the source answered nor what was checked."""

    def upgraded(name: str, *missing: str) -> Callable[[], None]:
        def forget() -> None:
            for at, (step, output) in enumerate(journey.journal):
                if step == name:
                    shorter = {
                        key: value for key, value in output["value"]["done"].items() if key not in missing
                    }
                    journey.journal[at] = (step, {"value": {"done": shorter}})
            raise ProcessStopping

        return forget

    journey.at_step["hooks before"] = upgraded("picture", "seen")
    journey.at_step["recheck at last"] = upgraded("recheck", "checked", "unchecked")
    end = journey.run()
    assert end.outcome == DONE and journey.cuts == 2
    assert "HTTP of 3 ports: the source was not asked before it stopped" in end.report


@pytest.mark.parametrize("mended", ["room is made", "switched off"])
def test_a_quota_of_snapshots_pauses_with_the_reason_until_there_is_room_or_none_are_wanted(
    journey: Journey, mended: str
) -> None:
    storage = journey.ports.clusters.infrastructure.storage
    storage.snapshot_quota = 2
    heard = journey._on_event

    def mend(name: str, state: object) -> None:
        if name.startswith("paused"):
            storage.snapshot_quota = 100 if mended == "room is made" else 2
            journey.ports.takes_snapshots = mended == "room is made"
        heard(name, state)

    journey._on_event = mend  # type: ignore[method-assign]
    journey.on_pause = ["resume"]
    end = journey.run()
    assert end.outcome == DONE and not storage.snapshots, (
        "those that were taken before are removed all the same"
    )
    [paused] = journey.paused
    assert paused.step is Step.QUIESCE and "Cinder took no snapshot of the disk of shop/" in paused.what
    assert (
        "Maximum number of snapshots allowed (2)" in paused.why and "migration.snapshots: false" in paused.fix
    )
    assert ("no snapshots of the disks: `migration.snapshots` is off" in end.report) is (
        mended == "switched off"
    )


def test_a_snapshot_that_fails_pauses_and_is_taken_again(journey: Journey) -> None:
    storage = journey.ports.clusters.infrastructure.storage
    storage.snapshots_fail = True
    heard = journey._on_event

    def mend(name: str, state: object) -> None:
        if name.startswith("paused"):
            storage.snapshots_fail = False
        heard(name, state)

    journey._on_event = mend  # type: ignore[method-assign]
    journey.on_pause = ["resume"]
    journey.at_step["attach"] = lambda: journey.send_signal("rollback")
    end = journey.run()
    assert end.outcome == ROLLED_BACK
    [paused] = journey.paused
    assert paused.what == "4 snapshots of disks ended in an error" and "shop/data-db-0" in paused.why
    assert sorted(snapshot.status for snapshot in storage.snapshots.values()) == ["available"] * 4


def test_a_snapshot_of_somebody_else_stays_and_keeps_the_disk(journey: Journey) -> None:
    storage = journey.ports.clusters.infrastructure.storage

    def nightly() -> None:
        for disk in storage.volumes.values():
            storage.snapshot(disk.id, f"xk8s-{journey.plan.migration}-nightly", force=True)

    journey.at_step["stop"] = nightly
    assert journey.run().outcome == DONE
    assert len(storage.snapshots) == 4 and {snapshot.name for snapshot in storage.snapshots.values()} == {
        "xk8s-m1-nightly"
    }


def test_what_was_proven_before_a_pause_is_proven_again_before_the_deletion(journey: Journey) -> None:
    cloud = journey.ports.clusters
    heard, pauses = journey._on_event, []

    def wakes(name: str, state: object) -> None:
        if isinstance(state, MigrationPaused) and name not in journey.events:
            pauses.append(state)
            if len(pauses) == 1:
                scaled(cloud, "dev", "cart", 1)
        heard(name, state)

    journey._on_event = wakes  # type: ignore[method-assign]
    journey.at_step["consent: done"] = lambda: journey.send_signal("pause")
    journey.on_pause = ["resume", "rollback"]
    assert journey.run().outcome == ROLLED_BACK
    assert "ana wanted" in pauses[0].why and "stand against deleting dev" in pauses[1].what
    assert not journey.removed, "and until the last look it could be turned back"


@pytest.mark.parametrize(
    "paused", ["while the target was mended", "by somebody", "by somebody at the last moment"]
)
def test_a_source_that_changed_during_a_pause_right_before_the_cut_over_is_copied_again(
    journey: Journey, paused: str
) -> None:
    cloud = journey.ports.clusters
    heard = journey._on_event

    def mended(name: str, state: object) -> None:
        if isinstance(state, MigrationPaused) and name not in journey.events:
            journey.ports.unhealthy = ""
            kube_writing.patch(
                cloud.kube("dev"), "/api/v1/namespaces/shop/configmaps/settings", {"data": {"MODE": "other"}}
            )
        heard(name, state)

    def unwell() -> None:
        journey.ports.unhealthy = "calico on new: 1 of 3 nodes"

    journey._on_event = mended  # type: ignore[method-assign]
    if paused == "while the target was mended":
        journey.at_step["look at the target"] = unwell
    else:
        journey.at_step["quiesce: begin" if "last" in paused else "decide: done"] = lambda: (
            journey.send_signal("pause")
        )
    journey.on_pause = ["resume", "resume"]
    assert journey.run().outcome == DONE
    first, second = journey.paused
    assert first.step is second.step is Step.DECIDE and second.what.startswith(
        "1 object of the source changed"
    )
    assert "ConfigMap shop/settings (changed)" in journey.paused[1].why
    copied = cloud.kube("new").get("/api/v1/namespaces/shop/configmaps/settings", dict)
    assert copied["data"]["MODE"] == "other"


ANOTHER = DigestKeys(keys=(b"of another replica",), per_replica=True)


def written(journey: Journey, data: dict[str, str]) -> None:
    """Somebody writes to a Secret of the source."""
    path = "/api/v1/namespaces/shop/secrets/database"
    kube_writing.patch(
        journey.ports.clusters.kube("dev"), path, {"data": data, "metadata": {"labels": {"x": "y"}}}
    )
    kube_writing.patch(journey.ports.clusters.kube("dev"), path, {"metadata": {"labels": {"x": None}}})


def taken_over(journey: Journey) -> None:
    """Another replica goes on, whose key is another one."""
    journey.ports.digest_keys = ANOTHER


def test_a_replica_with_another_key_goes_on_where_no_secret_was_written(journey: Journey) -> None:
    journey.at_step["second look"] = lambda: taken_over(journey)
    assert journey.run().outcome == DONE
    assert not journey.paused


def test_a_replica_with_another_key_says_what_it_cannot_tell_and_plans_anew(journey: Journey) -> None:
    def written_and_taken_over() -> None:
        written(journey, {})
        taken_over(journey)

    journey.at_step["second look"] = written_and_taken_over
    journey.on_pause = ["resume"]
    assert journey.run().outcome == DONE
    [paused] = journey.paused
    assert paused.what.startswith("I cannot tell whether 1 Secret of the source changed")
    assert "Secret shop/database" in paused.why and "XK8S_AUDIT_KEY is not the same" in paused.why
    assert "Set one XK8S_AUDIT_KEY" in paused.fix
    assert journey.plan.key != journey.row.plan["key"] == ANOTHER.mark


@pytest.mark.parametrize(("data", "outcome"), [({}, DONE), ({"password": "YW5vdGhlcg=="}, ROLLED_BACK)])
def test_before_a_deletion_a_replica_with_another_key_compares_with_the_copies(
    journey: Journey, data: dict[str, str], outcome: str
) -> None:
    def written_and_taken_over() -> None:
        written(journey, data)
        taken_over(journey)

    journey.at_step["recheck at last"] = written_and_taken_over
    journey.on_pause = ["rollback"]
    assert journey.run().outcome == outcome
    assert [
        "may have changed on the source: Secret shop/database: data" in event.why for event in journey.paused
    ] == ([True] if data else [])
    assert "YW5vdGhlcg" not in str([vars(event) for event in journey.paused])

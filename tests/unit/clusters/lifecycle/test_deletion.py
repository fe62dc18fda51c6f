"""A cluster is deleted by its UUID, followed until it is gone, and never while a migration names it."""

from __future__ import annotations

import pytest

from bot.adapters.durable.flow import OwnershipLost, ProcessStopping
from bot.adapters.openstack.magnum_errors import MagnumForbidden, MagnumRejected
from bot.clusters.lifecycle.deletion import ClusterDeletion
from bot.clusters.lifecycle.provisioner import OPERATION_LABEL
from bot.clusters.lifecycle.results import ClusterDeleted, ClusterDeleting
from bot.common.problems import Problem
from bot.drivers.verification.report import Verdict
from tests.unit.clusters.lifecycle.journal_flow import (
    LIMITS,
    UNREACHABLE,
    Clock,
    Cloud,
    Journal,
    JournalRun,
    project_cloud,
)


class Migrations:
    """Names clusters of open migrations."""

    def __init__(self) -> None:
        self.named: dict[str, str] = {}

    def open_migration_of(self, cluster: str, *, ordered_by: str = "") -> str | None:
        return self.named.get(cluster) or self.named.get(ordered_by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cloud(clock: Clock) -> Cloud:
    magnum = Cloud(clock)
    magnum.seconds_to_build = 0.0
    return magnum


@pytest.fixture
def cluster(cloud: Cloud) -> str:
    return cloud.create_cluster({"name": "dev"}, operation="")


def play(cloud: Cloud, cluster: str, run: JournalRun, migrations: Migrations | None = None) -> ClusterDeleted:
    cloud.point = run.point
    workflow = ClusterDeletion(
        lambda _project, _operation: project_cloud(cloud, [Verdict.HEALTHY]),
        migrations=migrations or Migrations(),
        limits=lambda: LIMITS,
        now=cloud.clock,
    )
    return workflow(run.flow, {"id": cluster, "name": "dev"})


def test_it_is_gone_when_magnum_does_not_know_it_any_more(cloud: Cloud, cluster: str, clock: Clock) -> None:
    run = JournalRun(Journal(), clock)
    result = play(cloud, cluster, run)
    assert result.seconds >= 30 and not result.was_gone and cloud.deleted == [cluster]
    assert cloud.forgotten == [cluster]
    assert {type(state) for state in run.told.states} == {ClusterDeleting}


def test_a_run_may_be_cut_off_at_any_effect(clock: Clock) -> None:
    cuts = 0
    for first in range(12):
        cloud, journal = Cloud(clock), Journal()
        cloud.seconds_to_build = 0.0
        cluster = cloud.create_cluster({"name": "dev"}, operation="")
        namesake = cloud.create_cluster({"name": "dev"}, operation="")
        try:
            play(cloud, cluster, JournalRun(journal, clock, cut=first))
        except ProcessStopping:
            cuts += 1
            play(cloud, cluster, JournalRun(journal, clock))
        assert set(cloud.deleted) == {cluster} and namesake in {body["uuid"] for body in cloud.clusters()}
    assert cuts >= 4


def test_one_that_is_gone_already_is_said_to_be(cloud: Cloud, clock: Clock) -> None:
    assert play(cloud, "no-such", JournalRun(Journal(), clock)).was_gone


def test_one_that_an_open_migration_names_is_not_deleted_though_it_was_approved(
    cloud: Cloud, cluster: str, clock: Clock
) -> None:
    migrations = Migrations()
    migrations.named[cluster] = "m42"
    with pytest.raises(Problem, match="part of the migration m42"):
        play(cloud, cluster, JournalRun(Journal(), clock), migrations)
    assert not cloud.deleted


def test_one_that_an_open_migration_has_ordered_is_not_deleted_while_nobody_knows_its_id(
    cloud: Cloud, clock: Clock
) -> None:
    cluster = cloud.create_cluster(
        {"name": "dev-calico", "labels": {OPERATION_LABEL: "of-m1"}}, operation="of-m1"
    )
    migrations = Migrations()
    migrations.named["of-m1"] = "m1"
    with pytest.raises(Problem, match="part of the migration m1"):
        play(cloud, cluster, JournalRun(Journal(), clock), migrations)
    assert not cloud.deleted


def test_a_replica_that_was_taken_over_deletes_nothing(cloud: Cloud, cluster: str, clock: Clock) -> None:
    with pytest.raises(OwnershipLost):
        play(cloud, cluster, JournalRun(Journal(), clock, lost_at=1))
    assert not cloud.deleted


def test_delete_failed_is_told_with_the_reason(cloud: Cloud, cluster: str, clock: Clock) -> None:
    cloud.found[cluster]["stuck"] = "One or more ports have an IP allocation from this subnet"
    with pytest.raises(Problem) as error:
        play(cloud, cluster, JournalRun(Journal(), clock))
    assert "One or more ports" in error.value.why and "again" in error.value.fix


def test_what_failed_in_an_earlier_deletion_is_not_taken_for_the_end_of_this_one(
    cloud: Cloud, cluster: str, clock: Clock
) -> None:
    cloud.after_build = {"status": "DELETE_FAILED", "status_reason": "long ago", "updated_at": "then"}
    assert not play(cloud, cluster, JournalRun(Journal(), clock)).was_gone


def test_a_magnum_that_hangs_up_is_asked_again_and_one_that_refuses_is_believed(
    cloud: Cloud, cluster: str, clock: Clock
) -> None:
    cloud.refuse = [UNREACHABLE, UNREACHABLE]
    assert play(cloud, cluster, JournalRun(Journal(), clock)).seconds > 0
    namesake = cloud.create_cluster({"name": "dev"}, operation="")
    cloud.refuse = [MagnumForbidden("Magnum did not delete the cluster", why="HTTP 403")]
    with pytest.raises(Problem):
        play(cloud, namesake, JournalRun(Journal(), clock))


def test_magnums_400_late_in_a_deletion_is_waited_for(
    cloud: Cloud, cluster: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = MagnumRejected("Magnum did not show it", why="master_count. Value: '0'")
    odd.status = 400
    cluster_of, answers = cloud.cluster, iter([None, odd, odd])

    def sometimes(ref: str) -> dict[str, object]:
        failure = next(answers, None)
        if failure is not None:
            raise failure
        return cluster_of(ref)

    monkeypatch.setattr(cloud, "cluster", sometimes)
    assert play(cloud, cluster, JournalRun(Journal(), clock)).seconds > 0


def test_one_that_never_goes_ends_at_the_limit(cloud: Cloud, cluster: str, clock: Clock) -> None:
    cloud.found[cluster]["stuck"] = "x"
    cloud._shown = lambda body: {**body, "status": "DELETE_IN_PROGRESS"}  # type: ignore[method-assign]
    with pytest.raises(Problem, match="was not deleted within 1 h"):
        play(cloud, cluster, JournalRun(Journal(), clock))

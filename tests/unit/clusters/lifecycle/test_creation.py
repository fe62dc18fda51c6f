"""A cluster is built once, whatever is lost and whoever dies; its end says what there is."""

from __future__ import annotations

import pytest

from bot.adapters.durable.flow import OwnershipLost, ProcessStopping
from bot.adapters.openstack.magnum_errors import MagnumFailed, MagnumRejected
from bot.clusters.lifecycle.creation import ClusterCreation
from bot.clusters.lifecycle.provisioner import OPERATION_LABEL, ClusterOrder, Provisioner
from bot.clusters.lifecycle.results import ClusterBuilding, ClusterCreated, ClusterVerifying
from bot.common.problems import Problem
from bot.drivers.verification.report import Verdict
from storage.database import Database
from storage.reservations import ReservationRepository
from tests.unit.clusters.lifecycle.journal_flow import (
    LIMITS,
    OPERATION,
    UNREACHABLE,
    Clock,
    Cloud,
    Journal,
    JournalRun,
    project_cloud,
)

ORDER = ClusterOrder(
    name="dev",
    template="t-1",
    template_name="base-calico",
    driver="calico",
    kubernetes="v1.29.5",
    nodes=2,
    masters=1,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cloud(clock: Clock) -> Cloud:
    return Cloud(clock)


@pytest.fixture
def reservations(database: Database) -> ReservationRepository:
    return ReservationRepository(database)


def play(
    cloud: Cloud, reservations: ReservationRepository, run: JournalRun, verdicts: list[Verdict] | None = None
) -> ClusterCreated:
    cloud.point = run.point
    workflow = ClusterCreation(
        lambda _project, _operation: project_cloud(cloud, verdicts or [Verdict.HEALTHY]),
        Provisioner(reservations, now=cloud.clock),
        limits=lambda: LIMITS,
        now=cloud.clock,
    )
    return workflow(run.flow, ORDER.to_json())


def test_a_cluster_is_ordered_with_the_templates_labels_and_our_mark_then_verified(
    cloud: Cloud, reservations: ReservationRepository, clock: Clock
) -> None:
    run = JournalRun(Journal(), clock)
    created = play(cloud, reservations, run, [Verdict.UNREACHABLE, Verdict.DEGRADED, Verdict.HEALTHY])
    (body,) = cloud.found.values()
    assert body["labels"] == {
        "calico_tag": "v3.26.4",
        "grafana_admin_passwd": "s3cret",
        OPERATION_LABEL: OPERATION,
    }
    assert "s3cret" not in str(run.journal.kept) and "s3cret" not in str(ORDER.to_json())
    assert (body["node_count"], body["master_count"], body["cluster_template_id"]) == (2, 1, "t-1")
    assert (
        created.healthy and created.id == body["uuid"] and created.api_address and created.build_seconds >= 60
    )
    states = [type(state) for state in run.told.states]
    assert states[0] is ClusterBuilding and states[-1] is ClusterVerifying
    assert [name for name, _ in run.told.changes] == ["built"]
    assert reservations.reserve("xloud", "dev", operation="other", now=clock.now) == "other"


def test_a_run_may_be_cut_off_at_any_effect_and_there_is_one_cluster_in_the_end(
    reservations: ReservationRepository,
) -> None:
    cuts = 0
    for first in range(40):
        for cast_seconds in (0.0, 4.0):
            clock = Clock()
            cloud, journal = Cloud(clock), Journal()
            cloud.cast_seconds = cast_seconds
            try:
                play(cloud, reservations, JournalRun(journal, clock, cut=first))
            except ProcessStopping:
                cuts += 1
                created = play(cloud, reservations, JournalRun(journal, clock))
                assert created.healthy
            assert cloud.ordered == 1 and len(cloud.found) == 1, f"cut at {first}"
    assert cuts >= 20


@pytest.mark.parametrize("accepted", [True, False])
def test_an_order_whose_answer_is_lost_is_looked_for_before_it_is_sent_again(
    cloud: Cloud, reservations: ReservationRepository, clock: Clock, accepted: bool
) -> None:
    cloud.cast_seconds = 2.0
    if accepted:
        cloud.lose_answers = 1
    else:
        cloud.refuse = [UNREACHABLE]
    assert play(cloud, reservations, JournalRun(Journal(), clock)).healthy
    assert len(cloud.found) == 1


def test_a_magnum_that_stays_away_ends_in_its_own_words(
    cloud: Cloud, reservations: ReservationRepository, clock: Clock
) -> None:
    cloud.refuse = [MagnumFailed("Magnum did not create the cluster", why="HTTP 503")] * 9
    with pytest.raises(Problem) as error:
        play(cloud, reservations, JournalRun(Journal(), clock))
    assert error.value.why == "HTTP 503" and not cloud.found


def test_what_magnum_refuses_is_not_tried_again_and_told_the_same_after_a_crash(
    cloud: Cloud, reservations: ReservationRepository, clock: Clock
) -> None:
    cloud.refuse = [
        MagnumRejected("Magnum did not create the cluster", why="HTTP 400: no keypair", fix="Check it.")
    ]
    journal = Journal()
    with pytest.raises(Problem):
        play(cloud, reservations, JournalRun(journal, clock))
    with pytest.raises(Problem) as again:
        play(cloud, reservations, JournalRun(journal, clock))
    assert (again.value.why, again.value.fix) == ("HTTP 400: no keypair", "Check it.")
    assert cloud.ordered == 0


def test_another_request_for_the_same_name_is_refused_while_the_first_goes_on(
    cloud: Cloud, reservations: ReservationRepository, clock: Clock
) -> None:
    assert reservations.reserve("xloud", "dev", operation="first" + "0" * 27, now=clock.now).startswith(
        "first"
    )
    with pytest.raises(Problem, match="is being created already"):
        play(cloud, reservations, JournalRun(Journal(), clock))
    assert not cloud.found


def test_a_name_that_somebody_took_meanwhile_is_refused(
    cloud: Cloud, reservations: ReservationRepository, clock: Clock
) -> None:
    cloud.create_cluster({"name": "dev", "labels": {}}, operation="")
    with pytest.raises(Problem, match="There is a cluster dev already"):
        play(cloud, reservations, JournalRun(Journal(), clock))
    assert len(cloud.found) == 1


def test_what_a_paused_process_ordered_after_it_was_taken_over_is_taken_back(
    cloud: Cloud, reservations: ReservationRepository, clock: Clock
) -> None:
    """It passed the fence, was paused, and woke up after another replica had ordered the same cluster."""
    stale = JournalRun(Journal(), clock, lost_at=2)
    order = ORDER.to_magnum(OPERATION, {})
    original = cloud.create_cluster

    def late(values: dict[str, object], *, operation: str) -> str:
        original(order, operation=operation)  # the other replica's
        return original(values, operation=operation)

    cloud.create_cluster = late  # type: ignore[method-assign, assignment]
    with pytest.raises(OwnershipLost):
        play(cloud, reservations, stale)
    assert len(cloud.deleted) == 1 and len(cloud.found) == 2


def test_create_failed_is_told_with_reason_and_faults(
    cloud: Cloud, reservations: ReservationRepository, clock: Clock
) -> None:
    cloud.after_build = {
        "status": "CREATE_FAILED",
        "status_reason": "default-master failed",
        "faults": {"default-master": "No valid host was found"},
    }
    with pytest.raises(Problem, match="could not build") as error:
        play(cloud, reservations, JournalRun(Journal(), clock))
    assert "default-master failed" in error.value.why and "No valid host was found" in error.value.why
    assert "/xk8s cluster delete" in error.value.fix


def test_a_cluster_that_is_never_built_ends_at_the_limit_and_says_that_it_may_still_come(
    cloud: Cloud, reservations: ReservationRepository, clock: Clock
) -> None:
    cloud.seconds_to_build = 1e9
    with pytest.raises(Problem, match="was not built within 1 h 30 min") as error:
        play(cloud, reservations, JournalRun(Journal(), clock))
    assert "CREATE_IN_PROGRESS" in error.value.why and "may still come" in error.value.fix


def test_a_cluster_that_vanishes_while_it_is_built_is_told(
    cloud: Cloud, reservations: ReservationRepository, clock: Clock
) -> None:
    cloud.cast_seconds = 1e9  # answered for, and never stored
    with pytest.raises(Problem, match="is gone"):
        play(cloud, reservations, JournalRun(Journal(), clock))


def test_a_driver_that_never_becomes_healthy_is_told_with_the_last_look(
    cloud: Cloud, reservations: ReservationRepository, clock: Clock
) -> None:
    created = play(cloud, reservations, JournalRun(Journal(), clock), [Verdict.UNKNOWN, Verdict.DEGRADED])
    assert not created.healthy and created.report.verdict is Verdict.DEGRADED and created.shortfall == ""
    unread = play(cloud, reservations, JournalRun(Journal(), clock), [Verdict.UNREACHABLE])
    assert "could not be verified: connection refused" in unread.shortfall

"""The `migrate` words: begun once, shown from the register, and steered by signals that it can follow."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.access.approvals import ID_LETTERS
from bot.actions.migrations import (
    MigrateCancel,
    MigrateList,
    MigratePause,
    MigrateResume,
    MigrateRollback,
    MigrateShow,
    MigrateStart,
)
from bot.actions.request import OperationId, Person, Place
from bot.actions.service import Context
from bot.migration.planning.planner import Planned
from bot.migration.results import RollbackConfirmation, SignalSent
from bot.migration.service import (
    ClusterInMigration,
    MigrationServices,
    NoMigration,
    SignalRefused,
    migration_id,
)
from bot.migration.workflow.signals import Signal
from bot.migration.workflow.step import Step
from storage.cluster_migrations import BACK, DONE, PAUSED, ClusterMigrationRepository
from storage.database import Database
from tests.unit.access.approval_requests import desk
from tests.unit.migration.builders import workload
from tests.unit.migration.planning.plans import plan

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
START = MigrateStart(cluster="dev", template="t")
OPTIONS = {"deploy": None, "soak": 3_600.0}


class Planner:
    """Plans the move of one Deployment, and asks whether both clusters are free."""

    def __init__(self) -> None:
        self.plans = 0

    def plan(
        self, _action: MigrateStart, *, migration: str, refuse_taken: Callable[[str], None], **_context: Any
    ) -> Planned:
        refuse_taken("u1")
        self.plans += 1
        return Planned(plan=plan(workload(name="web"), migration=migration), options=dict(OPTIONS))


@dataclasses.dataclass
class Desk:
    """The services, and what they use."""

    services: MigrationServices
    planner: Planner
    register: ClusterMigrationRepository


@pytest.fixture
def service(sqlite_url: str) -> Iterator[Desk]:
    database = Database.open(sqlite_url)
    database.upgrade()
    planner: Any = Planner()
    register = ClusterMigrationRepository(database)
    approvals = desk(database, required=frozenset({"migrate.start"}))
    services = MigrationServices(planner, register, approvals, "https://slack/{}".format, lambda: NOW)
    yield Desk(services, planner, register)
    database.dispose()


def context(operation: str = "op1", project: str = "shop") -> Context:
    return Context(
        operation=OperationId(operation),
        reference=operation,
        person=Person(id="U1", name="ana"),
        place=Place(),
        project=project,
        resumed=False,
        progress=lambda _state: None,
    )


def begin(service: Desk, **stored: Any) -> str:
    """Begin a migration, and put it where a test wants it."""
    service.services.start(START, context())
    migration = migration_id("op1")
    if stored:
        service.register.update_state(migration, **stored)
    return migration


def test_an_operation_always_has_the_same_short_id() -> None:
    ids = {migration_id(f"operation-{number}") for number in range(500)}
    assert len(ids) == 500 and migration_id("operation-7") == migration_id("operation-7")
    assert all(
        migration[0] == "m" and len(migration) == 6 and set(migration[1:]) <= set(ID_LETTERS)
        for migration in ids
    )


def test_a_migration_is_stored_with_its_plan_before_its_workflow_begins(service: Desk) -> None:
    work = service.services.start(START, context())
    row = service.register.get(migration_id("op1"))
    assert (work.work, work.input) == ("migrate", {"migration": migration_id("op1")})
    assert row is not None
    assert (row.source_name, row.target_name, row.actor_name) == ("dev", "new", "ana")
    assert (row.step, row.waits, row.order) == ("deploy", "waits for its turn", OPTIONS)
    assert row.plan["items"]


def test_an_attempt_that_was_cut_off_goes_on_with_what_it_has_begun(service: Desk) -> None:
    first = service.services.start(START, context())
    assert service.services.start(START, context()) == first and service.planner.plans == 1


def test_one_open_migration_at_most_names_a_cluster(service: Desk) -> None:
    migration = begin(service)
    with pytest.raises(ClusterInMigration) as refusal:
        service.services.start(START, context("op2"))
    assert refusal.value.what == f"The migration {migration} moves one of these clusters already"
    assert f"`/xk8s migrate cancel {migration}`" in refusal.value.fix
    service.register.update_state(migration, state=DONE, ended_at=NOW)
    service.services.start(START, context("op2"))


def test_approvers_are_shown_the_plan_until_it_has_begun(service: Desk) -> None:
    proposal = service.services.propose(START, context())
    assert proposal.headline == "Migrate dev from flannel to calico" and proposal.documents
    begin(service)
    assert service.services.propose(START, context()).kind == "migrate.begun"


def test_a_project_lists_its_own_migrations(service: Desk) -> None:
    migration = begin(service)
    listed = service.services.list(MigrateList(), context())
    [summary] = listed.migrations
    assert (summary.id, summary.route, summary.by) == (migration, "flannel → calico", "ana")
    assert summary.choices == (Signal.PAUSE, Signal.CANCEL)
    assert not service.services.list(MigrateList(), context(project="other")).migrations


def test_a_migration_is_shown_with_its_plan_and_the_next_decision(service: Desk) -> None:
    migration = begin(service)
    action = MigrateShow(migration=migration)
    details = service.services.show(action, context())
    assert details.link == "https://slack/op1"
    assert details.plan.startswith("# Plan: dev (flannel) to new (calico)")
    assert details.next_decision == "the cut-over (migrate.cutover)"
    service.register.update_state(migration, step="soak")
    assert "(migrate.delete)" in service.services.show(action, context()).next_decision
    service.register.update_state(migration, state=DONE, ended_at=NOW)
    ended = service.services.show(action, context())
    assert (ended.next_decision, ended.summary.choices) == ("", ())


def test_another_project_cannot_see_it(service: Desk) -> None:
    migration = begin(service)
    with pytest.raises(NoMigration, match=f"There is no migration {migration} in other"):
        service.services.show(MigrateShow(migration=migration), context(project="other"))


def test_a_signal_is_stored_once_for_the_workflow_to_hear(service: Desk) -> None:
    migration = begin(service)
    for _ in range(2):  # the request may be repeated
        signal = service.services.pause(MigratePause(migration=migration), context("op2"))
    assert signal == SignalSent(
        migration=migration, word=Signal.PAUSE, source="dev", target="new", step=Step.DEPLOY
    )
    pending = service.register.pending_signal(migration)
    assert pending is not None and (pending.word, pending.number, pending.by) == ("pause", 1, "ana")


def test_a_signal_that_the_step_refuses_is_not_stored(service: Desk) -> None:
    migration = begin(service, step="start")
    with pytest.raises(SignalRefused) as refusal:
        service.services.cancel(MigrateCancel(migration=migration), context("op2"))
    assert refusal.value.what == f"The migration {migration} cannot be cancelled now"
    assert "roll it back instead" in refusal.value.why
    with pytest.raises(SignalRefused, match="cannot be resumed now"):
        service.services.resume(MigrateResume(migration=migration), context("op3"))
    pending = service.register.pending_signal(migration)
    assert pending is not None and pending.number == 0


def test_a_paused_migration_can_be_resumed(service: Desk) -> None:
    migration = begin(service, state=PAUSED)
    assert service.services.resume(MigrateResume(migration=migration), context("op2")).word is Signal.RESUME


def test_a_migration_that_has_ended_hears_nothing(service: Desk) -> None:
    migration = begin(service, state=DONE, ended_at=NOW)
    with pytest.raises(SignalRefused, match=f"The migration {migration} has ended: done"):
        service.services.pause(MigratePause(migration=migration), context("op2"))


@pytest.mark.parametrize(
    ("stored", "yes", "confirmed"),
    [
        ({"step": "start"}, False, True),
        ({"step": "traffic"}, False, False),
        ({"step": "traffic"}, True, True),
        ({"step": "traffic", "state": BACK}, False, True),
    ],
)
def test_after_the_traffic_was_switched_a_roll_back_is_confirmed(
    service: Desk, stored: dict[str, str], yes: bool, confirmed: bool
) -> None:
    migration = begin(service, **stored)
    action = MigrateRollback(migration=migration, yes=yes)
    outcome = service.services.rollback(action, context("op2"))
    assert isinstance(outcome, SignalSent if confirmed else RollbackConfirmation)

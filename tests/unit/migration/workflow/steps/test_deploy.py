"""The target of a migration is the migration's from the moment it was ordered: nobody deletes it while
it is built.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bot.actions.clusters import ClusterDelete
from bot.actions.request import OperationId, Person, Place
from bot.actions.service import Context
from bot.adapters.durable.flow import Json
from bot.clusters.catalog import ClusterCatalog
from bot.clusters.lifecycle.deletion import NamedByMigration
from bot.clusters.lifecycle.provisioner import ClusterOrder, Provisioner
from bot.clusters.service import ClusterServices
from bot.drivers.verification.report import Verdict
from bot.migration.workflow.run import Run
from bot.migration.workflow.signals import RollbackRequested, Signal
from bot.migration.workflow.steps.deploy import deploy
from storage.cluster_migrations import CANCELLED
from storage.reservations import ReservationRepository
from tests.unit.clusters.lifecycle.journal_flow import LIMITS, OPERATION, Cloud, project_cloud
from tests.unit.migration.workflow.project_migrations import ProjectMigrations

ORDER = ClusterOrder(
    name="new",
    template="t",
    template_name="k8s-calico",
    driver="calico",
    kubernetes="v1.29.5",
    nodes=3,
    masters=1,
)


class Magnum(Cloud):
    """A Magnum with templates; what it is told is heard."""

    def templates(self) -> list[Json]:
        return [{"uuid": "t", "name": "k8s-calico", "network_driver": "calico"}]

    def clusters(self) -> list[Json]:
        return [{"cluster_template_id": "t", **cluster} for cluster in super().clusters()]


@pytest.fixture
def project(project: ProjectMigrations) -> ProjectMigrations:
    project.store("m9", operation=OPERATION)
    return project


@pytest.fixture
def magnum(project: ProjectMigrations) -> Magnum:
    return Magnum(project.clock)


def deployed(project: ProjectMigrations, magnum: Magnum) -> Run:
    run, _played = project.run("m9", ports=SimpleNamespace(cloud=project_cloud(magnum, [Verdict.HEALTHY])))
    deploy(run, Provisioner(ReservationRepository(project.database), now=project.clock), ORDER, LIMITS.create)
    return run


def delete(project: ProjectMigrations, magnum: Magnum) -> object:
    """What `cluster delete new` comes to."""
    catalog = ClusterCatalog(project="shop", magnum=magnum, configured={})
    projects: Any = SimpleNamespace(
        get=lambda *_asked, **_more: SimpleNamespace(name="shop", catalog=catalog)
    )
    context: Any = Context(
        operation=OperationId("another"),
        reference="anot",
        person=Person(id="U2"),
        place=Place(),
        project="shop",
        resumed=False,
        progress=lambda _state: None,
    )
    return ClusterServices(projects, project.register).delete(ClusterDelete(cluster="new"), context)


def refused(project: ProjectMigrations, magnum: Magnum) -> str:
    with pytest.raises(NamedByMigration) as named:
        delete(project, magnum)
    return named.value.what


def test_a_target_cannot_be_deleted_from_the_moment_magnum_has_taken_the_order(
    project: ProjectMigrations, magnum: Magnum
) -> None:
    refusals: list[str] = []
    order = magnum.create_cluster

    def ordered(values: Mapping[str, Any], *, operation: str) -> str:
        uuid = order(values, operation=operation)
        refusals.append(refused(project, magnum))  # Magnum has it, and nobody has heard its id
        return uuid

    magnum.create_cluster = ordered  # type: ignore[method-assign]
    project.clock.meanwhile = [lambda: refusals.append(refused(project, magnum))] * 3
    run = deployed(project, magnum)
    assert refusals == ["new is part of the migration m9, so it is not deleted"] * 4
    row = project.register.get("m9")
    assert row is not None and row.target == run.recorded.target
    assert refused(project, magnum)


def test_its_id_is_noted_while_it_is_built_so_that_no_other_migration_takes_it(
    project: ProjectMigrations, magnum: Magnum
) -> None:
    migrations: list[str | None] = []

    def look() -> None:
        [target] = magnum.found
        migrations.append(project.register.open_migration_of(target))

    project.clock.meanwhile = [look]
    deployed(project, magnum)
    assert migrations == ["m9"]


def test_what_a_migration_that_was_cancelled_has_left_can_be_deleted(
    project: ProjectMigrations, magnum: Magnum
) -> None:
    project.clock.meanwhile = [lambda: project.signal("m9", Signal.CANCEL)]
    with pytest.raises(RollbackRequested):
        deployed(project, magnum)
    assert refused(project, magnum)
    project.register.update_state("m9", state=CANCELLED, ended_at=project.clock.now)
    assert dataclasses.is_dataclass(delete(project, magnum))


def test_an_order_waits_for_its_turn_and_is_given_up_meanwhile(
    project: ProjectMigrations, magnum: Magnum
) -> None:
    before = project.clock.now
    magnum.after_build = {"status": "CREATE_FAILED", "status_reason": "no room"}

    def others() -> None:
        project.work("m1")
        project.work("m2")
        project.signal("m9", Signal.RESUME)

    def paused() -> bool:
        row = project.register.get("m9")
        return row is not None and row.state == "paused"

    def until_paused() -> None:
        if paused():
            others()
        else:
            project.clock.meanwhile.insert(0, until_paused)

    def give_up() -> None:
        if "waits for its turn" in project.waits("m9"):
            project.register.send_signal("m9", str(Signal.CANCEL), by="ana", operation="wish-2")
        else:
            project.clock.meanwhile.insert(0, give_up)

    project.clock.meanwhile = [until_paused, give_up]
    with pytest.raises(RollbackRequested):
        deployed(project, magnum)
    assert magnum.ordered == 1 and not magnum.deleted, "nothing is done about it before its turn"
    assert project.working() == {"m1", "m2"}
    assert project.clock.now - before < timedelta(hours=2)

"""The target of a migration is the migration's from the moment it was ordered: nobody deletes it while
it is built.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterator
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
from tests.unit.clusters.lifecycle.journal_flow import LIMITS, OPERATION, Cloud, site
from tests.unit.migration.workflow.project_migrations import House, opened

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
        return [{"cluster_template_id": "t", **each} for each in super().clusters()]


@pytest.fixture
def house(tmp_path: pathlib.Path) -> Iterator[House]:
    with opened(tmp_path) as made:
        made.notes("m9", operation=OPERATION)
        yield made


@pytest.fixture
def magnum(house: House) -> Magnum:
    return Magnum(house.clock)


def deployed(house: House, magnum: Magnum) -> Run:
    run, _played = house.run("m9", ports=SimpleNamespace(cloud=site(magnum, [Verdict.HEALTHY])))
    deploy(run, Provisioner(ReservationRepository(house.database), now=house.clock), ORDER, LIMITS.create)
    return run


def delete(house: House, magnum: Magnum) -> object:
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
    return ClusterServices(projects, house.register).delete(ClusterDelete(cluster="new"), context)


def refused(house: House, magnum: Magnum) -> str:
    with pytest.raises(NamedByMigration) as named:
        delete(house, magnum)
    return named.value.what


def test_a_target_cannot_be_deleted_from_the_moment_magnum_has_taken_the_order(
    house: House, magnum: Magnum
) -> None:
    said: list[str] = []
    order = magnum.create_cluster

    def ordered(values: Json, *, operation: str) -> str:
        made = order(values, operation=operation)
        said.append(refused(house, magnum))  # Magnum has it, and nobody has heard its id
        return made

    magnum.create_cluster = ordered  # type: ignore[method-assign]
    house.clock.meanwhile = [lambda: said.append(refused(house, magnum))] * 3
    run = deployed(house, magnum)
    assert said == ["new is part of the migration m9, so it is not deleted"] * 4
    found = house.register.get("m9")
    assert found is not None and found.target == run.recorded.target
    assert refused(house, magnum)


def test_its_id_is_noted_while_it_is_built_so_that_no_other_migration_takes_it(
    house: House, magnum: Magnum
) -> None:
    seen: list[str | None] = []

    def look() -> None:
        [target] = magnum.found
        seen.append(house.register.naming(target))

    house.clock.meanwhile = [look]
    deployed(house, magnum)
    assert seen == ["m9"]


def test_what_a_migration_that_was_cancelled_has_left_can_be_deleted(house: House, magnum: Magnum) -> None:
    house.clock.meanwhile = [lambda: house.want("m9", Signal.CANCEL)]
    with pytest.raises(RollbackRequested):
        deployed(house, magnum)
    assert refused(house, magnum)
    house.register.stands("m9", state=CANCELLED, ended_at=house.clock.now)
    assert dataclasses.is_dataclass(delete(house, magnum))


def test_an_order_waits_for_its_turn_and_is_given_up_meanwhile(house: House, magnum: Magnum) -> None:
    begun = house.clock.now
    magnum.after_build = {"status": "CREATE_FAILED", "status_reason": "no room"}

    def others() -> None:
        house.works("m1")
        house.works("m2")
        house.want("m9", Signal.RESUME)

    def paused() -> bool:
        found = house.register.get("m9")
        return found is not None and found.state == "paused"

    def until_paused() -> None:
        if paused():
            others()
        else:
            house.clock.meanwhile.insert(0, until_paused)

    def give_up() -> None:
        if "waits for its turn" in house.waits("m9"):
            house.register.want("m9", str(Signal.CANCEL), by="ana", operation="wish-2")
        else:
            house.clock.meanwhile.insert(0, give_up)

    house.clock.meanwhile = [until_paused, give_up]
    with pytest.raises(RollbackRequested):
        deployed(house, magnum)
    assert magnum.ordered == 1 and not magnum.deleted, "nothing is done about it before its turn"
    assert house.working() == {"m1", "m2"}
    assert house.clock.now - begun < timedelta(hours=2)

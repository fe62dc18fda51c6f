"""What clouds, clusters and people do to a migration: it pauses with the reason and the choices, or goes on by itself."""

from __future__ import annotations

import dataclasses
import pathlib

import pytest

from tests.e2e.moving_house import SMALL, WORDS, Movers, migration_of, moving_house

pytestmark = pytest.mark.timeout(300)


def test_a_cluster_that_magnum_cannot_build_pauses_and_is_built_anew(movers: Movers) -> None:
    office, cloud = movers.office, movers.office.world.cloud
    cloud.ailments = dataclasses.replace(cloud.ailments, no_valid_host=True)
    movers.begins(WORDS)
    paused = movers.says("Magnum could not build the cluster dev-eu-calico")
    assert "No valid host was found" in paused
    cloud.ailments = dataclasses.replace(cloud.ailments, no_valid_host=False)
    office.clicks(movers.button("Resume", "is paused at"), who="U0ANA")
    movers.says("the copy in dev-eu-calico compared equal")
    assert movers.named("dev-eu-calico") == 1


@pytest.mark.parametrize("fault", ["flaky", "conflicts", "expired"])
def test_a_target_that_stumbles_is_tried_again(movers: Movers, fault: str) -> None:
    movers.begins(WORDS)
    movers.says("the copy in dev-eu-calico compared equal")
    movers.office.fault("dev-eu-calico", fault, on=True)
    movers.approves("Cut over")
    movers.says("prove the new cluster")


@pytest.mark.parametrize("fault", ["away", "broken", "busy"])
def test_a_target_that_is_gone_pauses_and_goes_on_when_it_is_back(movers: Movers, fault: str) -> None:
    office = movers.office
    movers.begins(WORDS)
    migration = migration_of(movers.says("the copy in dev-eu-calico compared equal"))
    office.fault("dev-eu-calico", fault, on=True)
    movers.approves("Cut over")
    movers.says("is paused at")
    assert movers.pods("dev-eu", ("shop",)), "it has stopped nothing"
    office.fault("dev-eu-calico", fault, on=False)
    office.types(f"migrate resume {migration}")
    movers.says("prove the new cluster")


def test_a_target_that_never_becomes_ready_pauses_and_is_rolled_back(tmp_path: pathlib.Path) -> None:
    with moving_house(tmp_path, sets=SMALL, settings="migration: {ready_timeout: 5s}\n") as (office, _bots):
        movers = Movers(office)
        before = movers.pods("dev-eu", ("shop",))
        movers.begins(WORDS)
        migration = migration_of(movers.says("the copy in dev-eu-calico compared equal"))
        office.fault("dev-eu-calico", "registry", on=True)
        movers.approves("Cut over")
        paused = movers.says("did not become")
        assert "pods ready" in paused or "no pod is ready" in paused
        office.types(f"migrate rollback {migration}")
        movers.says("(flannel → calico): rolled back")
        office.world.settle()
        assert movers.pods("dev-eu", ("shop",)) == before


def test_a_decision_that_nobody_takes_pauses_the_migration(tmp_path: pathlib.Path) -> None:
    with moving_house(tmp_path, sets=SMALL, settings="approvals: {expire: 8s, remind: 1s}\n") as (office, _bots):
        movers = Movers(office)
        movers.begins(WORDS)
        movers.says("the copy in dev-eu-calico compared equal")
        paused = movers.says("is paused at")
        assert "nobody decided in time" in paused and "Resume to ask again" in paused
        assert movers.pods("dev-eu", ("shop",)) and movers.named("dev-eu") == 1

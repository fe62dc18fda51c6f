"""What clouds, clusters and people do to a migration: it pauses with the reason and the choices, or goes
on by itself.
"""

from __future__ import annotations

import dataclasses
import pathlib
from typing import cast

import pytest

from sandbox.kube.cluster import SandboxCluster
from tests.e2e.conftest import _text
from tests.e2e.migration_journey import IMPATIENT, LONG, SMALL, WORDS, Movers, migration_of, moving_house

pytestmark = pytest.mark.timeout(300)


def test_a_cluster_that_magnum_cannot_build_pauses_and_is_built_anew(movers: Movers) -> None:
    office, cloud = movers.office, movers.office.sandbox.cloud
    cloud.faults = dataclasses.replace(cloud.faults, no_valid_host=True)
    movers.begins(WORDS)
    paused = movers.says("Magnum could not build the cluster dev-eu-calico")
    assert "No valid host was found" in paused
    cloud.faults = dataclasses.replace(cloud.faults, no_valid_host=False)
    office.clicks(movers.button("Resume", "is paused at"), who="U0ANA")
    movers.says("the copy in dev-eu-calico compared equal")
    assert movers.named("dev-eu-calico") == 1


@pytest.mark.parametrize("fault", ["flaky", "conflicts", "expired"])
def test_a_target_that_stumbles_is_tried_again(movers: Movers, fault: str) -> None:
    movers.begins(WORDS)
    movers.says("the copy in dev-eu-calico compared equal")
    movers.office.fault("dev-eu-calico", fault, on=True)
    movers.approves("Cut over")
    movers.says("objects as planned")


@pytest.mark.parametrize("status", [429, 503])
def test_a_target_that_asks_for_time_during_the_copy_is_given_it(movers: Movers, status: int) -> None:
    movers.begins(WORDS)
    target = during_the_copy(movers)
    target.api.faults.retry_after, target.api.faults.times = 1, 9
    target.api.faults.status = status
    movers.says("the copy in dev-eu-calico compared equal")
    assert not target.api.faults.times, "it has asked, and was asked again"
    assert "paused" not in " ".join(_text(message) for message in movers.workspace.messages)


@pytest.mark.parametrize("fault", ["away", "broken", "busy", "silent"])
def test_a_target_that_is_gone_pauses_and_goes_on_when_it_is_back(tmp_path: pathlib.Path, fault: str) -> None:
    with moving_house(tmp_path, sets=SMALL, settings=IMPATIENT) as (office, _bots):
        movers = Movers(office)
        movers.begins(WORDS)
        during_the_copy(movers)
        office.fault("dev-eu-calico", fault, on=True)
        paused = movers.says("is paused at")
        assert "Resume" in paused and "Cancel" in paused and "copy the workloads" in paused
        office.fault("dev-eu-calico", fault, on=False)
        office.clicks(movers.button("Resume", "is paused at"), who="U0ANA")
        migration = migration_of(movers.says("the copy in dev-eu-calico compared equal"))
        office.fault("dev-eu-calico", fault, on=True)
        messages = len(movers.workspace.messages)
        movers.approves("Cut over")
        movers.says("is paused at", messages)
        assert movers.pods("dev-eu", ("shop",)), "it has stopped nothing"
        office.fault("dev-eu-calico", fault, on=False)
        office.types(f"migrate resume {migration}")
        movers.says("objects as planned")


def during_the_copy(movers: Movers) -> SandboxCluster:
    """Wait until the copy has begun; returns the cluster that is copied into."""
    switches = movers.office.sandbox.cluster_faults

    def begun() -> SandboxCluster | None:
        target = switches.get("dev-eu-calico")
        if target is None:
            return None
        namespace = target.cluster.store.registry.named("Namespace")
        assert namespace is not None
        names = {obj["metadata"]["name"] for obj in target.cluster.store.all_of(namespace, None)}
        return target.cluster if "shop" in names else None

    return cast("SandboxCluster", movers.office.until(begun, LONG))


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
        office.sandbox.settle()
        assert movers.pods("dev-eu", ("shop",)) == before


def test_a_decision_that_nobody_takes_pauses_the_migration(tmp_path: pathlib.Path) -> None:
    with moving_house(tmp_path, sets=SMALL, settings="approvals: {expire: 8s, remind: 1s}\n") as (
        office,
        _bots,
    ):
        movers = Movers(office)
        movers.begins(WORDS)
        movers.says("the copy in dev-eu-calico compared equal")
        paused = movers.says("is paused at")
        assert "nobody decided in time" in paused and "Resume to ask again" in paused
        assert movers.pods("dev-eu", ("shop",)) and movers.named("dev-eu") == 1

"""What servers do to a migration in the middle, and that a second try ends as if nothing had happened."""

from __future__ import annotations

import pytest

from bot.adapters.kube import writes as kube_writing
from bot.adapters.kube.errors import KubeError, ServerFailed, Unreachable
from bot.adapters.retries import Backoff
from bot.migration.copy import comparison, copier, removal
from bot.migration.copy.copier import TargetNamespaceTerminating
from bot.migration.copy.writer import WriteAction
from tests.contract.migration.conftest import Cloud, plan_request, planned
from tests.contract.migration.moves import MigrationScenario


@pytest.fixture
def scenario(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> MigrationScenario:
    brief = Backoff(attempts=4, first_pause=0.01, longest_pause=0.01)
    monkeypatch.setattr("bot.adapters.kube.client.BACKOFF", brief)
    return MigrationScenario(cloud, planned(cloud, plan_request(cloud)))


def is_proven(scenario: MigrationScenario) -> bool:
    compared = comparison.compare(scenario.writer(), scenario.target_objects(scenario.inventory()).waiting)
    return not compared.differences and all(count.planned == count.present for count in compared.counts)


def fail_after(scenario: MigrationScenario, monkeypatch: pytest.MonkeyPatch, requests: int) -> None:
    """The target's API answers 503 after some requests, until it is well again."""
    faults, remaining = scenario.cloud.clusters["new"].api.faults, [requests]
    exchange = scenario.target.exchange

    def counted(*arguments: object, **named: object) -> object:
        remaining[0] -= 1
        if remaining[0] == 0:
            faults.status = 503
        return exchange(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(scenario.target, "exchange", counted)


@pytest.mark.parametrize("requests", [12, 30, 47, 60])
def test_a_copy_that_was_cut_off_anywhere_is_finished_by_a_second_one(
    scenario: MigrationScenario, monkeypatch: pytest.MonkeyPatch, requests: int
) -> None:
    fail_after(scenario, monkeypatch, requests)
    with pytest.raises(ServerFailed):
        scenario.copy()
    monkeypatch.undo()
    scenario.cloud.clusters["new"].api.faults.status = 0
    assert not scenario.copy().failures
    assert is_proven(scenario)


def test_a_target_that_cannot_be_reached_is_told_and_nothing_is_lost(scenario: MigrationScenario) -> None:
    target = scenario.cloud.clusters["new"]
    writer, inventory = scenario.writer(), scenario.inventory()
    scenario.cloud.loopback.run(target.hang_up())
    with pytest.raises(Unreachable):
        copier.copy(writer, scenario.plan, inventory, scenario.target_objects(inventory))
    scenario.cloud.loopback.run(target.listen(scenario.cloud.loopback))
    assert not scenario.copy().failures
    assert is_proven(scenario)


def test_a_namespace_that_is_being_deleted_is_named(scenario: MigrationScenario) -> None:
    scenario.cloud.deploy(
        "new",
        [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "billing"}},
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "stuck", "namespace": "billing", "finalizers": ["corp.example/never"]},
                "data": {},
            },
        ],
    )
    kube_writing.delete(scenario.target, "/api/v1/namespaces/billing")
    with pytest.raises(TargetNamespaceTerminating, match="billing of the target is being deleted"):
        scenario.copy()


def test_a_cut_over_that_was_cut_off_is_finished_by_a_second_one(
    scenario: MigrationScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario.copy()
    scenario.take_picture()
    scenario.quiesce()
    fail_after(scenario, monkeypatch, 9)
    with pytest.raises(KubeError):
        scenario.attach()
    monkeypatch.undo()
    scenario.cloud.clusters["new"].api.faults.status = 0
    scenario.attach()
    fail_after(scenario, monkeypatch, 25)
    with pytest.raises(KubeError):
        scenario.start()
    monkeypatch.undo()
    scenario.cloud.clusters["new"].api.faults.status = 0
    actions = {entry.action for record in scenario.start() for entry in record.written}
    assert actions <= {WriteAction.CREATED, WriteAction.UPDATED, WriteAction.UNCHANGED}
    scenario.wait_until_ready()
    handles = [
        volume["spec"]["csi"]["volumeHandle"]
        for volume in scenario.target.list_all("/api/v1/persistentvolumes", dict)
    ]
    assert len(handles) == len(set(handles)) == 4


def test_a_roll_back_that_was_cut_off_is_finished_by_a_second_one(
    scenario: MigrationScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario.copy()
    scenario.take_picture()
    scenario.cut_over()
    fail_after(scenario, monkeypatch, 14)
    with pytest.raises(KubeError):
        scenario.roll_back()
    monkeypatch.undo()
    scenario.cloud.clusters["new"].api.faults.status = 0
    scenario.roll_back()
    scenario.cloud.settle()
    assert not removal.remove_all(scenario.target, scenario.writer().surface, "another")
    assert {disk.status for disk in scenario.cloud.infrastructure.storage.volumes.values()} == {"in-use"}


def test_writes_that_collide_with_others_are_made_again_until_they_are_through(
    scenario: MigrationScenario,
) -> None:
    scenario.copy()
    scenario.take_picture()
    scenario.quiesce()
    scenario.attach()
    scenario.cloud.clusters["new"].api.faults.conflict_every = 2
    for record in scenario.start():
        assert not record.failures
    scenario.wait_until_ready()

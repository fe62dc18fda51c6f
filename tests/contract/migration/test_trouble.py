"""What servers do to a migration in the middle, and that a second try ends as if nothing had happened."""

from __future__ import annotations

import pytest

from bot.adapters.kube import writes as kube_writing
from bot.adapters.kube.errors import KubeError, ServerFailed, Unreachable
from bot.adapters.retries import Backoff
from bot.migration.copy import comparison, copier, removal
from bot.migration.copy.copier import TargetNamespaceTerminating
from bot.migration.copy.writer import WriteAction
from tests.contract.migration.conftest import Cloud, planned, wish
from tests.contract.migration.moves import Moving


@pytest.fixture
def moving(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Moving:
    brief = Backoff(attempts=4, first_pause=0.01, longest_pause=0.01)
    monkeypatch.setattr("bot.adapters.kube.client.BACKOFF", brief)
    return Moving(cloud, planned(cloud, wish(cloud)))


def is_proven(moving: Moving) -> bool:
    compared = comparison.compare(moving.writer(), moving.target_objects(moving.inventory()).waiting)
    return not compared.differences and all(count.planned == count.present for count in compared.counts)


def fail_after(moving: Moving, monkeypatch: pytest.MonkeyPatch, requests: int) -> None:
    """The target's API answers 503 after some requests, until it is well again."""
    faults, remaining = moving.cloud.clusters["new"].api.faults, [requests]
    exchange = moving.target.exchange

    def counted(*arguments: object, **named: object) -> object:
        remaining[0] -= 1
        if remaining[0] == 0:
            faults.status = 503
        return exchange(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(moving.target, "exchange", counted)


@pytest.mark.parametrize("requests", [12, 30, 47, 60])
def test_a_copy_that_was_cut_off_anywhere_is_finished_by_a_second_one(
    moving: Moving, monkeypatch: pytest.MonkeyPatch, requests: int
) -> None:
    fail_after(moving, monkeypatch, requests)
    with pytest.raises(ServerFailed):
        moving.copy()
    monkeypatch.undo()
    moving.cloud.clusters["new"].api.faults.status = 0
    assert not moving.copy().failures
    assert is_proven(moving)


def test_a_target_that_cannot_be_reached_is_told_and_nothing_is_lost(moving: Moving) -> None:
    target = moving.cloud.clusters["new"]
    writer, inventory = moving.writer(), moving.inventory()
    moving.cloud.loopback.run(target.hang_up())
    with pytest.raises(Unreachable):
        copier.copy(writer, moving.plan, inventory, moving.target_objects(inventory))
    moving.cloud.loopback.run(target.listen(moving.cloud.loopback))
    assert not moving.copy().failures
    assert is_proven(moving)


def test_a_namespace_that_is_being_deleted_is_named(moving: Moving) -> None:
    moving.cloud.deploy(
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
    kube_writing.delete(moving.target, "/api/v1/namespaces/billing")
    with pytest.raises(TargetNamespaceTerminating, match="billing of the target is being deleted"):
        moving.copy()


def test_a_cut_over_that_was_cut_off_is_finished_by_a_second_one(
    moving: Moving, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving.copy()
    moving.take_picture()
    moving.quiesce()
    fail_after(moving, monkeypatch, 9)
    with pytest.raises(KubeError):
        moving.attach()
    monkeypatch.undo()
    moving.cloud.clusters["new"].api.faults.status = 0
    moving.attach()
    fail_after(moving, monkeypatch, 25)
    with pytest.raises(KubeError):
        moving.start()
    monkeypatch.undo()
    moving.cloud.clusters["new"].api.faults.status = 0
    actions = {entry.action for record in moving.start() for entry in record.written}
    assert actions <= {WriteAction.CREATED, WriteAction.UPDATED, WriteAction.UNCHANGED}
    moving.wait_until_ready()
    handles = [
        volume["spec"]["csi"]["volumeHandle"]
        for volume in moving.target.all_of("/api/v1/persistentvolumes", dict)
    ]
    assert len(handles) == len(set(handles)) == 4


def test_a_roll_back_that_was_cut_off_is_finished_by_a_second_one(
    moving: Moving, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving.copy()
    moving.take_picture()
    moving.cut_over()
    fail_after(moving, monkeypatch, 14)
    with pytest.raises(KubeError):
        moving.roll_back()
    monkeypatch.undo()
    moving.cloud.clusters["new"].api.faults.status = 0
    moving.roll_back()
    moving.cloud.settle()
    assert not removal.remove_all(moving.target, moving.writer().surface, "another")
    assert {disk.status for disk in moving.cloud.infrastructure.storage.volumes.values()} == {"in-use"}


def test_writes_that_collide_with_others_are_made_again_until_they_are_through(moving: Moving) -> None:
    moving.copy()
    moving.take_picture()
    moving.quiesce()
    moving.attach()
    moving.cloud.clusters["new"].api.faults.conflict_every = 2
    for record in moving.start():
        assert not record.failures
    moving.wait_until_ready()

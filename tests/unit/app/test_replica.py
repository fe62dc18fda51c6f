"""Which replica a process is."""

from __future__ import annotations

import pathlib
from datetime import timedelta
from typing import Any

import pytest

from bot.app.configuration import load
from bot.app.replica import ALIVE_FOR, Replica, ReplicaIdTaken
from storage.database import Database
from storage.replicas import ReplicaRepository
from tests.unit.access.approval_requests import Clock


def replica(folder: pathlib.Path, database: Database, clock: Clock, **variables: str) -> Replica:
    settings = load({"XK8S_DATA_DIR": str(folder), **variables})
    return Replica(settings, ReplicaRepository(database), now=clock)


@pytest.fixture(autouse=True)
def no_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POD_NAME", raising=False)


def test_the_setting_comes_before_the_pod_and_the_pod_before_the_folder(
    tmp_path: pathlib.Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POD_NAME", "xk8s-0")
    assert replica(tmp_path, database, Clock(), XK8S_REPLICA_ID="mine").id == "mine"
    assert replica(tmp_path, database, Clock()).id == "xk8s-0"


def test_an_id_stays_in_the_folder_and_belongs_to_one_process(
    tmp_path: pathlib.Path, database: Database
) -> None:
    first = replica(tmp_path, database, Clock())
    with pytest.raises(ReplicaIdTaken, match="uses the data folder"):
        replica(tmp_path, database, Clock())
    first.start()
    first.stop()
    second = replica(tmp_path, database, Clock())
    assert second.id == first.id
    second.start()
    second.stop()


def test_an_id_with_a_live_heartbeat_refuses_the_start(tmp_path: pathlib.Path, database: Database) -> None:
    clock = Clock()
    settings: Any = {"XK8S_REPLICA_ID": "mine"}
    first, second = (replica(tmp_path, database, clock, **settings) for _ in range(2))
    first.start()
    with pytest.raises(ReplicaIdTaken, match="Another process runs as replica mine"):
        second.start()
    clock.now += ALIVE_FOR + timedelta(seconds=1)
    second.start()
    for process in (first, second):
        process.stop()

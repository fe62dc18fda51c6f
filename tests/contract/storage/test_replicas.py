"""A replica id belongs to one live process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storage.database import Database
from storage.replicas import ReplicaRepository, ReplicaTaken

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_a_replica_id_belongs_to_one_live_process(database: Database) -> None:
    replicas = ReplicaRepository(database)
    alive_for = timedelta(seconds=30)
    replicas.claim("r1", instance="a", version="1", now=NOW, alive_for=alive_for)
    with pytest.raises(ReplicaTaken):
        replicas.claim("r1", instance="b", version="1", now=NOW + timedelta(seconds=5), alive_for=alive_for)
    replicas.claim("r1", instance="b", version="1", now=NOW + timedelta(seconds=31), alive_for=alive_for)
    assert replicas.heartbeat("r1", instance="a", now=NOW) is False
    assert replicas.heartbeat("r1", instance="b", now=NOW) is True
    replicas.deregister("r1", instance="b")
    assert replicas.heartbeat("r1", instance="b", now=NOW) is False


def test_the_replicas_with_a_young_heartbeat_are_alive(database: Database) -> None:
    replicas = ReplicaRepository(database)
    for replica, seconds in (("b", 0), ("a", 0), ("old", 60)):
        heartbeat = NOW - timedelta(seconds=seconds)
        replicas.claim(replica, instance="i", version="1", now=heartbeat, alive_for=timedelta(seconds=30))
    assert replicas.alive(since=NOW - timedelta(seconds=30)) == ["a", "b"]
    replicas.deregister("a", instance="another process")
    assert replicas.alive(since=NOW - timedelta(seconds=30)) == ["a", "b"]
    replicas.deregister("a", instance="i")
    assert replicas.alive(since=NOW - timedelta(seconds=30)) == ["b"]

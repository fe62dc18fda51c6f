"""One connection a test, which openstacksdk is made to return."""

from __future__ import annotations

import openstack
import pytest

from tests.unit.adapters.openstack.cloud import Connection, Proxy


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Connection:
    connection = Connection({"username": "ops", "password": "hunter22", "token": "gAAAA"})
    monkeypatch.setattr(openstack, "connect", lambda **_options: connection)
    return connection


@pytest.fixture
def proxy(connection: Connection) -> Proxy:
    return connection.proxy

"""A cloud is connected once, at the first request, and its secrets are learned."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openstack
import pytest
from openstack.exceptions import ConfigException
from pydantic import SecretStr

from bot.adapters.openstack.connection import CloudConnection, body_of
from bot.common.problems import Problem
from tests.unit.adapters.openstack.cloud import Connection, answer


class Unusable(Problem):
    """The entry cannot be used."""


def test_threads_share_one_connection_and_its_secrets_are_learned(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    connects: list[dict[str, Any]] = []

    def connect(**options: Any) -> Connection:
        connects.append(options)
        return connection

    monkeypatch.setattr(openstack, "connect", connect)
    secrets: list[SecretStr] = []
    cloud = CloudConnection("xloud-shop", unusable=Unusable, learn=secrets.append)
    assert connects == []
    connection.proxy.answers = [answer(200, {}) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _number: cloud.request("network", "GET", "/floatingips"), range(8)))
    assert connects == [{"cloud": "xloud-shop", "app_name": "xk8s", "api_timeout": 30.0}]
    assert sorted(secret.get_secret_value() for secret in secrets) == ["gAAAA", "hunter22"]


def test_an_entry_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(**_options: Any) -> None:
        raise ConfigException("Cloud other was not found.")

    monkeypatch.setattr(openstack, "connect", connect)
    with pytest.raises(Unusable, match="There is no usable cloud other") as raised:
        CloudConnection("other", unusable=Unusable).request("network", "GET", "/")
    assert raised.value.why == "Cloud other was not found." and "clouds.yaml" in raised.value.fix


def test_a_request_carries_its_id_and_body(connection: Connection) -> None:
    connection.proxy.answers = [answer(201, {}), answer(204, "")]
    cloud = CloudConnection("xloud-shop", unusable=Unusable)
    cloud.request("block_storage", "POST", "/snapshots", {"snapshot": {}}, request_id="req-1")
    cloud.request("block_storage", "DELETE", "/snapshots/1")
    assert connection.proxy.requests == [
        ("POST", "/snapshots", {"snapshot": {}}),
        ("DELETE", "/snapshots/1", None),
    ]
    assert connection.proxy.request_ids == ["req-1", None]


def test_a_body_that_is_no_json_is_text() -> None:
    assert body_of(answer(200, {"a": 1})) == {"a": 1}
    assert body_of(answer(502, "<html>")) == "<html>"

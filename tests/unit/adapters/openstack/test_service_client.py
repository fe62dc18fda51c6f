"""Reads are repeated while a proxy restarts, writes are not, and each refusal has its error."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from keystoneauth1 import exceptions as keystone

from bot.adapters.openstack import service_client
from bot.adapters.openstack.service_client import CloudRefused, CloudServiceError, NoSuchService, Requests
from tests.unit.adapters.openstack.cloud import Proxy, answer


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def client(proxy: Proxy, pauses: list[float]) -> Requests:
    return Requests("xloud-shop", sleep=pauses.append)


def read(client: Requests) -> Any:
    return client.read("network", "/floatingips", doing="list the addresses")


def test_a_read_is_repeated_with_the_pause_that_is_asked_for(
    client: Requests, proxy: Proxy, pauses: list[float]
) -> None:
    proxy.answers = [answer(503), answer(429, retry_after="2"), answer(502), answer(200, {"floatingips": []})]
    assert read(client) == {"floatingips": []}
    assert pauses == pytest.approx([0.3, 2.0, 1.2])


def test_a_read_is_repeated_three_times_at_most(client: Requests, proxy: Proxy, pauses: list[float]) -> None:
    proxy.answers = [answer(503, {"overLimit": {"message": f"try {number}"}}) for number in range(9)]
    with pytest.raises(CloudServiceError, match="did not list the addresses") as raised:
        read(client)
    assert raised.value.why == "HTTP 503: try 3" and len(proxy.requests) == 4 and len(pauses) == 3
    assert not isinstance(raised.value, CloudRefused)


def test_a_write_is_sent_once(client: Requests, proxy: Proxy, pauses: list[float]) -> None:
    proxy.answers = [answer(503)]
    with pytest.raises(CloudServiceError, match="did not change it"):
        client.request("network", "PUT", "/floatingips/1", {}, doing="change it")
    assert len(proxy.requests) == 1 and pauses == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, CloudRefused),
        (403, service_client.CloudForbidden),
        (404, service_client.CloudNotFound),
        (409, CloudRefused),
        (413, CloudRefused),
        (500, CloudServiceError),
    ],
)
def test_each_status_has_its_error(
    client: Requests, proxy: Proxy, status: int, kind: type[CloudServiceError]
) -> None:
    proxy.answers = [answer(status, {"itemNotFound": {"code": status, "message": "in its  own\nwords"}})]
    with pytest.raises(CloudServiceError) as raised:
        read(client)
    assert type(raised.value) is kind and raised.value.why == f"HTTP {status}: in its own words"


@pytest.mark.parametrize("body", ["<html>502</html>", [], {}, {"error": "text"}])
def test_a_body_without_a_message_gives_no_reason(client: Requests, proxy: Proxy, body: Any) -> None:
    proxy.answers = [answer(500, body)]
    with pytest.raises(CloudServiceError) as raised:
        read(client)
    assert raised.value.why == "HTTP 500: no reason given"


def test_an_answer_without_a_body_is_empty(client: Requests, proxy: Proxy) -> None:
    proxy.answers = [answer(204, "")]
    assert client.request("network", "DELETE", "/floatingips/1", None, doing="delete it") == {}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (keystone.EndpointNotFound("no endpoint"), NoSuchService),
        (keystone.ConnectFailure("no route"), CloudServiceError),
        (requests.ConnectionError("reset"), CloudServiceError),
    ],
)
def test_a_service_that_is_missing_or_silent_is_told(
    client: Requests, proxy: Proxy, error: Exception, kind: type[CloudServiceError]
) -> None:
    proxy.answers = [error]
    with pytest.raises(CloudServiceError) as raised:
        read(client)
    assert type(raised.value) is kind and str(error) in raised.value.why
    assert len(proxy.requests) == 1, "it is not repeated: Keystone's own time-out is long enough"

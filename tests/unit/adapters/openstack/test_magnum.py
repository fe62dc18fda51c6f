"""Magnum's lists are read to the last page, its writes are sent once, and requests carry their operation."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import requests
from keystoneauth1 import exceptions as keystone

from bot.adapters.openstack import magnum_errors
from bot.adapters.openstack.magnum import MagnumCloud, global_request_id
from bot.adapters.openstack.magnum_errors import MagnumError
from tests.unit.adapters.openstack.cloud import Connection, Proxy, answer

OPERATION = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def magnum(proxy: Proxy, pauses: list[float]) -> MagnumCloud:
    return MagnumCloud("xloud-shop", sleep=pauses.append)


def test_a_list_is_read_to_its_last_page(magnum: MagnumCloud, proxy: Proxy) -> None:
    following = "http://magnum/v1/clusters/detail?limit=500&marker=u2&sort_key=id"
    proxy.answers = [
        answer(200, {"clusters": [{"uuid": "u1"}, {"uuid": "u2"}], "next": following}),
        answer(200, {"clusters": [{"uuid": "u3"}], "next": None}),
    ]
    assert [cluster["uuid"] for cluster in magnum.clusters()] == ["u1", "u2", "u3"]
    assert [path for _, path, _ in proxy.requests] == [
        "/clusters/detail?limit=500",
        "/clusters/detail?limit=500&marker=u2",
    ]


def test_a_read_is_repeated_and_a_write_is_not(
    magnum: MagnumCloud, proxy: Proxy, pauses: list[float]
) -> None:
    proxy.answers = [answer(503), answer(429, retry_after="60"), answer(200, {"uuid": "u1"})]
    assert magnum.cluster("dev-eu") == {"uuid": "u1"}
    assert pauses == [0.3, 8.0], "no pause is longer than 8 seconds"
    proxy.answers = [answer(503, {"errors": [{"detail": "busy"}]}, x_openstack_request_id="req-9")]
    with pytest.raises(magnum_errors.MagnumFailed) as raised:
        magnum.create_cluster({"name": "dev-eu"}, operation=OPERATION)
    assert raised.value.why == "HTTP 503: busy (request req-9)" and raised.value.status == 503


def test_what_is_created_is_returned(magnum: MagnumCloud, proxy: Proxy) -> None:
    proxy.answers = [
        answer(202, {"uuid": "c1"}),
        answer(201, {"uuid": "t1", "name": "k8s"}),
        answer(200, {"uuid": "t1", "public": True}),
        answer(201, {"pem": "CERTIFICATE"}),
        answer(200, {"pem": "AUTHORITY"}),
        answer(204, ""),
        answer(204, ""),
    ]
    assert magnum.create_cluster({"name": "dev-eu"}, operation=OPERATION) == "c1"
    assert magnum.create_template({"name": "k8s"}, operation=OPERATION)["name"] == "k8s"
    patch = [{"op": "replace", "path": "/public", "value": True}]
    assert magnum.update_template("t1", patch, operation=OPERATION)["public"] is True
    assert magnum.sign("c1", "CSR") == "CERTIFICATE" and magnum.authority("c1") == "AUTHORITY"
    magnum.delete_cluster("c1", operation=OPERATION)
    magnum.delete_template("t1", operation=OPERATION)
    assert [request[:2] for request in proxy.requests] == [
        ("POST", "/clusters"),
        ("POST", "/clustertemplates"),
        ("PATCH", "/clustertemplates/t1"),
        ("POST", "/certificates"),
        ("GET", "/certificates/c1"),
        ("DELETE", "/clusters/c1"),
        ("DELETE", "/clustertemplates/t1"),
    ]
    assert proxy.requests[2][2] == patch and proxy.requests[3][2] == {"cluster_uuid": "c1", "csr": "CSR"}


def test_every_request_of_an_operation_carries_its_id(magnum: MagnumCloud, proxy: Proxy) -> None:
    proxy.answers = [answer(200, {"uuid": "t1"}), answer(200, {"uuid": "t1"})]
    magnum.template("t1")
    magnum.caused_by(OPERATION).template("t1")
    assert proxy.request_ids == [None, "req-01234567-89ab-cdef-0123-456789abcdef"]


def test_an_operation_within_another_has_a_stable_request_id() -> None:
    request_id = global_request_id(f"{OPERATION}/delete")
    assert request_id == global_request_id(f"{OPERATION}/delete")
    assert request_id != global_request_id(f"{OPERATION}/create")
    assert str(uuid.UUID(request_id.removeprefix("req-"))) == request_id.removeprefix("req-")


@pytest.mark.parametrize("body", ["<html>", [1], "null"])
def test_an_answer_that_is_no_object_is_an_error(magnum: MagnumCloud, proxy: Proxy, body: Any) -> None:
    proxy.answers = [answer(200, body)]
    with pytest.raises(MagnumError, match="Magnum did not show the cluster dev-eu") as raised:
        magnum.cluster("dev-eu")
    assert raised.value.why == "its answer is not what the API promises"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (keystone.Unauthorized("wrong password"), magnum_errors.MagnumUnauthorized),
        (keystone.ConnectFailure("no route"), magnum_errors.MagnumUnreachable),
        (requests.Timeout("too slow"), magnum_errors.MagnumUnreachable),
    ],
)
def test_a_cloud_that_lets_nobody_in_or_is_silent_is_told(
    magnum: MagnumCloud, proxy: Proxy, error: Exception, kind: type[MagnumError]
) -> None:
    proxy.answers = [error]
    with pytest.raises(MagnumError) as raised:
        magnum.clusters()
    assert type(raised.value) is kind and raised.value.status == 0


def test_the_secrets_of_the_entry_are_learned(connection: Connection) -> None:
    connection.proxy.answers = [answer(200, {"uuid": "t1"})]
    secrets: list[str] = []
    MagnumCloud("xloud-shop", learn=lambda secret: secrets.append(secret.get_secret_value())).template("t1")
    assert sorted(secrets) == ["gAAAA", "hunter22"]

"""Our Magnum adapter through the real openstacksdk: against the sandbox and, with XK8S_TEST_OS_CLOUD, a real
cloud.

Nothing is created in a real cloud: there only what reads is run.
"""

from __future__ import annotations

import json
import os
import pathlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from bot.adapters.openstack import connection
from bot.adapters.openstack.magnum import MagnumCloud
from bot.adapters.openstack.magnum_errors import (
    MagnumConflict,
    MagnumFailed,
    MagnumForbidden,
    MagnumNotFound,
    MagnumRejected,
    MagnumUnauthorized,
    MagnumUnreachable,
)
from bot.app.clock import utc_now
from bot.clusters.cluster import Cluster
from bot.clusters.credentials import Credentials, NoCredentials
from sandbox.kube.controllers.kubelet import Timings
from sandbox.openstack.cloud import CloudFaults
from sandbox.sandbox import InitialCluster, Sandbox

REAL = os.environ.get("XK8S_TEST_OS_CLOUD", "")
BODY = {
    "name": "t",
    "coe": "kubernetes",
    "image_id": "fedora-coreos-39",
    "flavor_id": "m1.large",
    "master_flavor_id": "m1.large",
    "external_network_id": "public",
    "network_driver": "calico",
    "labels": {"calico_tag": "v3.26.4"},
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    started = Sandbox(
        timings=Timings(start=0.0, stop=0.0),
        clusters=(InitialCluster(name="prod-eu", driver="calico", nodes=1),),
    )
    started.start()
    yield started
    started.stop()


@pytest.fixture
def cloud(sandbox: Sandbox, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MagnumCloud]:
    """The sandbox's cloud."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", sandbox.write(tmp_path)["OS_CLIENT_CONFIG_FILE"])
    yield MagnumCloud("xloud-shop", sleep=lambda _seconds: None)
    sandbox.cloud.faults = CloudFaults()


@pytest.fixture(params=["sandbox", *(["real"] if REAL else [])])
def any_cloud(request: pytest.FixtureRequest) -> MagnumCloud:
    """Every cloud there is; only reads are asked of it."""
    return MagnumCloud(REAL) if request.param == "real" else request.getfixturevalue("cloud")


def test_templates_and_clusters_are_listed_in_full(any_cloud: MagnumCloud) -> None:
    for body in [*any_cloud.templates(), *any_cloud.clusters()]:
        assert body["uuid"] and body["name"]
        assert "labels" in body


def test_what_is_not_there_is_not_found_in_magnums_own_words(any_cloud: MagnumCloud) -> None:
    with pytest.raises(MagnumNotFound, match="Magnum did not show the cluster") as raised:
        any_cloud.cluster("no-such-cluster")
    assert (
        "could not be found" in raised.value.why
        and "HTTP 404" in raised.value.why
        and "request req-" in raised.value.why
    )


def test_a_template_is_created_and_its_operation_travels_as_the_request_id(
    cloud: MagnumCloud, sandbox: Sandbox
) -> None:
    operation = "0123456789abcdef0123456789abcdef"
    template = cloud.create_template({**BODY, "name": "first"}, operation=operation)
    assert cloud.template(template["uuid"])["name"] == "first"
    post = [request for request in sandbox.cloud.requests if request["method"] == "POST"][-1]
    assert post["global"] == "req-01234567-89ab-cdef-0123-456789abcdef"


def test_a_name_of_two_templates_is_a_conflict(cloud: MagnumCloud) -> None:
    for _ in range(2):
        cloud.create_template({**BODY, "name": "twice"}, operation="0" * 32)
    with pytest.raises(MagnumConflict):
        cloud.template("twice")


@pytest.mark.parametrize(
    ("body", "fix"),
    [
        ({"flavor_id": "m9.huge"}, "Check `flavor`"),
        ({"image_id": "no-distro"}, "The image is unknown to the cloud"),
        ({"external_network_id": "nowhere"}, "Check `external_network`"),
    ],
)
def test_what_magnum_refuses_is_told_in_its_detail_with_what_to_change(
    cloud: MagnumCloud, body: dict[str, Any], fix: str
) -> None:
    with pytest.raises((MagnumRejected, MagnumNotFound)) as raised:
        cloud.create_template({**BODY, **body}, operation="0" * 32)
    assert fix in raised.value.fix


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, MagnumUnauthorized),
        (403, MagnumForbidden),
        (404, MagnumNotFound),
        (409, MagnumConflict),
        (429, MagnumFailed),
        (500, MagnumFailed),
        (503, MagnumFailed),
    ],
)
@pytest.mark.parametrize("html", [False, True])
def test_a_status_becomes_an_error_by_what_one_does_next(
    cloud: MagnumCloud, sandbox: Sandbox, status: int, kind: type[Exception], html: bool
) -> None:
    sandbox.cloud.faults = CloudFaults(status=status, html=html)
    with pytest.raises(kind) as raised:
        cloud.clusters()
    assert f"HTTP {status}" in getattr(raised.value, "why", "")
    assert "<" not in getattr(raised.value, "why", "")


def test_a_cloud_that_does_not_answer_or_is_not_configured_is_unreachable(
    cloud: MagnumCloud, sandbox: Sandbox
) -> None:
    sandbox.loopback.run(sandbox.close_magnum())
    try:
        with pytest.raises(MagnumUnreachable, match="does not answer"):
            cloud.clusters()
    finally:
        sandbox.loopback.run(sandbox.open_magnum())
    with pytest.raises(MagnumUnreachable, match="no usable cloud other"):
        MagnumCloud("other").clusters()


@pytest.mark.timeout(30)
def test_a_keystone_that_takes_connections_and_never_answers_is_unreachable(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        auth = {
            "auth_url": f"http://127.0.0.1:{silent.getsockname()[1]}/v3",
            "username": "u",
            "password": "p",
            "project_name": "p",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        (tmp_path / "clouds.yaml").write_text(
            json.dumps({"clouds": {"silent": {"auth": auth, "region_name": "r"}}})
        )
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
        with pytest.raises(MagnumUnreachable, match="does not answer"):
            MagnumCloud("silent", sleep=lambda _seconds: None).clusters()


def the_cluster(cloud: MagnumCloud) -> Cluster:
    body = cloud.clusters()[0]
    return Cluster(
        id=body["uuid"],
        name=body["name"],
        project="shop",
        driver=None,
        status=body["status"],
        api_address=body["api_address"],
    )


def test_a_certificate_is_asked_for_once_and_kept_in_memory(cloud: MagnumCloud, sandbox: Sandbox) -> None:
    credentials = Credentials(cloud, group="system:masters", now=utc_now)
    cluster = the_cluster(cloud)
    before = len(sandbox.cloud.requests)
    first = credentials.endpoint(cluster)
    signing_requests = len(sandbox.cloud.requests) - before
    assert credentials.endpoint(cluster) is first
    assert len(sandbox.cloud.requests) - before == signing_requests
    assert "PRIVATE KEY" not in repr(first)


def test_where_magnum_signs_for_the_creator_only_that_is_said(cloud: MagnumCloud, sandbox: Sandbox) -> None:
    cluster = next(iter(sandbox.cloud.clusters.values()))
    creator, cluster["user_id"] = cluster["user_id"], "somebody-else"
    try:
        with pytest.raises(NoCredentials, match="only for whoever created it") as raised:
            Credentials(cloud, group="system:masters", now=utc_now).endpoint(the_cluster(cloud))
    finally:
        cluster["user_id"] = creator
    assert "projects.shop.clusters.prod-eu.kubeconfig" in raised.value.fix

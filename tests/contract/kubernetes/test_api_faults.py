"""What ails an API server, as a client sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from sandbox.kube.api.api_faults import ApiFaults
from sandbox.kube.faults import ClusterFaults
from tests.contract.kubernetes.conftest import MASTER, Api
from tests.contract.kubernetes.test_controllers import BASE, CONTAINER, pods, until

MAPS = f"{BASE}/default/configmaps"


@pytest.fixture
def faults(running: Api) -> Iterator[ClusterFaults]:
    yield ClusterFaults(running.cluster, running.loopback)
    running.cluster.api.faults = ApiFaults()
    running.cluster.network.image_registry = True


def switch(running: Api, faults: ClusterFaults, fault: str, on: bool = True) -> None:
    running.loopback.run(faults.switch(fault, on))


def test_every_second_write_to_what_is_there_conflicts(running: Api, faults: ClusterFaults) -> None:
    running.json("POST", MAPS, {"metadata": {"name": "c"}})
    switch(running, faults, "conflicts")
    headers = {"Content-Type": "application/merge-patch+json"}
    statuses = [
        running.ask(
            "PATCH", f"{MAPS}/c", body=json.dumps({"data": {"n": str(n)}}).encode(), headers=headers
        ).status
        for n in range(4)
    ]
    assert statuses == [200, 409, 200, 409]


def test_every_third_request_is_unavailable(running: Api, faults: ClusterFaults) -> None:
    switch(running, faults, "flaky")
    assert sorted(running.ask("GET", MAPS).status for _ in range(6)) == [200, 200, 200, 200, 503, 503]


def test_lists_that_go_on_and_watches_are_too_old(running: Api, faults: ClusterFaults) -> None:
    running.json("POST", MAPS, {"metadata": {"name": "d"}})
    page = running.json("GET", f"{MAPS}?limit=1")["metadata"]
    switch(running, faults, "expired")
    answer = running.ask("GET", f"{MAPS}?limit=1&continue={page['continue']}")
    assert (answer.status, answer.json()["reason"]) == (410, "Expired")
    assert running.ask("GET", f"{MAPS}?watch=1&resourceVersion={page['resourceVersion']}").status == 410
    assert running.ask("GET", MAPS).status == 200


def test_a_silent_server_is_only_noticed_by_a_time_out(running: Api, faults: ClusterFaults) -> None:
    switch(running, faults, "silent")
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        running.pool.request(
            "GET",
            running.cluster.address + MAPS,
            headers={"Authorization": f"Bearer {MASTER}"},
            timeout=0.3,
            retries=False,
        )


def test_pods_whose_image_cannot_be_pulled_never_become_ready(running: Api, faults: ClusterFaults) -> None:
    switch(running, faults, "registry")
    running.json(
        "POST", f"{BASE}/default/pods", {"metadata": {"name": "p"}, "spec": {"containers": [CONTAINER]}}
    )

    def waiting() -> Any:
        statuses = pods(running, "default")["p"].get("status", {}).get("containerStatuses") or [{}]
        return statuses[0].get("state", {}).get("waiting", {}).get("reason") == "ImagePullBackOff"

    until(waiting)
    switch(running, faults, "registry", on=False)
    until(lambda: pods(running, "default")["p"]["status"]["phase"] == "Running")

"""A cluster is opened with the driver that runs there, and closed whatever happens."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from bot.adapters.kube.errors import Forbidden, KubeError, Unreachable
from bot.clusters.cluster import Cluster, ClusterNotFound
from bot.drivers.driver import Driver
from bot.drivers.verification import collector
from bot.policy.clusters import PolicyClient, PolicyClusters
from bot.policy.errors import ChangeNotFound
from tests.unit.policy.builders import change
from tests.unit.policy.fake_kube import FakeKube

CLUSTER = Cluster(id="uuid-1", name="prod-eu", project="shop", driver=Driver("calico"), production=True)


class OneProject:
    """A project with one cluster. It stands for the projects, the parts and the catalog."""

    name = "shop"

    def __init__(self, kube: FakeKube) -> None:
        self.catalog = self
        self._kube = kube

    def get(self, _project: str | None, *, operation: str) -> OneProject:
        return self

    def find(self, cluster: str) -> Cluster:
        if cluster not in (CLUSTER.id, CLUSTER.name):
            raise ClusterNotFound(f"no {cluster}", fix="See `/xk8s cluster list`.")
        return CLUSTER

    def connect(self, cluster: Cluster, *, operation: str, seconds: float) -> FakeKube:
        assert (cluster, operation, seconds) == (CLUSTER, "7f3a", 60)
        return self._kube


def daemon_set(name: str, labels: dict[str, str]) -> dict[str, Any]:
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": name}]}}
    return {"metadata": {"name": name, "namespace": "kube-system"}, "spec": {"template": template}}


CALICO = daemon_set("calico-node", {"k8s-app": "calico-node"})
FLANNEL = daemon_set("kube-flannel", {"app": "flannel"})


@pytest.fixture
def opened() -> Any:
    """Opens the cluster with these DaemonSets, or with the error that they cannot be read for."""

    @contextlib.contextmanager
    def open_with(daemon_sets: list[dict[str, Any]] | KubeError) -> Any:
        kube = FakeKube({collector.DAEMON_SETS: daemon_sets})
        try:
            with policy_clusters(kube).open_cluster("prod-eu", project="shop", operation="7f3a") as client:
                yield client
        finally:
            assert kube.closed

    return open_with


def policy_clusters(kube: FakeKube | None = None) -> PolicyClusters:
    return PolicyClusters(projects=OneProject(kube or FakeKube({})), seconds=lambda: 60)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("daemon_sets", "driver", "enforces"),
    [
        pytest.param([CALICO], "Calico", True, id="calico"),
        pytest.param([FLANNEL], "Flannel", False, id="flannel-whatever-was-declared"),
        pytest.param([FLANNEL, CALICO], "Calico", True, id="of-two-the-one-that-enforces"),
        pytest.param([], "", False, id="none"),
        pytest.param(Forbidden("no"), "Calico", True, id="the-declared-one-where-none-can-be-read"),
    ],
)
def test_the_driver_is_the_one_that_runs(opened: Any, daemon_sets: Any, driver: str, enforces: bool) -> None:
    with opened(daemon_sets) as client:
        assert (client.cluster.driver, client.cluster.enforces) == (driver, enforces)
        assert (client.cluster.name, client.cluster.id, client.cluster.production) == (
            "prod-eu",
            "uuid-1",
            True,
        )


def test_a_cluster_that_cannot_be_reached_is_closed_too(opened: Any) -> None:
    with pytest.raises(Unreachable), opened(Unreachable("down")):
        pass


def test_a_cluster_is_closed_after_an_error_of_its_user(opened: Any) -> None:
    def fail(_client: PolicyClient) -> None:
        raise LookupError

    with pytest.raises(LookupError), opened([CALICO]) as client:
        fail(client)


def test_the_cluster_of_a_change_that_is_gone_is_said_to_be_gone() -> None:
    with (
        pytest.raises(ChangeNotFound, match="The cluster prod-eu of the change 7f3a is gone") as refusal,
        policy_clusters().open_changed_cluster(change(cluster="uuid-9"), operation="9bea"),
    ):
        pass
    assert refusal.value.fix == "See `/xk8s cluster list`."


def test_a_cluster_is_found_by_name_and_id_without_being_opened() -> None:
    catalog = policy_clusters()
    assert catalog.find("prod-eu", project="shop", operation="o") is CLUSTER
    assert catalog.find("uuid-1", project="shop", operation="o") is CLUSTER

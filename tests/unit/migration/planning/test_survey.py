"""What is read of both clusters for a plan."""

from __future__ import annotations

import pytest

from bot.migration.inventory.namespace_selection import UnknownNamespace
from bot.migration.inventory.served_apis import common_apis
from bot.migration.planning import survey
from bot.policy.cluster_state import ClusterState
from bot.policy.reach import model
from tests.unit.migration.builders import SERVED, an
from tests.unit.migration.memory_kube import FORBIDDEN, MemoryKube

SHOP = an("Namespace", "shop")
NETWORK = ClusterState(cluster=model.ClusterModel(), policies={})


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "read_cluster_state", lambda _kube: NETWORK)


def test_a_target_that_exists_is_read_and_another_is_assumed() -> None:
    source = MemoryKube(SHOP, an("ConfigMap", "settings"))
    target = MemoryKube(an("IngressClass", "nginx"))
    assert survey.survey(source, target, namespaces=()).target.ingress_classes == {"nginx"}
    deployed = survey.survey(source, None, namespaces=(), kubernetes="v1.31.0")
    assert not deployed.target.exists and deployed.target.surface.version == "v1.31.0"
    assert [obj["metadata"]["name"] for obj in deployed.inventory.of("ConfigMap")] == ["settings"]


def test_a_choice_of_namespaces_is_not_everything() -> None:
    source = MemoryKube(SHOP)
    assert survey.survey(source, None, namespaces=()).everything
    assert not survey.survey(source, None, namespaces=("shop",)).everything


def test_workloads_that_magnum_does_not_install_are_named() -> None:
    workloads = an("Deployment", "my-vpn", "kube-system"), an("DaemonSet", "calico-node", "kube-system")
    source = MemoryKube(SHOP, *workloads)
    source.failures = {"/apis/apps/v1/namespaces/kube-system/statefulsets": FORBIDDEN}
    assert survey.survey(source, None, namespaces=()).unknown_addons == ("my-vpn",)


def test_the_source_is_read_again_at_the_versions_of_the_plan() -> None:
    source = MemoryKube(SHOP, an("ConfigMap", "settings"))
    common = common_apis(SERVED, SERVED)
    assert survey.read_source(source, SERVED, common, ("shop",)).of("ConfigMap")
    with pytest.raises(UnknownNamespace):
        survey.read_source(source, SERVED, common, ("gone",))

"""The parts of a project come from the configuration in force; clouds and certificates outlive a reading."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from bot.clusters.cluster import NoCloud
from bot.clusters.projects import Projects
from bot.common.problems import Refusal
from bot.settings import Configuration, Settings
from tests.unit.clusters.fakes import NOW, OPERATION


class Holder:
    """Settings that a test changes."""

    def __init__(self, **project: Any) -> None:
        self.change(**project)

    def change(self, **project: Any) -> None:
        data = {"projects": {"shop": {"roles": {"approver": {"users": ["U2"]}}, **project}}}
        context = {"drivers": ("calico", "flannel")}
        self.settings = Settings(configuration=Configuration.model_validate(data, context=context))

    def __call__(self) -> Settings:
        return self.settings


def projects(holder: Holder) -> Projects:
    return Projects(holder, now=lambda: NOW)


def test_defaults_and_configured_clusters_are_handed_on_whole(tmp_path: pathlib.Path) -> None:
    kubeconfig = tmp_path / "edge.kubeconfig"
    kubeconfig.write_text("{}")
    edge = {"kubeconfig": str(kubeconfig), "context": "c", "driver": "calico", "production": True}
    drivers = {"flannel": {"labels": {"flannel_network_cidr": "10.101.0.0/16"}}}
    holder = Holder(
        template_defaults={"image": "fcos", "flavor": "m1", "labels": {"a": "b"}, "drivers": drivers},
        clusters={"edge": edge},
    )
    parts = projects(holder).get("shop")
    [cluster] = parts.catalog.all().clusters
    assert (cluster.kubeconfig, cluster.context) == (kubeconfig, "c")
    assert (cluster.driver, cluster.production) == ("calico", True)
    assert (parts.defaults.image, parts.defaults.flavor, parts.defaults.keypair) == ("fcos", "m1", None)
    assert parts.defaults.labels == {"a": "b"}
    assert parts.defaults.driver_labels == {"flannel": {"flannel_network_cidr": "10.101.0.0/16"}}


@pytest.mark.parametrize("name", [None, "", "store"])
def test_a_project_that_is_not_configured_is_refused(name: str | None) -> None:
    with pytest.raises(Refusal, match="There is no project"):
        projects(Holder()).get(name)


def test_a_project_without_a_cloud_has_no_templates() -> None:
    parts = projects(Holder()).get("shop")
    with pytest.raises(NoCloud, match="shop has no cloud") as error:
        parts.templates()
    assert "projects.shop.cloud" in error.value.fix
    with pytest.raises(NoCloud):
        parts.cloud()


def test_credentials_outlive_a_new_configuration_until_the_cloud_or_the_group_changes() -> None:
    holder = Holder(cloud="xloud")
    shop = projects(holder)
    first = shop.get("shop").credentials
    holder.change(cloud="xloud", channels=["C1"])
    assert shop.get("shop").credentials is first
    holder.change(cloud="xloud", credentials_group="xk8s:verifiers")
    second = shop.get("shop").credentials
    holder.change(cloud="another")
    assert len({id(first), id(second), id(shop.get("shop").credentials)}) == 3


def test_an_operation_has_a_view_of_its_own_of_the_same_cloud() -> None:
    shop = projects(Holder(cloud="xloud"))
    plain, bound = shop.get("shop"), shop.get("shop", operation=OPERATION)
    assert plain.magnum is shop.get("shop").magnum, "one session for all"
    assert bound.magnum is not None and plain.magnum is not None
    assert bound.magnum is not plain.magnum and bound.magnum.cloud == plain.magnum.cloud == "xloud"
    assert bound.credentials is not plain.credentials

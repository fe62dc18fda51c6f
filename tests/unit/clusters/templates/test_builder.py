"""What a template is made of: words before the driver's defaults before the project's, and what is
refused.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bot.clusters.templates.builder import build_spec
from bot.clusters.templates.spec import BadTemplate, Defaults, TemplateRequest, TemplateSpec
from bot.common.problems import Refusal
from bot.drivers.driver import Driver

DEFAULTS = Defaults(
    image="fcos",
    flavor="m1",
    external_network="public",
    keypair="ops",
    kubernetes="v1.29.5",
    container_runtime="containerd",
    labels={"monitoring_enabled": "true", "boot_volume_size": "20"},
    driver_labels={
        Driver("calico"): {
            "calico_tag": "v3.26.4",
            "calico_ipv4pool": "10.100.0.0/16",
            "boot_volume_size": "30",
        },
        Driver("flannel"): {"flannel_network_cidr": "10.101.0.0/16"},
    },
)


def spec(driver: Driver = Driver("calico"), *, defaults: Defaults = DEFAULTS, **request: Any) -> TemplateSpec:
    return build_spec(TemplateRequest(driver=driver, **request), defaults, project="shop")


def test_words_come_before_the_drivers_defaults_and_those_before_the_projects() -> None:
    assert spec().labels["boot_volume_size"] == "30"
    assert spec(labels=("boot_volume_size=40",)).labels["boot_volume_size"] == "40"
    assert spec(Driver("flannel")).labels["boot_volume_size"] == "20"
    assert spec(flavor="big").flavor == "big" and spec().flavor == "m1"
    assert spec(pool="10.120.0.0/16").labels["calico_ipv4pool"] == "10.120.0.0/16"


def test_the_name_is_made_from_version_and_driver() -> None:
    assert spec().name == "k8s-v1.29.5-calico"
    assert spec(name="mine").name == "mine"


@pytest.mark.parametrize("setting", ["image", "flavor", "external_network", "kubernetes"])
def test_what_is_missing_is_named_as_a_setting_and_as_a_word(setting: str) -> None:
    without: dict[str, Any] = {setting: None}
    with pytest.raises(BadTemplate) as error:
        spec(defaults=dataclasses.replace(DEFAULTS, **without))
    assert f"projects.shop.template_defaults.{setting}" in error.value.fix
    assert f"--{setting.replace('_', '-')}" in error.value.fix


@pytest.mark.parametrize(
    ("driver", "fields", "headline"),
    [
        (Driver("calico"), {"labels": ("flannel_backend=vxlan",)}, "flannel_backend is Flannel's"),
        (Driver("flannel"), {"labels": ("calico_tag=v3.26.4",)}, "calico_tag is Calico's"),
        (Driver("calico"), {"labels": ("calico_tag=v3.28.0",)}, "calico_tag"),
        (Driver("calico"), {"container_runtime": "docker"}, "needs containerd"),
        (Driver("calico"), {"pool": "10.101.0.0/16"}, "overlaps Flannel's pod range"),
        (Driver("flannel"), {"pool": "10.254.0.0/16"}, "overlaps the service range"),
        (Driver("calico"), {"kubernetes": "latest"}, "is not a Kubernetes version"),
        (Driver("calico"), {"name": "no spaces"}, "cannot be a template's name"),
        (Driver("flannel"), {"options": {"ipip": "Always"}}, ""),
        (Driver("flannel"), {"options": {"wireguard": True}}, ""),
    ],
)
def test_what_cannot_work_is_refused_with_what_to_set(
    driver: Driver, fields: dict[str, Any], headline: str
) -> None:
    with pytest.raises(Refusal) as error:
        spec(driver, **fields)
    assert headline in error.value.what
    assert error.value.fix


def test_calico_without_a_tag_that_magnum_has_a_manifest_for_is_refused() -> None:
    without = {**DEFAULTS.driver_labels, Driver("calico"): {"calico_ipv4pool": "10.100.0.0/16"}}
    with pytest.raises(BadTemplate) as error:
        spec(defaults=dataclasses.replace(DEFAULTS, driver_labels=without))
    assert "calico_tag" in error.value.what and "v3.26" in error.value.fix


def test_an_older_kubernetes_may_run_on_docker() -> None:
    assert spec(kubernetes="v1.23.17", container_runtime="docker").labels["container_runtime"] == "docker"


def test_what_magnum_is_sent_has_the_driver_and_every_label() -> None:
    body = spec(Driver("flannel"), public=True).to_magnum()
    assert body["network_driver"] == "flannel" and body["public"] is True
    assert (
        body["labels"]["flannel_network_cidr"] == "10.101.0.0/16" and body["labels"]["kube_tag"] == "v1.29.5"
    )

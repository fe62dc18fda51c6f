"""The labels of a template: whose option it is, which go together, which ranges overlap."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clusters.templates.labels import build_labels, check_labels, check_ranges
from bot.clusters.templates.spec import BadTemplate, Defaults, TemplateRequest
from bot.common.problems import Refusal
from bot.drivers.driver import Driver

CALICO, FLANNEL = Driver("calico"), Driver("flannel")


def labels(driver: Driver, defaults: Defaults | None = None, **request: Any) -> dict[str, str]:
    return build_labels(TemplateRequest(driver=driver, **request), defaults or Defaults(), "v1.29.5")


def test_the_options_of_a_driver_become_its_labels() -> None:
    assert labels(CALICO, options={"ipip": "Always"}, pool="10.120.0.0/16") == {
        "kube_tag": "v1.29.5",
        "calico_ipv4pool": "10.120.0.0/16",
        "calico_ipv4pool_ipip": "Always",
    }
    assert labels(FLANNEL, options={"backend": "host-gw"}) == {
        "kube_tag": "v1.29.5",
        "flannel_backend": "host-gw",
    }


def test_a_label_that_is_given_comes_before_an_option_and_that_before_every_default() -> None:
    defaults = Defaults(
        container_runtime="docker",
        labels={"calico_ipv4pool_ipip": "Never", "container_runtime": "cri-o", "kube_tag": "old"},
        driver_labels={CALICO: {"calico_ipv4pool_ipip": "CrossSubnet", "calico_ipv4pool": "10.1.0.0/16"}},
    )
    assert labels(CALICO, defaults)["calico_ipv4pool_ipip"] == "CrossSubnet"
    assert labels(CALICO, defaults, options={"ipip": "Always"})["calico_ipv4pool_ipip"] == "Always"
    explicit = labels(
        CALICO, defaults, options={"ipip": "Always"}, labels=("calico_ipv4pool_ipip=Off", "a=b=c")
    )
    assert (explicit["calico_ipv4pool_ipip"], explicit["a"]) == ("Off", "b=c")
    assert (explicit["kube_tag"], explicit["container_runtime"]) == ("v1.29.5", "docker")
    assert labels(CALICO, defaults, container_runtime="containerd")["container_runtime"] == "containerd"


@pytest.mark.parametrize(
    ("driver", "options", "headline", "why", "fix"),
    [
        (
            CALICO,
            {"backend": "vxlan"},
            "`--backend` is Flannel's",
            "Calico on Magnum routes with BGP (BIRD)",
            "Leave `--backend` out, or use `--ipip` for an overlay between subnets.",
        ),
        (
            FLANNEL,
            {"ipip": "Always"},
            "`--ipip` is Calico's",
            "Flannel has backends instead",
            "Use `--backend vxlan` or `host-gw`.",
        ),
    ],
)
def test_an_option_of_another_driver_is_refused_with_what_there_is_instead(
    driver: Driver, options: dict[str, str], headline: str, why: str, fix: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        labels(driver, options=options)
    assert (refusal.value.what, refusal.value.why, refusal.value.fix) == (headline, why, fix)


@pytest.mark.parametrize(
    ("kubernetes", "runtime", "fits"),
    [
        ("v1.23.17", None, True),
        ("v1.24.0", "containerd", True),
        ("v1.24.0", "docker", False),
        ("1.30", None, False),
        ("v2.0.0", "docker", False),
    ],
)
def test_from_1_24_on_the_kubelet_needs_containerd(kubernetes: str, runtime: str | None, fits: bool) -> None:
    runtime_label = {"container_runtime": runtime} if runtime else {}
    if fits:
        check_labels(FLANNEL, runtime_label, kubernetes)
    else:
        with pytest.raises(BadTemplate, match="needs containerd") as refusal:
            check_labels(FLANNEL, runtime_label, kubernetes)
        assert f"container_runtime is {runtime or 'not set'}" in refusal.value.why


def test_a_pod_range_may_not_overlap_services_or_the_configured_pods_of_another_driver() -> None:
    defaults = Defaults(driver_labels={FLANNEL: {"flannel_network_cidr": "10.101.0.0/16"}})
    check_ranges(CALICO, {}, defaults)
    check_ranges(CALICO, {"calico_ipv4pool": "fd00::/64"}, defaults)
    with pytest.raises(BadTemplate, match="overlaps Flannel's pod range"):
        check_ranges(CALICO, {"calico_ipv4pool": "10.101.128.0/17"}, defaults)
    with pytest.raises(BadTemplate, match="overlaps the service range"):
        check_ranges(
            CALICO,
            {"calico_ipv4pool": "10.200.1.0/24", "service_cluster_ip_range": "10.200.0.0/16"},
            defaults,
        )
    with pytest.raises(BadTemplate, match="calico_ipv4pool is not an address range: everything"):
        check_ranges(CALICO, {"calico_ipv4pool": "everything"}, defaults)


def test_magnums_own_pod_range_counts_where_none_is_given() -> None:
    defaults = Defaults(driver_labels={FLANNEL: {"flannel_network_cidr": "10.100.0.0/16"}})
    with pytest.raises(BadTemplate, match="overlaps Flannel's pod range"):
        check_ranges(CALICO, {}, defaults)

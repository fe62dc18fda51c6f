"""Every fault that can be switched on is found by `verify`, named with its node, and gone when it is
mended.
"""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Office

NODE = -1  # the last node of the cluster
FAULTS = [
    ("prod-eu", "bgp-port", "BGP sessions are down"),
    ("prod-eu", "bird", "BIRD is not running"),
    ("prod-eu", "as-number", "the AS numbers differ"),
    ("prod-eu", "crash", "CrashLoopBackOff"),
    ("prod-eu", "image", "ImagePullBackOff"),
    ("prod-eu", "kubelet", "the node does not report"),
    ("prod-eu", "cni", "the node is NotReady"),
    ("dev-eu", "crash", "CrashLoopBackOff"),
    ("dev-eu", "memory", "OOMKilled"),
    ("dev-eu", "image", "ImagePullBackOff"),
    ("dev-eu", "kubelet", "the node does not report"),
    ("dev-eu", "cni", "the node is NotReady"),
    ("dev-eu", "pod-range", "spec.podCIDR is empty"),
    ("dev-eu", "taint", "no kube-flannel pod"),
]


@pytest.mark.parametrize(
    ("cluster", "fault", "symptom"), FAULTS, ids=lambda value: value if " " not in str(value) else ""
)
def test_a_fault_is_named_with_its_node_and_gone_when_it_is_mended(
    bot_office: Office, cluster: str, fault: str, symptom: str
) -> None:
    node = list(bot_office.sandbox.cluster_faults[cluster].cluster.network.machines)[NODE]
    driver = bot_office.sandbox.cluster_faults[cluster].cluster.spec.driver
    bot_office.fault(cluster, fault, True, node=NODE)
    try:
        broken = bot_office.types(f"verify {driver} {cluster}")
    finally:
        bot_office.fault(cluster, fault, False, node=NODE)
    assert broken.line.startswith("❌"), broken.line
    assert symptom in broken.text and node in broken.text, broken.text
    mended = bot_office.types(f"verify {driver} {cluster}")
    assert mended.line.startswith("✅"), mended.text
    assert "healthy, 3 of 3 nodes" in mended.line


def test_a_slow_server_only_takes_longer(bot_office: Office) -> None:
    bot_office.sandbox.cluster_faults["prod-eu"].cluster.api.faults.delay = 0.3
    try:
        assert "healthy, 3 of 3 nodes" in bot_office.types("verify calico prod-eu").line
    finally:
        bot_office.sandbox.cluster_faults["prod-eu"].cluster.api.faults.delay = 0.0

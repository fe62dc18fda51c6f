"""What is known of a target."""

from __future__ import annotations

from bot.migration.inventory.target_facts import assumed_target, read_target_facts
from tests.unit.migration.builders import SERVED, an
from tests.unit.migration.inventory.test_served_apis import serves
from tests.unit.migration.memory_kube import FORBIDDEN, MemoryKube

NODE = an("Node", "n", labels={"topology.kubernetes.io/zone": "az1", "disk": "ssd"})


def test_a_cluster_that_exists_is_read() -> None:
    kube = MemoryKube(NODE, an("StorageClass", "fast"), an("IngressClass", "nginx"), an("Namespace", "shop"))
    facts = read_target_facts(kube)
    assert facts.exists and set(facts.storage_classes) == {"fast"}
    assert set(facts.ingress_classes) == {"nginx"}
    assert set(facts.zones) == {"az1"}


def test_what_may_not_be_listed_or_is_not_served_is_as_if_it_were_empty() -> None:
    kube = MemoryKube(NODE)
    kube.failures = {"/api/v1/nodes": FORBIDDEN}
    facts = read_target_facts(kube)
    assert facts.nodes == () and facts.csi_drivers == frozenset()


def test_a_node_must_have_all_labels_that_are_asked_for() -> None:
    facts = read_target_facts(MemoryKube(NODE))
    assert facts.has_node_with({"disk": "ssd"})
    assert not facts.has_node_with({"disk": "ssd", "gpu": "yes"})


def test_a_cluster_that_is_still_to_be_deployed_serves_what_its_release_has() -> None:
    facts = assumed_target(serves("batch/v1beta1/CronJob", "batch/v1/CronJob", version="v1.24.0"), "v1.25.0")
    assert not facts.exists
    assert [resource.version for resource in facts.surface.resources] == ["v1"]
    assert assumed_target(SERVED, "").surface.version == SERVED.version

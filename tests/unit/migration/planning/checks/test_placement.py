"""Classes and nodes that the target lacks."""

from __future__ import annotations

from typing import Any

from bot.migration.inventory.target_facts import TargetFacts
from bot.settings.mappings import Mappings
from tests.unit.migration.builders import SERVED, an, pods, workload
from tests.unit.migration.planning.plans import blockers


def test_a_storage_class_that_nobody_brings_blocks() -> None:
    claim = an(
        "PersistentVolumeClaim", "data", spec={"storageClassName": "gold"}, status={"phase": "Pending"}
    )
    request: dict[str, Any] = {"volumes": ("empty",)}
    assert "no StorageClass gold" in blockers(claim, **request)
    assert not blockers(claim, an("StorageClass", "gold", provisioner="cinder.csi.openstack.org"), **request)
    assert "no StorageClass silver" in blockers(
        claim, mappings=Mappings(storage_classes={"gold": "silver"}), **request
    )


def test_a_claim_without_a_class_needs_a_default_one() -> None:
    claim = an("PersistentVolumeClaim", "data", spec={}, status={"phase": "Pending"})
    assert "no default StorageClass" in blockers(claim, volumes=("empty",))


def test_an_ingress_class_that_nobody_serves_blocks() -> None:
    ingress = an("Ingress", spec={"ingressClassName": "octavia"})
    assert "no IngressClass octavia" in blockers(ingress)
    assert not blockers(ingress, an("IngressClass", "octavia"))


def test_a_selector_that_no_node_of_the_target_fits_blocks_unless_it_is_mapped() -> None:
    gpu = workload(template=pods(nodeSelector={"gpu": "true"}))
    facts = TargetFacts(
        exists=True,
        surface=SERVED,
        nodes=(
            an(
                "Node",
                "n",
                labels={"accelerator": "yes"},
                status={"allocatable": {"cpu": "8", "memory": "8Gi"}},
            ),
        ),
    )
    assert "gpu=true" in blockers(gpu, facts=facts)
    assert not blockers(gpu, facts=facts, mappings=Mappings(node_labels={"gpu=true": "accelerator=yes"}))

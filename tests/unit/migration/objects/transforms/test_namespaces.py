"""Namespaces."""

from __future__ import annotations

from tests.unit.migration.builders import an
from tests.unit.migration.objects.transforms.results import stripped, warnings_of


def test_a_namespace_keeps_its_pod_security_and_loses_its_pool() -> None:
    obj = an(
        "Namespace",
        "shop",
        labels={"pod-security.kubernetes.io/enforce": "restricted"},
        annotations={"cni.projectcalico.org/ipv4pools": '["p"]'},
        spec={"finalizers": ["kubernetes"]},
    )
    made = stripped(obj)
    assert made["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    assert "annotations" not in made["metadata"] and "spec" not in made
    assert "pool" in warnings_of(obj)

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
    copy = stripped(obj)
    assert copy["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    assert "annotations" not in copy["metadata"] and "spec" not in copy
    assert "pool" in warnings_of(obj)

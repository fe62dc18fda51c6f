"""The metadata of every kind: what one server wrote is dropped, what people wrote is copied."""

from __future__ import annotations

import copy

from bot.migration.objects.canonical import LAST_APPLIED
from tests.unit.migration.builders import an, workload
from tests.unit.migration.objects.transforms.results import note_texts, stripped


def test_what_one_server_wrote_is_gone() -> None:
    obj = an(
        "ConfigMap",
        meta={"generation": 3, "selfLink": "/x", "generateName": "x-"},
        status={"a": 1},
        data={"k": "v"},
    )
    assert stripped(obj) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x", "namespace": "shop"},
        "data": {"k": "v"},
    }


def test_the_object_that_was_read_is_not_changed() -> None:
    obj = an("Service", spec={"clusterIP": "10.254.0.9", "ports": [{"port": 80, "nodePort": 30001}]})
    before = copy.deepcopy(obj)
    stripped(obj)
    assert obj == before


def test_owners_and_finalizers_are_dropped_and_reported() -> None:
    obj = an(
        "PersistentVolumeClaim",
        owner=workload("StatefulSet", "db"),
        meta={"finalizers": ["kubernetes.io/pvc-protection", "corp.example/cleanup"]},
        spec={},
    )
    copied = stripped(obj)
    assert "ownerReferences" not in copied["metadata"]
    assert "finalizers" not in copied["metadata"]
    assert "corp.example/cleanup" in note_texts(obj)


def test_a_finalizer_that_the_target_handles_stays() -> None:
    obj = an("ConfigMap", meta={"finalizers": ["corp.example/cleanup"]})
    copied = stripped(obj, keep_finalizers=frozenset({"corp.example/cleanup"}))
    assert copied["metadata"]["finalizers"] == ["corp.example/cleanup"]


def test_the_last_applied_configuration_which_may_hold_old_secrets_is_dropped() -> None:
    assert "annotations" not in stripped(an("Secret", annotations={LAST_APPLIED: "{}"}))["metadata"]


def test_a_custom_resource_that_nobody_knows_keeps_its_spec() -> None:
    obj = an("Coupon", api="shop.example/v1", spec={"percent": 10}, status={"used": 3}, extra={"x": 1})
    copied = stripped(obj)
    assert copied["spec"] == {"percent": 10}
    assert copied["extra"] == {"x": 1}
    assert "status" not in copied

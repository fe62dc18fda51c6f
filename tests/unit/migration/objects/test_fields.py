"""References to objects, and the fields that most modules read."""

from __future__ import annotations

import pytest

from bot.migration.objects.fields import (
    Object,
    Ref,
    claims_of,
    containers_of,
    drop_annotations,
    drop_if_empty,
    ingress_addresses,
    is_custom_group,
    owners_of,
    pod_labels_of,
    pod_spec_of,
    ref_of,
    true_conditions,
    with_annotation,
    with_label,
)
from tests.unit.migration.builders import an, pods, workload


@pytest.mark.parametrize(
    ("ref", "text"),
    [
        (Ref("apps", "Deployment", "shop", "web"), "Deployment shop/web"),
        (Ref("", "Namespace", "", "shop"), "Namespace shop"),
        (Ref("networking.k8s.io", "Ingress", "shop", "web"), "Ingress shop/web"),
        (Ref("db.example", "Postgres", "shop", "db"), "Postgres.db.example shop/db"),
    ],
)
def test_a_reference_names_the_group_of_custom_resources_only(ref: Ref, text: str) -> None:
    assert str(ref) == text


def test_the_group_is_part_of_a_reference_and_the_version_is_not() -> None:
    assert ref_of(an("CronJob", api="batch/v1")) == ref_of(an("CronJob", api="batch/v1beta1"))
    assert ref_of(an("Ingress", api="extensions/v1beta1")) != ref_of(an("Ingress"))


def test_groups_of_kubernetes_are_not_custom() -> None:
    assert not any(map(is_custom_group, ("", "apps", "policy", "rbac.authorization.k8s.io")))
    assert is_custom_group("cert-manager.io")


def test_the_controller_is_the_first_owner() -> None:
    obj = an("Pod", owner=workload(name="b"))
    obj["metadata"]["ownerReferences"].insert(0, {"kind": "Other", "name": "a", "uid": "u"})
    assert [(owner.name, owner.controls) for owner in owners_of(obj)] == [("b", True), ("a", False)]


@pytest.mark.parametrize(
    "obj",
    [
        workload(),
        an("Pod", labels={"app": "x"}, spec=pods()["spec"]),
        an("CronJob", spec={"jobTemplate": {"spec": {"template": pods()}}}),
        an("Job", spec={"template": pods()}),
    ],
    ids=lambda obj: obj["kind"],
)
def test_every_kind_that_runs_pods_has_a_template(obj: Object) -> None:
    assert [container["name"] for container in containers_of(pod_spec_of(obj))] == ["c"]
    assert pod_labels_of(obj) == {"app": "x"}


def test_other_kinds_have_no_template() -> None:
    assert pod_spec_of(an("ConfigMap")) == {} and pod_labels_of(an("Coupon", spec={"template": "text"})) == {}


def test_a_change_to_a_template_changes_the_object() -> None:
    obj = workload()
    pod_spec_of(obj)["nodeName"] = "n1"
    assert obj["spec"]["template"]["spec"]["nodeName"] == "n1"


def test_claims_are_those_of_mounted_volumes() -> None:
    volumes = [{"name": "a", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "b", "emptyDir": {}}]
    assert claims_of({"volumes": volumes}) == ["data"] and claims_of({}) == []


def test_only_true_conditions_count() -> None:
    conditions = [{"type": "Ready", "status": "True"}, {"type": "Available", "status": "Unknown"}]
    assert true_conditions(an("Pod", status={"conditions": conditions})) == {"Ready"}


def test_addresses_from_outside_are_ips_or_host_names() -> None:
    entries = [{"ip": "203.0.113.9"}, {"hostname": "lb.example"}, {}]
    service = an("Service", status={"loadBalancer": {"ingress": entries}})
    assert ingress_addresses(service) == ("203.0.113.9", "lb.example", "")
    assert ingress_addresses(None) == ()


def test_a_label_and_an_annotation_are_added_to_a_copy() -> None:
    obj = an("ConfigMap", labels={"a": "b"})
    assert with_label(obj, "c", "d")["metadata"]["labels"] == {"a": "b", "c": "d"}
    assert with_annotation(obj, "e", "f")["metadata"]["annotations"] == {"e": "f"}
    assert obj["metadata"]["labels"] == {"a": "b"} and "annotations" not in obj["metadata"]


def test_dropped_annotations_are_returned_and_no_empty_field_is_left() -> None:
    obj = an("ConfigMap", annotations={"a": "1", "b": "2"})
    assert drop_annotations(obj, "a", "c") == ["a"] and obj["metadata"]["annotations"] == {"b": "2"}
    assert drop_annotations(obj, "b") == ["b"] and "annotations" not in obj["metadata"]


def test_only_fields_that_are_there_and_empty_are_dropped() -> None:
    fields = {"labels": {}, "finalizers": ["x"], "other": []}
    drop_if_empty(fields, "labels", "finalizers", "missing")
    assert fields == {"finalizers": ["x"], "other": []}

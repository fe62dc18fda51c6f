"""What a team names differently in the new cluster, and JSON patches."""

from __future__ import annotations

from typing import Any

import pytest

from bot.migration.objects.fields import Object
from bot.migration.objects.transforms.mapping import PatchFailed, adapt
from bot.settings.mappings import Mappings, ObjectPatch
from tests.unit.migration.builders import an, pods, workload
from tests.unit.migration.objects.transforms.results import stripped


def mapped(obj: Object, **mappings: Any) -> Object:
    return adapt(stripped(obj), Mappings(**mappings))[0]


def test_classes_registries_nodes_and_taints_are_renamed() -> None:
    affinity = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}]}
                ]
            }
        }
    }
    template = pods(
        nodeSelector={"zone": "a", "disk": "ssd"},
        tolerations=[{"key": "old"}, {"key": "gone"}],
        affinity=affinity,
    )
    obj = workload(
        "StatefulSet",
        template=template,
        volumeClaimTemplates=[{"metadata": {"name": "d"}, "spec": {"storageClassName": "gold"}}],
    )
    target_spec = mapped(
        obj,
        storage_classes={"gold": "silver"},
        registries={"registry.old": "registry.new/mirror"},
        node_labels={"zone=a": "zone=az1", "disk=ssd": ""},
        tolerations={"old": "new", "gone": ""},
    )["spec"]
    spec = target_spec["template"]["spec"]
    assert target_spec["volumeClaimTemplates"][0]["spec"]["storageClassName"] == "silver"
    assert spec["containers"][0]["image"] == "registry.new/mirror/app:1"
    assert spec["nodeSelector"] == {"zone": "az1"}
    assert spec["tolerations"] == [{"key": "new"}]
    term = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ][0]
    assert term["matchExpressions"][0]["values"] == ["az1", "b"]


def test_a_registry_is_matched_at_a_border_and_the_longest_counts() -> None:
    registries = {"reg.io": "new.io", "reg.io/team": "team.io"}
    images = [
        mapped(workload(template=pods(containers=[{"name": "c", "image": image}])), registries=registries)[
            "spec"
        ]["template"]["spec"]["containers"][0]["image"]
        for image in ("reg.io/a:1", "reg.io/team/a:1", "reg.io.evil/a:1")
    ]
    assert images == ["new.io/a:1", "team.io/a:1", "reg.io.evil/a:1"]


def test_an_ingress_class_is_renamed_in_the_field_and_in_the_annotation() -> None:
    field = mapped(an("Ingress", spec={"ingressClassName": "octavia"}), ingress_classes={"octavia": "nginx"})
    mark = mapped(
        an("Ingress", annotations={"kubernetes.io/ingress.class": "octavia"}, spec={}),
        ingress_classes={"octavia": "nginx"},
    )
    assert field["spec"]["ingressClassName"] == "nginx"
    assert mark["metadata"]["annotations"] == {"kubernetes.io/ingress.class": "nginx"}


def patch(*operations: dict[str, Any], kind: str = "ConfigMap") -> ObjectPatch:
    return ObjectPatch(kind=kind, patch=operations)


def test_a_patch_changes_only_what_it_selects() -> None:
    patches = (patch({"op": "replace", "path": "/data/k", "value": "new"}),)
    assert mapped(an("ConfigMap", data={"k": "old"}), patches=patches)["data"] == {"k": "new"}
    assert mapped(an("Secret", data={"k": "b2xk"}), patches=patches)["data"] == {"k": "b2xk"}


@pytest.mark.parametrize(
    "operations",
    [
        [{"op": "replace", "path": "/data/nothing", "value": "x"}],
        [{"op": "test", "path": "/data/k", "value": "other"}],
        [{"op": "replace", "path": "/metadata/name", "value": "y"}],
        [{"op": "remove", "path": "/metadata"}],
        [{"op": "replace", "path": "/apiVersion", "value": "v2"}],
    ],
)
def test_a_patch_that_does_not_fit_or_changes_what_an_object_is_is_refused(
    operations: list[dict[str, Any]],
) -> None:
    with pytest.raises(PatchFailed):
        mapped(an("ConfigMap", data={"k": "v"}), patches=(patch(*operations),))


def test_a_failed_patch_of_a_secret_tells_no_value() -> None:
    with pytest.raises(PatchFailed) as refused:
        mapped(
            an("Secret", data={"k": "aHVudGVyMg=="}),
            patches=(patch({"op": "test", "path": "/data/k", "value": "x"}, kind="Secret"),),
        )
    assert "aHVudGVyMg" not in f"{refused.value.what} {refused.value.why} {refused.value.fix}"

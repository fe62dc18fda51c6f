"""At which version two clusters understand each other."""

from __future__ import annotations

from bot.migration.inventory.served_apis import (
    ApiResource,
    ApiSurface,
    common_apis,
    version_numbers,
    with_definitions,
)


def serves(*kinds: str, version: str = "v1.29.5") -> ApiSurface:
    """`policy/v1beta1/PodDisruptionBudget`, in the order of preference."""
    resources = []
    for text in kinds:
        *group, at, kind = text.split("/")
        resources.append(
            ApiResource(
                group="/".join(group), version=at, kind=kind, plural=kind.lower() + "s", namespaced=True
            )
        )
    return ApiSurface(version=version, resources=tuple(resources))


def test_the_targets_preferred_version_counts_if_both_serve_it() -> None:
    source = serves("autoscaling/v1/HPA", "autoscaling/v2/HPA", "autoscaling/v2beta2/HPA")
    target = serves("autoscaling/v2/HPA", "autoscaling/v1/HPA")
    assert [resource.version for resource in common_apis(source, target).shared] == ["v2"]


def test_the_next_common_version_counts_otherwise() -> None:
    common = common_apis(
        serves("g.example/v1/Thing", "g.example/v1beta1/Thing"),
        serves("g.example/v2/Thing", "g.example/v1beta1/Thing"),
    )
    assert [resource.version for resource in common.shared] == ["v1beta1"]
    assert not common.missing


def test_a_kind_without_a_common_version_is_missing() -> None:
    common = common_apis(serves("batch/v1beta1/CronJob"), serves("batch/v1/CronJob"))
    assert [resource.kind for resource in common.missing] == ["CronJob"]
    assert not common.shared


def test_kinds_that_are_not_stored_are_left_out() -> None:
    review = ApiResource(
        group="authentication.k8s.io",
        version="v1",
        kind="TokenReview",
        plural="tokenreviews",
        namespaced=False,
        verbs=frozenset({"create"}),
    )
    surface = ApiSurface(version="v1.29.5", resources=(review,))
    assert common_apis(surface, surface).shared == ()


def test_old_servers_show_the_same_objects_in_two_groups_and_one_counts() -> None:
    old = serves(
        "extensions/v1beta1/Ingress",
        "networking.k8s.io/v1/Ingress",
        "extensions/v1beta1/Deployment",
        "apps/v1/Deployment",
    )
    assert sorted(resource.group for resource in common_apis(old, old).shared) == [
        "apps",
        "networking.k8s.io",
    ]


def test_a_definition_that_is_copied_makes_its_kind_served() -> None:
    spec = {
        "group": "shop.example",
        "scope": "Namespaced",
        "names": {"kind": "Coupon", "plural": "coupons"},
        "versions": [{"name": "v1"}, {"name": "v0", "served": False}],
    }
    target = with_definitions(serves("v1/Pod"), [{"spec": spec}])
    assert [resource.version for resource in target.versions("shop.example", "Coupon")] == ["v1"]
    already = with_definitions(serves("shop.example/v2/Coupon"), [{"spec": spec}])
    assert [resource.version for resource in already.versions("shop.example", "Coupon")] == ["v2"]


def test_versions_are_compared_as_numbers() -> None:
    assert version_numbers("v1.9.0") < version_numbers("v1.29.5") < version_numbers("v2.0")
    assert version_numbers("") == (0, 0)

"""What is read of a cluster, and what is reported where something may not be read."""

from __future__ import annotations

import pytest

from bot.adapters.kube.errors import ServerFailed
from bot.migration.inventory.cluster_objects import ONE_BY_ONE, Inventory, read
from bot.migration.inventory.namespace_selection import UnknownNamespace
from bot.migration.inventory.served_apis import ApiResource, ApiSurface
from bot.migration.objects.fields import Object
from tests.unit.migration.builders import SERVED, an, inventory
from tests.unit.migration.memory_kube import FORBIDDEN, MemoryKube

SHOP, SYSTEM = an("Namespace", "shop"), an("Namespace", "kube-system")
KINDS = [("", "ConfigMap"), ("", "Namespace"), ("rbac.authorization.k8s.io", "ClusterRole")]


def read_shop(kube: MemoryKube, *namespaces: str, surface: ApiSurface = SERVED) -> Inventory:
    return read(kube, surface=surface, resources=surface.select(KINDS), namespaces=namespaces)


def names(objects: list[Object]) -> list[str]:
    return sorted(obj["metadata"]["name"] for obj in objects)


def test_namespaced_kinds_are_read_in_the_chosen_namespaces_and_others_whole() -> None:
    kube = MemoryKube(
        SHOP,
        SYSTEM,
        an("ConfigMap", "ours"),
        an("ConfigMap", "theirs", "kube-system"),
        an("ClusterRole", "r"),
    )
    result = read_shop(kube)
    assert result.namespaces == ("shop",)
    assert names(result.of("ConfigMap")) == ["ours"]
    assert names(result.of("Namespace")) == ["kube-system", "shop"]
    assert names(result.of("ClusterRole", "rbac.authorization.k8s.io")) == ["r"]


def test_many_namespaces_are_read_by_one_list_that_is_cut_down() -> None:
    teams = [an("Namespace", f"team-{number}") for number in range(ONE_BY_ONE + 1)]
    configuration = [an("ConfigMap", "c", team["metadata"]["name"]) for team in teams]
    kube = MemoryKube(*teams, SYSTEM, *configuration, an("ConfigMap", "theirs", "kube-system"))
    assert names(read_shop(kube).of("ConfigMap")) == ["c"] * len(teams)


def test_a_cluster_of_few_namespaces_is_read_by_one_list_if_all_are_chosen() -> None:
    namespaces = [SHOP, an("Namespace", "billing"), SYSTEM]
    configuration = [an("ConfigMap", "c", namespace["metadata"]["name"]) for namespace in namespaces]
    kube = MemoryKube(*namespaces, *configuration)
    everywhere = "/api/v1/configmaps"
    kube.failures = {everywhere: FORBIDDEN}
    assert [unread.resource.kind for unread in read_shop(kube).unread] == ["ConfigMap"]
    assert names(read_shop(kube, "shop").of("ConfigMap")) == ["c"], (
        "others are there: each is listed by itself"
    )
    kube.failures = {}
    read_from = {obj["metadata"]["namespace"] for obj in read_shop(kube).of("ConfigMap")}
    assert read_from == {"billing", "shop"}


def test_an_object_bears_the_version_at_which_it_was_read() -> None:
    kube = MemoryKube(SHOP, an("ConfigMap", "c"))
    del kube.objects["/api/v1/namespaces/shop/configmaps/c"]["kind"]
    assert read_shop(kube).find("", "ConfigMap", "shop", "c") is not None


def test_a_kind_that_may_not_be_read_is_reported() -> None:
    kube = MemoryKube(SHOP)
    kube.failures = {"/api/v1/namespaces/shop/configmaps": FORBIDDEN}
    [unread] = read_shop(kube).unread
    assert (unread.resource.kind, unread.why) == ("ConfigMap", "HTTP 403: no right")


def test_an_aggregated_api_that_is_down_is_reported_and_an_own_one_raises() -> None:
    coupons = ApiResource(
        group="shop.example", version="v1", kind="Coupon", plural="coupons", namespaced=True
    )
    surface = ApiSurface(version="v1.29.5", resources=(*SERVED.resources, coupons))
    kube = MemoryKube(SHOP, surface=surface)
    path = "/apis/shop.example/v1/namespaces/shop/coupons"
    kube.failures = {path: ServerFailed("It failed", why="HTTP 503")}
    result = read(kube, surface=surface, resources=[coupons], namespaces=())
    assert [unread.why for unread in result.unread] == ["It failed: HTTP 503"]
    kube.failures = {"/api/v1/namespaces/shop/configmaps": ServerFailed("It failed")}
    with pytest.raises(ServerFailed):
        read_shop(kube, surface=surface)


def test_a_definition_that_was_removed_meanwhile_has_no_objects() -> None:
    coupons = ApiResource(
        group="shop.example", version="v1", kind="Coupon", plural="coupons", namespaced=True
    )
    result = read(MemoryKube(SHOP), surface=SERVED, resources=[coupons], namespaces=())
    assert not result.objects and not result.unread


def test_a_namespace_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownNamespace):
        read_shop(MemoryKube(SHOP), "shpo")


def test_inventories_show_no_object() -> None:
    secret = an("Secret", "s", data={"password": "aHVudGVyMg=="})
    assert "aHVudGVyMg" not in repr(inventory(secret))

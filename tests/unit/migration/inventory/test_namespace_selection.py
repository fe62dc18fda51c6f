"""Which namespaces are migrated."""

from __future__ import annotations

import pytest

from bot.migration.inventory.namespace_selection import UnknownNamespace, select_namespaces, system_namespaces

EXISTING = ["shop", "kube-system", "blog", "kube-flannel"]


def test_without_a_choice_all_but_the_systems_are_migrated() -> None:
    assert select_namespaces(EXISTING, ()) == ("blog", "shop")


def test_a_choice_is_taken_once_and_in_order() -> None:
    assert select_namespaces(EXISTING, ("shop", "blog", "shop")) == ("blog", "shop")


def test_a_namespace_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(UnknownNamespace) as refused:
        select_namespaces(EXISTING, ("shpo",))
    assert refused.value.why == "there are blog, shop"


@pytest.mark.parametrize("name", ["kube-system", "kube-flannel"])
def test_the_clusters_own_namespaces_are_refused(name: str) -> None:
    assert name in system_namespaces()
    with pytest.raises(UnknownNamespace, match="is not migrated"):
        select_namespaces(EXISTING, (name,))

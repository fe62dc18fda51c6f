"""Selectors of objects, and JSON patches for them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from bot.settings.mappings import ObjectPatch, ObjectSelector

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web-1", "namespace": "shop", "labels": {"tier": "front"}},
}
NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ({"kind": "Deployment"}, True),
        ({"kind": "Deployment.apps"}, True),
        ({"kind": "Deployment.extensions"}, False),
        ({"kind": "StatefulSet"}, False),
        ({"namespace": "sh*"}, True),
        ({"namespace": "bank"}, False),
        ({"name": "web-?"}, True),
        ({"name": "web"}, False),
        ({"labels": {"tier": "front"}}, True),
        ({"labels": {"tier": "front", "app": "web"}}, False),
        ({"kind": "Deployment", "namespace": "shop", "name": "api"}, False),
    ],
)
def test_an_object_is_selected_by_all_that_is_said(selector: dict[str, Any], selected: bool) -> None:
    assert ObjectSelector.model_validate(selector).selects(DEPLOYMENT) is selected


def test_an_object_without_a_namespace_or_a_group_is_selected_as_well() -> None:
    assert ObjectSelector(kind="Node").selects(NODE) and ObjectSelector(kind="Node.").selects(NODE)
    assert ObjectSelector(name="n1").selects(NODE)
    assert not ObjectSelector(namespace="shop").selects(NODE)
    assert not ObjectSelector(labels={"a": "b"}).selects(NODE)


def test_a_selector_of_everything_is_refused() -> None:
    with pytest.raises(ValidationError, match="say which objects"):
        ObjectSelector()


@pytest.mark.parametrize(
    ("operation", "mistake"),
    [
        ({"path": "/spec"}, "operation 2 has no op"),
        ({"op": "remove"}, "operation 2 has no path"),
        ({"op": "remove", "path": 7}, "operation 2 has no path"),
        ({"op": "delete", "path": "/spec"}, "operation 2: there is no op 'delete'"),
    ],
)
def test_a_patch_that_is_no_json_patch_is_refused(operation: dict[str, Any], mistake: str) -> None:
    good = {"op": "test", "path": "/kind", "value": "Deployment"}
    assert ObjectPatch.model_validate({"kind": "Deployment", "patch": [good]}).patch == (good,)
    with pytest.raises(ValidationError, match=mistake):
        ObjectPatch.model_validate({"kind": "Deployment", "patch": [good, operation]})

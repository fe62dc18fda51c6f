"""The form for a cluster template: filled with the project's defaults, checked by the rules of the words."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.request import OfferId
from bot.actions.templates import TemplateCreate
from bot.clusters.templates.results import TemplateForm
from bot.slack.forms import template
from tests.unit.slack.examples.requests import OPERATION
from tests.unit.slack.examples.templates import FLANNEL, defaults


def inputs(**changes: Any) -> dict[str, dict[str, Any]]:
    form = TemplateForm(project="shop", defaults=defaults(**changes))
    view = template.template_view(form, OPERATION, OfferId("o"))
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


def test_the_drivers_are_offered_with_what_each_is_for() -> None:
    driver = inputs()["driver"]["element"]
    assert [option["value"] for option in driver["options"]] == ["calico", "flannel"]
    assert driver["initial_option"] == driver["options"][0]
    assert driver["options"][0]["text"]["text"].startswith("Calico: for production")


def test_the_fields_hold_the_projects_defaults_and_may_be_left_empty() -> None:
    fields = inputs(image="fcos-39", flavor="m1.large")
    assert fields["image"]["element"]["initial_value"] == "fcos-39"
    assert fields["flavor"]["element"]["initial_value"] == "m1.large"
    assert "initial_value" not in fields["keypair"]["element"]
    assert all(block["optional"] for name, block in fields.items() if name != "driver")


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"pool": "10.0.0.0/99"}, ["pool"]),
        ({"template": "a b"}, ["template"]),
        ({"template": "k8s-dev", "pool": "10.102.0.0/16"}, []),
        ({"template": "", "pool": None}, []),
    ],
)
def test_values_are_checked_beside_their_fields(values: dict[str, Any], wrong: list[str]) -> None:
    errors = template.template_errors(values)
    assert list(errors) == wrong and all("`" not in text for text in errors.values())


def test_only_what_was_filled_in_becomes_part_of_the_action() -> None:
    values = {"driver": "flannel", "image": "fcos-40", "keypair": "", "nonsense": "x"}
    filled = template.fill_template(TemplateCreate(project="shop"), values)
    assert filled == TemplateCreate(project="shop", driver=FLANNEL, image="fcos-40")


def test_a_driver_that_is_not_known_does_not_fit() -> None:
    with pytest.raises(ValueError):
        template.fill_template(TemplateCreate(), {"driver": "carrier-pigeon"})

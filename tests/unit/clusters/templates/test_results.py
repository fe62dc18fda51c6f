"""A template as Magnum has it, read into plain data."""

from __future__ import annotations

import dataclasses

from bot.clusters.templates.builder import build_spec
from bot.clusters.templates.results import AmbiguousTemplate, Template
from bot.clusters.templates.spec import TemplateRequest
from bot.drivers.driver import Driver
from tests.unit.clusters import fakes

SPEC = build_spec(
    TemplateRequest(driver=Driver("flannel"), labels=("monitoring=true",)), fakes.DEFAULTS, project="shop"
)


def sent(**changes: object) -> Template:
    """The template that Magnum makes of `SPEC`."""
    return Template.from_magnum(fakes.template(**{**SPEC.to_magnum(), "uuid": "t", **changes}))


def test_what_magnum_leaves_out_is_its_default() -> None:
    template = Template.from_magnum({"uuid": "t", "name": "n", "labels": None})
    assert (template.driver, template.network_driver) == ("flannel", "flannel")
    assert template.balanced and not template.public and template.created is None and template.labels == {}


def test_a_driver_that_is_not_in_the_catalogue_keeps_magnums_word() -> None:
    template = Template.from_magnum(fakes.template(network_driver="weave", master_lb_enabled=False))
    assert (template.driver, template.network_driver, template.balanced) == (None, "weave", False)


def test_a_template_is_made_of_a_spec_if_driver_image_and_every_label_are_the_same() -> None:
    assert sent().is_made_of(SPEC)
    assert sent(labels={**SPEC.labels, "added_by_magnum": "x"}).is_made_of(SPEC)
    assert sent(labels={**SPEC.labels, "monitoring": True}).is_made_of(
        dataclasses.replace(SPEC, labels={**SPEC.labels, "monitoring": "True"})
    ), "values are compared as text"
    assert not sent(labels={}).is_made_of(SPEC)
    assert not sent(image_id="another").is_made_of(SPEC)
    assert not sent(network_driver="calico").is_made_of(SPEC)


def test_templates_of_one_name_are_told_apart() -> None:
    templates = tuple(
        Template.from_magnum(fakes.template("base", uuid=uuid, network_driver=driver))
        for uuid, driver in (("1", "calico"), ("2", "weave"))
    )
    error = AmbiguousTemplate("base", templates)
    assert error.what == "2 templates are called base" and error.field == "template"
    assert [choice.label for choice in error.choices] == [
        "calico, Kubernetes v1.29.5, created 2026-11-01 08:00 UTC",
        "weave, Kubernetes v1.29.5, created 2026-11-01 08:00 UTC",
    ]

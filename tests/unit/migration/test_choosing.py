"""Which template `--to DRIVER` means."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.action import Driver
from bot.migration.choosing import NoTemplate, SeveralTemplates, template_for
from bot.templates.results import Template


def template(name: str, driver: Driver = Driver.CALICO, kubernetes: str = "v1.29.5", **more: Any) -> Template:
    given: dict[str, Any] = {
        "image": "i",
        "flavor": "f",
        "master_flavor": "f",
        "external_network": "p",
        "keypair": "k",
        "public": False,
        "hidden": False,
        "labels": {},
        "created": None,
    }
    return Template(
        id=f"id-{name}",
        name=name,
        driver=driver,
        network_driver=str(driver),
        kubernetes=kubernetes,
        **{**given, **more},
    )


def test_the_only_one_of_the_driver_is_meant() -> None:
    found = template_for(Driver.CALICO, [template("a"), template("b", Driver.FLANNEL)], kubernetes="v1.29.5")
    assert found.name == "a"


def test_older_and_hidden_ones_do_not_count() -> None:
    given = [
        template("old", kubernetes="v1.28.9"),
        template("gone", hidden=True),
        template("new", kubernetes="v1.30.1"),
    ]
    assert template_for(Driver.CALICO, given, kubernetes="v1.29.5").name == "new"


def test_of_several_a_person_picks() -> None:
    with pytest.raises(SeveralTemplates) as asked:
        template_for(Driver.CALICO, [template("b"), template("a")], kubernetes="v1.29.5")
    assert [choice.id for choice in asked.value.choices] == ["id-a", "id-b"]


def test_none_is_told_with_what_there_is_and_what_to_do() -> None:
    with pytest.raises(NoTemplate) as told:
        template_for(Driver.CALICO, [template("old", kubernetes="v1.20.0")], kubernetes="v1.29.5")
    assert "old has v1.20.0" in told.value.why
    assert "template create calico --kubernetes v1.29.5" in told.value.fix

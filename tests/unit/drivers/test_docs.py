"""docs/drivers.md says of every driver what its profile says, and of a profile every field."""

from __future__ import annotations

import dataclasses
import pathlib

import pytest

from bot.drivers.catalog import ENTRY_POINT_GROUP, profiles
from bot.drivers.profile import DriverProfile

PAGE = (pathlib.Path(__file__).parents[3] / "docs" / "drivers.md").read_text()


@pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.driver)
def test_every_driver_is_described(profile: DriverProfile) -> None:
    words = [f"{profile.title} (`{profile.driver}`)", profile.comparison.recommended_for]
    words += [f"`{option.flag}`" for option in profile.template.options]
    words += [
        f"`{profile.template.pool_label}`",
        *(f"`{prefix}`" for prefix in profile.template.label_prefixes),
    ]
    words += [str(rule) for rule in profile.security_rules]
    words += [f"`{profile.selector}`", f"`{profile.container}`"]
    words += [f"`{resource.name}`" for resource in profile.resources]
    if profile.policies is not None:
        words += [f"`{word}`" for word in (*profile.policies.groups, *profile.policies.policies)]
    if profile.probe is not None:
        words.append(profile.probe.subject)
    assert [word for word in words if word not in PAGE] == []


def test_every_field_of_a_profile_is_explained() -> None:
    fields = [field.name for field in dataclasses.fields(DriverProfile)]
    assert [field for field in fields if f"`{field}`" not in PAGE] == []
    assert f'"{ENTRY_POINT_GROUP}"' in PAGE

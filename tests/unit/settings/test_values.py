"""Durations, labels and driver names of the configuration file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from bot.settings.values import DriverName, Duration, Labels, SettingsModel


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("24h", 86_400), ("2d", 172_800), ("0s", 0)]
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert TypeAdapter(Duration).validate_python(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["soon", "15", 15, "1.5h", "-1h", "1h30m", "15 m", "", None])
def test_anything_else_is_no_duration(value: Any) -> None:
    with pytest.raises(ValidationError, match="is not a length of time like 15m or 24h"):
        TypeAdapter(Duration).validate_python(value)


def test_labels_are_texts_as_magnum_reads_them() -> None:
    labels = TypeAdapter(Labels).validate_python({"cinder_csi_enabled": True, "count": 3, 1: "x"})
    assert labels == {"cinder_csi_enabled": "true", "count": "3", "1": "x"}
    with pytest.raises(ValidationError):
        TypeAdapter(Labels).validate_python(["calico_tag"])


def test_a_driver_is_one_of_those_that_the_caller_knows() -> None:
    driver = TypeAdapter(DriverName)
    assert driver.validate_python("cilium", context={"drivers": ["calico", "cilium"]}) == "cilium"
    with pytest.raises(ValidationError, match="Input should be 'calico' or 'cilium'"):
        driver.validate_python("weave", context={"drivers": ["calico", "cilium"]})
    with pytest.raises(ValidationError, match="Input should be nothing"):
        driver.validate_python("calico")


def test_an_unknown_key_is_refused_and_nothing_changes_after_the_read() -> None:
    class Section(SettingsModel):
        size: int = 1

    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Section.model_validate({"sise": 2})
    with pytest.raises(ValidationError, match="frozen"):
        Section().size = 2  # type: ignore[misc]

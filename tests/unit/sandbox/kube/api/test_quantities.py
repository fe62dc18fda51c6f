"""Quantities of resources are numbers whatever their unit, and are shown in the unit that was used."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kube.api.quantities import UNITS, number, text


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        ("100m", Fraction(1, 10)),
        ("1", Fraction(1)),
        (2, Fraction(2)),
        ("1.5Gi", Fraction(3 * 2**29)),
        ("1k", Fraction(1_000)),
    ],
)
def test_a_quantity_is_a_number(quantity: object, value: Fraction) -> None:
    assert number(quantity) == value


@pytest.mark.parametrize("wrong", ["", "1Gb", "Gi", "-1", "one"])
def test_what_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        number(wrong)


@given(st.integers(0, 10**9), st.sampled_from(sorted(UNITS)))
def test_a_number_is_shown_in_the_unit_that_was_used(value: int, unit: str) -> None:
    assert text(number(f"{value}{unit}"), f"1{unit}") == f"{value}{unit}"

"""Quantities of resources: `100m`, `1.5Gi`, `2`."""

from __future__ import annotations

import re
from fractions import Fraction

UNITS = {
    "": Fraction(1),
    "m": Fraction(1, 1_000),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "Ki": Fraction(2**10),
    "Mi": Fraction(2**20),
    "Gi": Fraction(2**30),
    "Ti": Fraction(2**40),
}
_SHAPE = re.compile(r"([0-9.]+)([a-zA-Z]*)")


def number(quantity: object) -> Fraction:
    """A quantity as a number of its base unit. Raises `ValueError`."""
    found = _SHAPE.fullmatch(str(quantity))
    if found is None or found[2] not in UNITS:
        raise ValueError(f"no quantity: {quantity}")
    return Fraction(found[1]) * UNITS[found[2]]


def text(value: Fraction, like: str = "") -> str:
    """A number as a quantity, in the unit of `like` where that is exact."""
    unit = "".join(c for c in like if c.isalpha())
    for each in (unit, "", "m"):
        scaled = value / UNITS.get(each, Fraction(1))
        if scaled.denominator == 1:
            return f"{scaled.numerator}{each}"
    return str(int(value))

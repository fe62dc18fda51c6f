"""Quantities of resources: `100m`, `1.5Gi`, `2`.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

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
    """Return a quantity as a number of its base unit. Raises `ValueError`."""
    match = _SHAPE.fullmatch(str(quantity))
    if match is None or match[2] not in UNITS:
        raise ValueError(f"no quantity: {quantity}")
    return Fraction(match[1]) * UNITS[match[2]]


def text(value: Fraction, like: str = "") -> str:
    """Return a number as a quantity, in the unit of the quantity `like` where that is exact."""
    preferred = "".join(letter for letter in like if letter.isalpha())
    for unit in (preferred, "", "m"):
        scaled = value / UNITS.get(unit, Fraction(1))
        if scaled.denominator == 1:
            return f"{scaled.numerator}{unit}"
    return str(int(value))

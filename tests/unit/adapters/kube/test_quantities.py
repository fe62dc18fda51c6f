"""Kubernetes quantities."""

from __future__ import annotations

import pytest

from bot.adapters.kube.quantities import quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1Gi", 2**30),
        ("500m", 0.5),
        ("2k", 2000),
        ("1.5Ki", 1536),
        ("3", 3),
        ("", 0),
        ("x", 0),
        ("2Ei", 2**61),
        ("5e3", 5000),
        ("100u", 0.0001),
    ],
)
def test_quantities(text: str, value: float) -> None:
    assert float(quantity(text)) == value

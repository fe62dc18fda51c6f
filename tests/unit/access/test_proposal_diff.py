"""What has changed since an approval, in words."""

from __future__ import annotations

from typing import Any

import pytest

from bot.access.proposal_diff import differences


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        pytest.param({"a": 1}, {"a": 1}, [], id="nothing"),
        pytest.param({"bound": {"nodes": 3}}, {"bound": {"nodes": 5}}, ["nodes: 3 → 5"], id="a-value"),
        pytest.param({"a": 1}, {}, ["a: 1 → nothing"], id="a-value-that-is-gone"),
        pytest.param({"a": ["x", "y"]}, {"a": ["y", "x"]}, ["a: another order"], id="an-order"),
        pytest.param({"a": ["x"]}, {"a": ["y", "z"]}, ["a: 2 more, 1 fewer"], id="a-list"),
        pytest.param({"a": "x" * 99}, {"a": ""}, [f"a: {'x' * 59}… → "], id="a-long-value"),
    ],
)
def test_each_difference_is_a_line(before: dict[str, Any], after: dict[str, Any], lines: list[str]) -> None:
    assert differences(before, after) == lines

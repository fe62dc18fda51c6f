"""The limits that a YAML text must keep, with its aliases written out."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.policy import yaml_limits, yaml_loader
from bot.policy.yaml_limits import LimitExceeded, YamlLimits
from tests.unit.policy.test_yaml_loader import value

TEN = YamlLimits(depth=10, characters=1000, nodes=200, documents=3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("[" * 11, "line 1: nested too deep", id="deep"),
        pytest.param(
            "a: &a [[[[[]]]]]\nb: [[[[[*a]]]]]", "line 2: nested too deep", id="deep-through-an-alias"
        ),
        pytest.param(f"a: &a {'x' * 400}\nb: *a\nc: *a", "line 3: with .a and the aliases", id="large"),
        pytest.param("&a {b: &b [*a]}", "line 1: .a stands inside", id="endless"),
        pytest.param("a\n---\na\n---\na\n---\na", "line 6: more than 3 documents", id="documents"),
        pytest.param("[" + "1, " * 300 + "]", "line 1: more than 200 names and values", id="parts"),
    ],
)
def test_a_text_out_of_bounds_is_told_with_its_line(text: str, words: str) -> None:
    with pytest.raises(LimitExceeded, match=words):
        yaml_limits.check(text, TEN)


def test_an_anchor_is_known_in_its_own_document_only() -> None:
    yaml_limits.check(f"a: &a {'x' * 900}\n---\n[*a, *a]", TEN)  # refused as undefined when values are built
    with pytest.raises(yaml.YAMLError, match="undefined alias"):
        list(yaml_loader.values("a: &a 1\n---\n*a"))


def _written_out(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(len(key) + 1 + _written_out(child) for key, child in value.items())
    if isinstance(value, list):
        return 1 + sum(map(_written_out, value))
    return len(value) + 1


@given(st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=1, max_size=7), st.integers(1, 120))
def test_a_text_with_aliases_is_taken_exactly_if_it_fits_when_written_out(
    shape: list[list[int]], largest: int
) -> None:
    lines = [
        f"n{number}: &n{number} [{', '.join(f'*n{item}' if item < number else 'x' for item in items)}]"
        for number, items in enumerate(shape)
    ]
    text = "\n".join([*lines, "end: *n0"])
    bounds = YamlLimits(depth=100, characters=largest)
    if _written_out(value(text)) > largest:
        with pytest.raises(LimitExceeded, match="too large"):
            yaml_limits.check(text, bounds)
    else:
        yaml_limits.check(text, bounds)

"""YAML as Kubernetes reads it, and the bounds that a text must keep."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.policy import yaml_limits, yaml_loader
from bot.policy.yaml_limits import LimitExceeded, YamlLimits


def value(text: str) -> Any:
    (document,) = yaml_loader.values(text)
    return document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: 2026-11-24", {"a": "2026-11-24"}, id="a-date-is-text"),
        pytest.param("a: [=, '!=']", {"a": ["=", "!="]}, id="a-lone-equals-sign-is-text"),
        pytest.param(
            "{1: a, true: b, 1.5: c, 2.0: d}",
            {"1": "a", "true": "b", "1.5": "c", "2": "d"},
            id="keys-are-text",
        ),
        pytest.param(
            "{x: &x {a: 1, b: 2}, y: {<<: *x, b: 3}}",
            {"x": {"a": 1, "b": 2}, "y": {"a": 1, "b": 3}},
            id="merge",
        ),
        pytest.param(
            "{b: 3, <<: {a: 1, b: 2}}", {"a": 1, "b": 3}, id="what-is-written-counts-more-than-what-is-merged"
        ),
        pytest.param(
            "{<<: [{a: 1}, {a: 2, b: 2}]}", {"a": 1, "b": 2}, id="of-several-merged-the-first-counts"
        ),
        pytest.param("{'<<': 1}", {"<<": 1}, id="a-quoted-merge-is-a-name"),
    ],
)
def test_values_are_read_as_kubernetes_reads_them(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("{1: a, '1': b}", "1 is given twice", id="two-keys-that-become-one"),
        pytest.param("{null: a}", "is not a name", id="no-key"),
        pytest.param("{<<: 1}", "merges mappings only", id="a-number-merged"),
        pytest.param("{<<: [1]}", "merges mappings only", id="numbers-merged"),
    ],
)
def test_what_has_no_meaning_is_refused(text: str, words: str) -> None:
    with pytest.raises(yaml.YAMLError, match=words):
        value(text)


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

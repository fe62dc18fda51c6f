"""YAML read as Kubernetes reads it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from bot.policy import yaml_loader


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

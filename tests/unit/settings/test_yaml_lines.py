"""YAML with the line of every key, and without keys that stand twice."""

from __future__ import annotations

import pytest
import yaml

from bot.settings.yaml_lines import parse

TEXT = """\
projects:
  shop:
    channels:
      - C1
      - C2
    clusters: {edge: {production: true}}
"""


def test_every_key_and_item_has_its_line() -> None:
    data, lines = parse(TEXT)
    assert data["projects"]["shop"]["channels"] == ["C1", "C2"]
    assert lines == {
        ("projects",): 1,
        ("projects", "shop"): 2,
        ("projects", "shop", "channels"): 3,
        ("projects", "shop", "channels", 0): 4,
        ("projects", "shop", "channels", 1): 5,
        ("projects", "shop", "clusters"): 6,
        ("projects", "shop", "clusters", "edge"): 6,
        ("projects", "shop", "clusters", "edge", "production"): 6,
    }


@pytest.mark.parametrize("text", ["", "# only a comment\n"])
def test_an_empty_document_has_no_lines(text: str) -> None:
    assert parse(text) == (None, {})


def test_a_key_that_stands_twice_is_refused_with_its_line() -> None:
    with pytest.raises(yaml.YAMLError, match="'shop' is given twice") as raised:
        parse("projects:\n  shop: {}\n  shop: {}\n")
    mark = getattr(raised.value, "problem_mark", None)
    assert mark is not None and mark.line == 2


def test_nothing_but_plain_data_is_constructed() -> None:
    with pytest.raises(yaml.YAMLError):
        parse("!!python/object/apply:os.system ['true']")

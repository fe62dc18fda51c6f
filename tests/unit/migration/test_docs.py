"""The page about migrations names what people type and see."""

from __future__ import annotations

import pathlib

import pytest

from bot.migration.modes import Mode
from bot.migration.objects import CHOICE, MIGRATION
from bot.migration.source.hooks import When
from bot.migration.volumes.choices import Choice
from bot.settings.file import Mappings

PAGE = (pathlib.Path(__file__).parents[3] / "docs" / "migrations.md").read_text()


@pytest.mark.parametrize("word", [*Mode, *Choice, CHOICE, MIGRATION, *(f"xk8s.io/{when}" for when in When)])
def test_a_word_that_people_meet_is_explained(word: str) -> None:
    assert str(word) in PAGE


def test_the_example_of_the_mappings_is_valid() -> None:
    import yaml

    example = PAGE.split("```yaml\n")[1].split("```")[0]
    found = Mappings.model_validate(yaml.safe_load(example)["mappings"])
    assert found.patches[0].kind == "ConfigMap" and found.node_labels["disk=ssd"] == ""

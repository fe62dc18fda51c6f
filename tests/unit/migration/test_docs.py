"""The page about migrations names what people type and see."""

from __future__ import annotations

import pathlib
from types import SimpleNamespace
from typing import Any

import pytest

from bot.core import MOST_OPEN_MIGRATIONS
from bot.migration.modes import Mode
from bot.migration.objects import CHOICE, MIGRATION
from bot.migration.source.hooks import When
from bot.migration.volumes.choices import Choice
from bot.migration.workflow.steps import Step
from bot.migration.workflow.turns import OwnTurn
from bot.settings.file import Mappings
from storage.migration_turns import Turn

PAGE = (pathlib.Path(__file__).parents[3] / "docs" / "migrations.md").read_text()


@pytest.mark.parametrize("word", [*Mode, *Choice, CHOICE, MIGRATION, *(f"xk8s.io/{when}" for when in When)])
def test_a_word_that_people_meet_is_explained(word: str) -> None:
    assert str(word) in PAGE


def test_the_example_of_the_mappings_is_valid() -> None:
    import yaml

    example = PAGE.split("```yaml\n")[1].split("```")[0]
    found = Mappings.model_validate(yaml.safe_load(example)["mappings"])
    assert found.patches[0].kind == "ConfigMap" and found.node_labels["disk=ssd"] == ""


def test_no_subject_has_two_sections() -> None:
    headings = [line for line in PAGE.splitlines() if line.startswith("## ")]
    assert len(headings) == len(set(headings))


def test_what_the_workflow_says_of_turns_is_what_the_page_says() -> None:
    taken = Turn(held=False, at_work=2)
    turns: Any = SimpleNamespace(take=lambda *_asked, **_more: taken)
    own = OwnTurn(turns, "m1", operation="o", project="shop", at_once=lambda: 2)
    assert f"`{own.lacking(Step.DEPLOY, back=False)}`" in PAGE
    assert f"up to {MOST_OPEN_MIGRATIONS} in a project" in PAGE

"""The page about migrations names what people type and see."""

from __future__ import annotations

import pathlib

import pytest

from bot.app.workflows import MOST_OPEN_MIGRATIONS
from bot.migration.objects.cutover_modes import CutoverMode
from bot.migration.objects.fields import CHOICE, MIGRATION
from bot.migration.source.hooks import HookPhase
from bot.migration.volumes.choices import VolumeChoice
from bot.migration.workflow.concurrency import waiting_line
from bot.settings.mappings import Mappings

PAGE = (pathlib.Path(__file__).parents[3] / "docs" / "migrations.md").read_text()


@pytest.mark.parametrize(
    "word", [*CutoverMode, *VolumeChoice, CHOICE, MIGRATION, *(f"xk8s.io/{when}" for when in HookPhase)]
)
def test_a_word_that_people_meet_is_explained(word: str) -> None:
    assert str(word) in PAGE


def test_the_example_of_the_mappings_is_valid() -> None:
    import yaml

    example = PAGE.split("```yaml\n")[1].split("```")[0]
    mappings = Mappings.model_validate(yaml.safe_load(example)["mappings"])
    assert mappings.patches[0].kind == "ConfigMap" and mappings.node_labels["disk=ssd"] == ""


def test_no_subject_has_two_sections() -> None:
    headings = [line for line in PAGE.splitlines() if line.startswith("## ")]
    assert len(headings) == len(set(headings))


def test_what_the_workflow_says_of_turns_is_what_the_page_says() -> None:
    assert f"`{waiting_line(at_work=2, limit=2, project='shop')}`" in PAGE
    assert f"up to {MOST_OPEN_MIGRATIONS} in a project" in PAGE

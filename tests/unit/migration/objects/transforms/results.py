"""The results of stripping an object: what is left of it, and the notes."""

from __future__ import annotations

from typing import Any

from bot.migration.objects.fields import Object
from bot.migration.objects.transforms.catalog import strip
from bot.migration.objects.transforms.transform import NoteLevel
from tests.unit.migration.builders import context


def stripped(obj: Object, **overrides: Any) -> Object:
    return strip(obj, context(**overrides))[0]


def note_texts(obj: Object, **overrides: Any) -> str:
    return "\n".join(note.text for note in strip(obj, context(**overrides))[1])


def warnings_of(obj: Object, **overrides: Any) -> str:
    return "\n".join(
        note.text for note in strip(obj, context(**overrides))[1] if note.level is NoteLevel.WARNING
    )

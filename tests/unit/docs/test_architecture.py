"""The picture of the architecture is the one that the code makes, and every import in it goes downwards."""

from __future__ import annotations

import importlib.util
import pathlib
import types

ROOT = pathlib.Path(__file__).parents[3]


def script() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("picture", ROOT / "docs" / "architecture_picture.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_is_the_one_that_the_code_makes() -> None:
    drawn = (ROOT / "docs" / "images" / "architecture.svg").read_text()
    assert script().picture() == drawn, "run `make picture`"


def test_every_import_between_rooms_goes_downwards() -> None:
    picture = script()
    order = picture.rooms()
    for importer, imported in picture.imports(order):
        assert order.index(importer) < order.index(imported), f"{importer} imports {imported}"


def test_every_room_says_what_it_is_for() -> None:
    picture = script()
    folders = {path.parent.name for path in (ROOT / "bot").glob("*/__init__.py")} | {"storage"}
    assert {room.removeprefix("bot.") for room in picture.rooms()} == folders
    assert all(len(picture.charter(room)) > 12 for room in picture.rooms())

"""Reads the settings, and says of a mistake where it stands: file, line, key, and what is wrong."""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.common.problems import Refusal
from bot.settings.environment import Environment, Settings
from bot.settings.file import Configuration

Lines = dict[tuple[str | int, ...], int]


class SettingsError(Refusal):
    """The settings cannot be used; nothing was started, or the old ones stay in force."""


class _UniqueKeys(yaml.SafeLoader):
    """YAML whose mappings name no key twice: the second would silently win."""


def _mapping(loader: _UniqueKeys, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: dict[Any, int] = {}
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            mark = key_node.start_mark
            raise yaml.constructor.ConstructorError(None, None, f"{key!r} is given twice", mark)
        seen[key] = key_node.start_mark.line
    return loader.construct_mapping(node, deep=True)


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load(environment: Mapping[str, str] | None = None, *, drivers: Collection[str]) -> Settings:
    """Read the environment and the file that `XK8S_CONFIG` names, which may name these `drivers`.

    Raises `SettingsError`.
    """
    variables = dict(os.environ if environment is None else environment)
    try:
        read = Environment.model_validate({k: v for k, v in variables.items() if k in _names() and v})
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(
            f"The environment variable {first['loc'][0]} cannot be used",
            why=first["msg"],
            fix="Correct it and start again.",
        ) from None
    configuration = read_file(read.config, drivers=drivers) if read.config else Configuration()
    values = {field.alias: getattr(read, name) for name, field in Environment.model_fields.items()}
    return Settings.model_validate({**values, "configuration": configuration})


def _names() -> set[str]:
    return {field.alias for field in Environment.model_fields.values() if field.alias}


def read_file(path: Path, *, drivers: Collection[str]) -> Configuration:
    """Read the YAML file. Raises `SettingsError` with the line and the reason."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The configuration {path} cannot be read", why=str(error), fix="Check XK8S_CONFIG."
        ) from None
    try:
        data = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader
        lines = _lines(yaml.compose(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(
            f"The configuration {path}{where} is not YAML",
            why=str(getattr(error, "problem", error)),
            fix="Correct the line.",
        ) from None
    try:
        context = {"folder": path.parent, "drivers": drivers}
        return Configuration.model_validate(data if data is not None else {}, context=context)
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(_where(path, first, lines), why=_why(first), fix=_fix(first)) from None


def _lines(node: yaml.Node | None, at: tuple[str | int, ...] = ()) -> Lines:
    found: Lines = {}
    if node is None:
        return found
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*at, str(key.value))
            found[here] = key.start_mark.line + 1
            found |= _lines(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            found[*at, number] = value.start_mark.line + 1
            found |= _lines(value, (*at, number))
    return found


def _where(path: Path, error: ErrorDetails, lines: Lines) -> str:
    location = tuple(error["loc"])
    key = ".".join(map(str, location)) or "the file"
    known = location
    while known and known not in lines:
        known = known[:-1]
    line = f", line {lines[known]}" if known else ""
    return f"The configuration {path}{line}: {key}"


def _why(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such key"
    return error["msg"].removeprefix("Value error, ")


def _fix(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        meant = difflib.get_close_matches(str(error["loc"][-1]), sorted(all_keys(Configuration)), n=1)
        if meant:
            return f"Did you mean {meant[0]}? All keys stand in docs/configuration.md."
    return "All keys stand in docs/configuration.md."


def all_keys(model: type[BaseModel]) -> set[str]:
    """Every key of a model and of the models in it."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        found.add(name)
        for inner in models_in(field.annotation):
            found |= all_keys(inner)
    return found


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in models_in(part)]

"""Reads the settings, and reports a mistake with its place: file, line, key, and what is wrong."""

import difflib
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bot.common.problems import Refusal
from bot.settings.configuration import Configuration
from bot.settings.environment import Environment, Settings
from bot.settings.yaml_lines import Lines, parse

ALL_KEYS = "All keys stand in docs/configuration.md."


class SettingsError(Refusal):
    """The settings cannot be used; nothing was started, or the old ones stay in force."""


def load(environment: Mapping[str, str] | None = None, *, drivers: Collection[str]) -> Settings:
    """Read the environment and the file that `XK8S_CONFIG` names.

    `drivers` are the names that the file may use. Raises `SettingsError`.
    """
    variables = dict(os.environ if environment is None else environment)
    names = {field.alias for field in Environment.model_fields.values()}
    try:
        parsed = Environment.model_validate({k: v for k, v in variables.items() if k in names and v})
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(
            f"The environment variable {first['loc'][0]} cannot be used",
            why=first["msg"],
            fix="Correct it and start again.",
        ) from None
    configuration = read_file(parsed.config, drivers=drivers) if parsed.config else Configuration()
    values = {field.alias: getattr(parsed, name) for name, field in Environment.model_fields.items()}
    return Settings.model_validate({**values, "configuration": configuration})


def read_file(path: Path, *, drivers: Collection[str]) -> Configuration:
    """Read the YAML file. Raises `SettingsError` with the line and the reason."""
    try:
        data, lines = parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The configuration {path} cannot be read", why=str(error), fix="Check XK8S_CONFIG."
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(
            f"The configuration {path}{line} is not YAML",
            why=str(getattr(error, "problem", error)),
            fix="Correct the line.",
        ) from None
    try:
        context = {"folder": path.parent, "drivers": drivers}
        return Configuration.model_validate(data if data is not None else {}, context=context)
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(_where(path, first, lines), why=_why(first), fix=_fix(first)) from None


def _where(path: Path, error: ErrorDetails, lines: Lines) -> str:
    location = tuple(error["loc"])
    key = ".".join(map(str, location)) or "the file"
    while location and location not in lines:
        location = location[:-1]
    line = f", line {lines[location]}" if location else ""
    return f"The configuration {path}{line}: {key}"


def _why(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such key"
    return error["msg"].removeprefix("Value error, ")


def _fix(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        similar = difflib.get_close_matches(str(error["loc"][-1]), sorted(all_keys(Configuration)), n=1)
        if similar:
            return f"Did you mean {similar[0]}? {ALL_KEYS}"
    return ALL_KEYS


def all_keys(model: type[BaseModel]) -> set[str]:
    """Return every key of a model and of the models in it."""
    keys = set(model.model_fields)
    for field in model.model_fields.values():
        for inner in models_in(field.annotation):
            keys |= all_keys(inner)
    return keys


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that a type annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in models_in(part)]

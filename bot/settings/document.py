"""Generates `docs/configuration.md` from the models, so that no key is undocumented."""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from bot.settings.configuration import Configuration
from bot.settings.environment import Environment
from bot.settings.loader import models_in

INTRODUCTION = """\
# Configuration

The environment says where things are, the YAML file (`XK8S_CONFIG`) what may be done where. A mistake
stops the start with the line and the reason; SIGHUP reads the file again, and a bad one leaves the old
one in force. OpenStack is configured by the standard `clouds.yaml` and `OS_*`.

## Environment

| variable | default | what it is |
|---|---|---|"""


def page() -> str:
    """Return the whole page as Markdown."""
    variables = [
        f"| `{field.alias}` | {_default(field.default)} | {_cell(field.description)} |"
        for field in Environment.model_fields.values()
    ]
    keys = ["", "## File", "", "| key | default | what it is |", "|---|---|---|", *_rows(Configuration, "")]
    return "\n".join([INTRODUCTION, *variables, *keys]) + "\n"


def _rows(model: type[BaseModel], prefix: str) -> list[str]:
    rows: list[str] = []
    for name, field in model.model_fields.items():
        inner = models_in(field.annotation)
        if not inner:
            rows.append(f"| `{prefix}{name}` | {_default(field.default)} | {_cell(field.description)} |")
            continue
        shape = str(field.annotation)
        repeated = ".NAME" if shape.startswith("dict[") else "[]" if shape.startswith("tuple[") else ""
        rows += _rows(inner[0], f"{prefix}{name}{repeated}.")
    return rows


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return "needed"
    if value in (None, (), {}) or isinstance(value, SecretStr):
        return "–"
    if isinstance(value, timedelta):
        return f"`{_duration(int(value.total_seconds()))}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{part}`" for part in value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _duration(seconds: int) -> str:
    for unit, size in (("h", 3_600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"

"""The types of values that several subjects of the settings share."""

import re
from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo

_DURATION = re.compile(r"(\d+)(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class SettingsModel(BaseModel):
    """Base of every section of the file: an unknown key is a mistake, and nothing changes after the read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _parse_duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(str(value))
    if match is None:
        raise ValueError(f"{value!r} is not a length of time like 15m or 24h")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _labels_as_text(value: Any) -> Any:
    """YAML reads `true` and `1` as no texts, while Magnum wants texts: `true`, not `True`."""
    if isinstance(value, dict):
        return {str(k): str(v).lower() if isinstance(v, bool) else str(v) for k, v in value.items()}
    return value


def _known_driver(name: str, info: ValidationInfo) -> str:
    """Refuse a driver that the caller of `loader.read_file` does not know; settings import no catalogue."""
    drivers: Collection[str] = (info.context or {}).get("drivers", ())
    if name not in drivers:
        *choices, last = [repr(driver) for driver in drivers] or ["nothing"]
        raise ValueError(f"Input should be {', '.join(choices) + ' or ' if choices else ''}{last}")
    return name


Duration = Annotated[timedelta, BeforeValidator(_parse_duration)]
Labels = Annotated[dict[str, str], BeforeValidator(_labels_as_text)]
DriverName = Annotated[str, AfterValidator(_known_driver)]

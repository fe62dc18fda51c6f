"""The types of values that several subjects of the settings share."""

import re
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

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


Duration = Annotated[timedelta, BeforeValidator(_parse_duration)]
Labels = Annotated[dict[str, str], BeforeValidator(_labels_as_text)]
DriverName = Literal["calico", "flannel"]

"""How the Web API refuses: `ok: false` with an error's name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Refused(Exception):
    """An answer that is an error; `reasons` are listed with it, `more` are further fields."""

    def __init__(self, error: str, reasons: Iterable[str] = (), **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.reasons = list(reasons)
        self.more = more

"""How the Web API refuses a call: `ok: false` with the name of an error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class SlackError(Exception):
    """A call that is answered with an error; `reasons` are listed with it, `fields` stand beside it."""

    def __init__(self, error: str, reasons: Iterable[str] = (), **fields: Any) -> None:
        super().__init__(error)
        self.error = error
        self.reasons = list(reasons)
        self.fields = fields

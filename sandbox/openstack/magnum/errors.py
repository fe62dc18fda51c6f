"""Magnum's errors; the title of one is cut at the first full stop of its detail."""

from __future__ import annotations

from typing import Any


class MagnumError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, detail: str, *, title: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        error: dict[str, Any] = {
            "request_id": "",
            "code": "client" if status < 500 else "server",
            "status": status,
            "title": detail.split(".")[0] if title is None else title,
            "detail": detail,
            "links": [],
        }
        self.body: dict[str, Any] = {"errors": [error]}


def invalid_field(name: str, value: Any, why: str) -> MagnumError:
    """Return the 400 for one field."""
    return MagnumError(400, f"Invalid input for field/attribute {name}. Value: '{value}'. {why}")


def forbidden(kind: str, verb: str) -> MagnumError:
    """Return the 403 of Magnum's policy, for a kind such as `clustertemplate` and a verb such as `delete`."""
    return MagnumError(403, f"Policy doesn't allow {kind}:{verb} to be performed.")

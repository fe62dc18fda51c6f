"""Clusters and templates by what a person calls them: an id, or a name that several may have."""

import difflib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar


class Named(Protocol):
    """Something that has an id, and a name that need not be unique."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


NamedT = TypeVar("NamedT", bound=Named)


def matches(ref: str, candidates: Sequence[NamedT]) -> list[NamedT]:
    """Return the candidate with the id `ref`, else all of that name."""
    by_id = [candidate for candidate in candidates if candidate.id == ref]
    return by_id or [candidate for candidate in candidates if candidate.name == ref]


def suggestion(ref: str, names: Iterable[str]) -> str:
    """Return a sentence with the name that is most like `ref`, and a space; empty if none is like it."""
    nearest = difflib.get_close_matches(ref, list(names), n=1)
    return f"Did you mean `{nearest[0]}`? " if nearest else ""


def created_at(moment: datetime | None) -> str:
    """Return `, created 2026-11-24 09:00 UTC`, to tell things of one name apart; empty if it is not known."""
    return f", created {moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def parse_time(text: str | None) -> datetime | None:
    """Read a time as Magnum writes it; None if there is none or it cannot be read."""
    try:
        return datetime.fromisoformat(text or "")
    except ValueError:
        return None

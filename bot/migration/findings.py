"""What a plan found: blockers stop it, warnings are shown to the approver, notes stand in the file."""

from __future__ import annotations

import dataclasses
import enum

from bot.migration.objects import Ref


class Weight(enum.StrEnum):
    """How much a finding matters."""

    BLOCKER = "blocker"
    WARNING = "warning"
    NOTE = "note"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing to know before a migration: about what, what is so, why it matters, what to do."""

    weight: Weight
    about: str  # a word for grouping: `volumes`, `policies`, `API versions`, …
    what: str
    why: str = ""
    fix: str = ""
    ref: Ref | None = None


def blocker(about: str, what: str, *, why: str = "", fix: str = "", ref: Ref | None = None) -> Finding:
    """Stops a migration."""
    return Finding(weight=Weight.BLOCKER, about=about, what=what, why=why, fix=fix, ref=ref)


def warn(about: str, what: str, *, why: str = "", fix: str = "", ref: Ref | None = None) -> Finding:
    """An approver must see it."""
    return Finding(weight=Weight.WARNING, about=about, what=what, why=why, fix=fix, ref=ref)


def note(about: str, what: str, *, ref: Ref | None = None) -> Finding:
    """For whoever reads the whole plan."""
    return Finding(weight=Weight.NOTE, about=about, what=what, ref=ref)

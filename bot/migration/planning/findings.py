"""What a plan found: blockers stop it, warnings are shown to the approver, notes stand in the file."""

from __future__ import annotations

import dataclasses
import enum

from bot.migration.objects.manifest import Ref


class Weight(enum.StrEnum):
    """How much a finding matters."""

    BLOCKER = "blocker"
    WARNING = "warning"
    NOTE = "note"


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlanFinding:
    """One thing to know before a migration: about what, what is so, why it matters, what to do."""

    weight: Weight
    about: str  # a word for grouping: `volumes`, `policies`, `API versions`, …
    what: str
    why: str = ""
    fix: str = ""
    ref: Ref | None = None


def blocker(about: str, what: str, *, why: str = "", fix: str = "", ref: Ref | None = None) -> PlanFinding:
    """Stops a migration."""
    return PlanFinding(weight=Weight.BLOCKER, about=about, what=what, why=why, fix=fix, ref=ref)


def warn(about: str, what: str, *, why: str = "", fix: str = "", ref: Ref | None = None) -> PlanFinding:
    """An approver must see it."""
    return PlanFinding(weight=Weight.WARNING, about=about, what=what, why=why, fix=fix, ref=ref)


def note(about: str, what: str, *, ref: Ref | None = None) -> PlanFinding:
    """For whoever reads the whole plan."""
    return PlanFinding(weight=Weight.NOTE, about=about, what=what, ref=ref)

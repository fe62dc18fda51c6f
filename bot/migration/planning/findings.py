"""What the checks of a plan yield: blockers stop it, an approver sees warnings, notes stand in the file."""

from __future__ import annotations

import dataclasses
import enum

from bot.migration.objects.manifest import Ref


class Weight(enum.StrEnum):
    """How much a finding matters: blockers stop the migration, warnings are shown to an approver."""

    BLOCKER = "blocker"
    WARNING = "warning"
    NOTE = "note"


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlanFinding:
    """One thing to know before a migration: what is so, why it matters, and what to do about it.

    `about` is a word for grouping, such as `volumes`, `policies` or `API versions`.
    """

    weight: Weight
    about: str
    what: str
    why: str = ""
    fix: str = ""
    ref: Ref | None = None


def blocker(about: str, what: str, *, why: str = "", fix: str = "", ref: Ref | None = None) -> PlanFinding:
    """Return a finding that stops the migration until it is dealt with."""
    return PlanFinding(weight=Weight.BLOCKER, about=about, what=what, why=why, fix=fix, ref=ref)


def warn(about: str, what: str, *, why: str = "", fix: str = "", ref: Ref | None = None) -> PlanFinding:
    """Return a finding that an approver must see."""
    return PlanFinding(weight=Weight.WARNING, about=about, what=what, why=why, fix=fix, ref=ref)


def note(about: str, what: str, *, ref: Ref | None = None) -> PlanFinding:
    """Return a finding for those who read the whole plan."""
    return PlanFinding(weight=Weight.NOTE, about=about, what=what, ref=ref)

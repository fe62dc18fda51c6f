"""What the checks of a plan yield: blockers stop it, an approver sees warnings, notes stand in the file."""

import dataclasses
import enum

from bot.migration.objects.fields import Ref


class Weight(enum.StrEnum):
    """How much a finding matters: blockers stop the migration, warnings are shown to an approver."""

    BLOCKER = "blocker"
    WARNING = "warning"
    NOTE = "note"


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlanFinding:
    """One thing to know before a migration: what is so, why it matters, and what to do about it."""

    weight: Weight
    about: str
    what: str
    why: str = ""
    fix: str = ""
    ref: Ref | None = None


@dataclasses.dataclass(frozen=True)
class Subject:
    """What findings are about: a word by which they are grouped, such as `volumes` or `API versions`."""

    about: str

    def blocker(self, what: str, *, why: str = "", fix: str = "", ref: Ref | None = None) -> PlanFinding:
        """Return a finding that stops the migration until it is dealt with."""
        return PlanFinding(weight=Weight.BLOCKER, about=self.about, what=what, why=why, fix=fix, ref=ref)

    def warn(self, what: str, *, why: str = "", fix: str = "", ref: Ref | None = None) -> PlanFinding:
        """Return a finding that an approver must see."""
        return PlanFinding(weight=Weight.WARNING, about=self.about, what=what, why=why, fix=fix, ref=ref)

    def note(self, what: str, *, ref: Ref | None = None) -> PlanFinding:
        """Return a finding for those who read the whole plan."""
        return PlanFinding(weight=Weight.NOTE, about=self.about, what=what, ref=ref)

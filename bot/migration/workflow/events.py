"""What a migration tells: states on the way and its end, as plain data."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from bot.migration.workflow.step import Signal, Step


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationEvent:
    """What every message of a migration begins with."""

    migration: str
    source: str
    target: str
    route: str  # `flannel → calico`


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationProgress(MigrationEvent):
    """Where a migration stands, in the one message that is updated in place."""

    step: Step
    seconds: float  # since the step began
    total_seconds: float  # since the migration began
    at: datetime
    detail: str = ""
    done: int = 0
    total: int = 0
    waits: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()  # one line for each step that is done
    choices: tuple[Signal, ...] = ()
    paused: str = ""  # why, if it is
    back: bool = False
    trouble: str = ""
    calm: bool = False  # nothing but the time has changed


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationStepDone(MigrationEvent):
    """A step came to its end."""

    step: Step
    seconds: float
    said: str
    lines: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationPaused(MigrationEvent):
    """It stands still until a person chooses."""

    step: Step
    what: str
    why: str
    fix: str
    choices: tuple[Signal, ...]
    back: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationResumed(MigrationEvent):
    """A person let it go on, or turned it back."""

    step: Step
    word: Signal
    by: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationEnded:
    """The end of a migration. `outcome`: done, cancelled, rolled back; `report` is Markdown."""

    project: str
    migration: str
    source: str
    target: str
    route: str
    outcome: str
    said: tuple[str, ...]
    seconds: float
    objects: int
    report: str

    @property
    def audit_target(self) -> str:
        """The old cluster."""
        return self.source

    @property
    def audit_detail(self) -> str:
        """How it ended, for the audit log."""
        return f"migration {self.migration} {self.outcome}: {'; '.join(self.said)}"[:1_000]


KINDS: dict[str, type] = {"migration.ended": MigrationEnded}

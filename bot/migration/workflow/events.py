"""The messages of a migration as plain data: its progress, the events of its thread, and its end.

The fields of `MigrationEnded` are stored as they are named.
"""

import dataclasses
from datetime import datetime

from bot.migration.workflow.signals import Signal
from bot.migration.workflow.step import Step


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationEvent:
    """The fields that every message of a migration has: its id, both clusters, and both drivers."""

    migration: str
    source: str
    target: str
    route: str  # `flannel → calico`


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationProgress(MigrationEvent):
    """How far a migration has come, in the one message that is updated in place."""

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
    paused: str = ""  # the reason of the pause, if it is paused
    back: bool = False
    trouble: str = ""
    calm: bool = False  # nothing but the time has changed since the last update


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationStepDone(MigrationEvent):
    """A step has come to its end."""

    step: Step
    seconds: float
    said: str
    lines: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationPaused(MigrationEvent):
    """A migration stands still until a person chooses how it goes on."""

    step: Step
    what: str
    why: str
    fix: str
    choices: tuple[Signal, ...]
    back: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationResumed(MigrationEvent):
    """A person has ended a pause: the migration goes on, or turns back."""

    step: Step
    word: Signal
    by: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class MigrationEnded:
    """The end of a migration. `outcome` is done, cancelled or rolled back; `report` is Markdown."""

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
        """The target of the audit event: the old cluster."""
        return self.source

    @property
    def audit_detail(self) -> str:
        """The detail of the audit event: how the migration ended."""
        return f"migration {self.migration} {self.outcome}: {'; '.join(self.said)}"[:1_000]


KINDS: dict[str, type] = {"migration.ended": MigrationEnded}

"""Reports the progress of a migration: in the message that is updated in place, its thread, and its history.

Call these methods within recorded steps only, because a replay would report everything again. Events of the
thread and of the history have names; one name is reported once, even if its step is repeated.
"""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Any

from bot.adapters.durable.flow import Flow
from bot.migration.planning.plan import MigrationPlan
from bot.migration.workflow.events import (
    MigrationEvent,
    MigrationPaused,
    MigrationProgress,
    MigrationResumed,
    MigrationStepDone,
)
from bot.migration.workflow.ports import Json
from bot.migration.workflow.signals import available_signals
from bot.migration.workflow.step import Position
from storage.cluster_migrations import ClusterMigrationRepository


@dataclasses.dataclass(kw_only=True)
class Progress:
    """Reports to people and to the register how far one migration has come. Raises `DatabaseError`."""

    flow: Flow
    register: ClusterMigrationRepository
    position: Position
    heading: MigrationEvent
    now: Callable[[], datetime]
    _shown: tuple[object, ...] = ()  # the content of the message in place

    def show(
        self,
        detail: str,
        *,
        done: int = 0,
        total: int = 0,
        waits: tuple[str, ...] = (),
        paused: str = "",
        trouble: str = "",
    ) -> None:
        """Update the message in place.

        `done` of `total` objects are copied; `waits` names what is waited for; `paused` is the reason of a
        pause, and `trouble` what keeps a server from answering.
        """
        now, position = self.now(), self.position
        rolling_back, finished = position.rolling_back, tuple(position.finished)
        content = (position.step, detail, done, total, waits, paused, trouble, rolling_back, len(finished))
        unchanged, self._shown = content == self._shown, content
        self.flow.report_progress(
            MigrationProgress(
                **dataclasses.asdict(self.heading),
                step=position.step,
                seconds=(now - position.since).total_seconds(),
                total_seconds=(now - position.began).total_seconds(),
                at=now,
                detail=detail,
                done=done,
                total=total,
                waits=waits,
                finished=finished,
                paused=paused,
                back=rolling_back,
                trouble=trouble,
                choices=available_signals(position.step, paused=bool(paused), rolling_back=rolling_back),
                calm=unchanged,
            )
        )

    def announce(
        self, name: str, kind: type[MigrationStepDone | MigrationPaused | MigrationResumed], **fields: Any
    ) -> None:
        """Post an event of the current step to the thread, once by its name."""
        self.flow.report_state(
            name, kind(**dataclasses.asdict(self.heading), step=self.position.step, **fields)
        )

    def note(self, name: str, event: Json) -> None:
        """Add an event to the history, once by its name."""
        self.register.append_event(self.heading.migration, {**event, "at": self.now().isoformat()}, once=name)

    def store(self, **values: Any) -> None:
        """Store the state, the step, what is waited for, or other columns of the migration's row."""
        self.register.update_state(self.heading.migration, **values)


def heading(plan: MigrationPlan) -> MigrationEvent:
    """Return the fields that every message of a migration has."""
    return MigrationEvent(
        migration=plan.migration,
        source=plan.source.name,
        target=plan.target.name,
        route=f"{plan.source.driver} → {plan.target.driver}",
    )

"""Migrations at every step and end, with texts that Slack would take for markup."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.migration.planning.planner import MigrationPlanning
from bot.migration.results import (
    MigrationShown,
    MigrationsShown,
    MigrationSummary,
    RollbackConfirmation,
    SignalSent,
)
from bot.migration.workflow.events import (
    MigrationEnded,
    MigrationPaused,
    MigrationProgress,
    MigrationResumed,
    MigrationStepDone,
)
from bot.migration.workflow.signals import Signal, available_signals
from bot.migration.workflow.step import ORDER, Step
from tests.unit.slack.examples.requests import NASTY, NOW

HEAD: dict[str, Any] = {"migration": "mabcde", "source": NASTY, "target": NASTY, "route": "flannel → calico"}


def summary(
    state: str = "running", step: Step = Step.SOAK, ended: datetime | None = None
) -> MigrationSummary:
    return MigrationSummary(
        id="mabcde",
        source=NASTY,
        target=NASTY,
        route="flannel → calico",
        state=state,
        step=step,
        since=NOW,
        begun=NOW,
        waits=NASTY * 30,
        by=NASTY,
        ended=ended,
        choices=available_signals(step, paused=state == "paused", rolling_back=False),
    )


HISTORY = tuple(
    {"what": event, "step": "copy", "said": NASTY * 10, "at": NOW.isoformat(), "by": [NASTY], "once": f"{n}"}
    for n, event in enumerate(("done", "paused", "approved") * 40)
)
RESULTS: list[object] = [
    MigrationsShown(project="shop", migrations=(), now=NOW),
    MigrationsShown(
        project="shop",
        now=NOW,
        migrations=(
            *(summary("paused") for _ in range(30)),
            *(summary("done", ended=NOW) for _ in range(200)),
        ),
    ),
    MigrationShown(
        project="shop",
        summary=summary("paused"),
        history=({"what": "pause", "by": NASTY, "number": 1}, *HISTORY),
        next_decision=NASTY,
        link="https://example.slack.com/archives/C1/p1",
        plan="# Plan\n",
        now=NOW,
    ),
    *(
        SignalSent(migration="mabcde", word=word, source=NASTY, target=NASTY, step=Step.COPY)
        for word in Signal
    ),
    RollbackConfirmation(migration="mabcde", source=NASTY, target=NASTY),
    *(
        MigrationEnded(
            project="shop",
            migration="mabcde",
            source=NASTY,
            target=NASTY,
            route="flannel → calico",
            outcome=outcome,
            said=(NASTY * 20,) * 20,
            seconds=90_000.0,
            objects=2_000,
            report="# Report\n",
        )
        for outcome in ("done", "cancelled", "rolled back")
    ),
]
STATES: list[object] = [
    MigrationPlanning(source=NASTY, doing=NASTY),
    *(
        MigrationProgress(
            **HEAD,
            step=step,
            seconds=1.0,
            total_seconds=9_000.0,
            at=NOW,
            detail=NASTY,
            done=3,
            total=7,
            waits=(NASTY * 9,) * 9,
            finished=(NASTY * 3,) * 13,
            choices=available_signals(step, paused=paused, rolling_back=back),
            paused=NASTY if paused else "",
            back=back,
            trouble=NASTY * 20,
        )
        for step in ORDER
        for paused in (False, True)
        for back in (False, True)
    ),
    *(
        MigrationStepDone(**HEAD, step=step, seconds=1.0, said=NASTY, lines=(NASTY * 9,) * 40)
        for step in ORDER
    ),
    *(
        MigrationPaused(
            **HEAD,
            step=step,
            what=NASTY,
            why=NASTY * 60,
            fix=NASTY,
            choices=available_signals(step, paused=True, rolling_back=False),
        )
        for step in ORDER
    ),
    *(MigrationResumed(**HEAD, step=Step.COPY, word=word, by=NASTY) for word in Signal),
]

"""One migration on its way: recorded steps that can be paused, taken up, and turned back between any two
effects.

What a person wants is read within the recorded steps, so that a run that replays them goes the same way. A
problem never ends a migration: it stands still with the reason, and the step is tried again when somebody
says so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.durable.flow import Flow
from bot.common.problems import Problem
from bot.migration.copy.deadline import LONGEST_NAMED
from bot.migration.planning.plan import MigrationPlan
from bot.migration.workflow.concurrency import MigrationPermit
from bot.migration.workflow.events import (
    MigrationEvent,
    MigrationPaused,
    MigrationProgress,
    MigrationResumed,
    MigrationStepDone,
)
from bot.migration.workflow.ports import Json, MigrationRegister
from bot.migration.workflow.retry import TRANSIENT, retry_transient, timed_out
from bot.migration.workflow.step import Signal, Step, available_signals, needs_permit, signal_refusal
from storage.cluster_migrations import BACK, PAUSED, RUNNING

LOOK_SECONDS = 3.0  # between two looks at what is waited for
IDLE_SECONDS = 1.0  # between two looks for a word, while it is paused or waits for a decision


class RollbackRequested(Exception):
    """Somebody wants it back."""

    def __init__(self, word: Signal, by: str) -> None:
        super().__init__(word)
        self.word = word
        self.by = by


class Run:
    """What the steps of one migration share in one run."""

    def __init__(
        self,
        flow: Flow,
        register: MigrationRegister,
        turn: MigrationPermit,
        *,
        migration: str,
        plan: MigrationPlan,
        begun: datetime,
        now: Callable[[], datetime],
        retry_for: Callable[[], timedelta],
    ) -> None:
        self.flow = flow
        self.register = register
        self.turn = turn
        self.migration = migration
        self.plan = plan
        self.begun = begun
        self.now = now
        self._retry_for = retry_for
        self.step = Step.DEPLOY
        self.back = False
        self.since = begun
        self.finished: list[str] = []
        self.asked = 0  # decisions so far
        self.pauses = 0  # so far; the same in every run
        self._handled = 0  # the number of the last wish that was followed
        self._lacking: str | None = None  # what it waits for instead of working; None: nobody has looked yet
        self._entered = 0
        self._said: tuple[object, ...] = ()  # what was told last

    # --- steps

    def enter(self, step: Step, first: Callable[[], Json | None] = lambda: None) -> Json | None:
        """Begin a step of the migration. Until it has its turn for that, it stands where it was.

        `first` is done before; what it returns keeps it where it was, and is returned. Raises
        `RollbackRequested`.
        """
        self._entered += 1

        def begin() -> Json:
            if stays := first():
                return {"stays": stays}
            now = self.now()
            self.register.stands(self.migration, state=RUNNING, step=str(step), since=now, waits="")
            return {"at": now.isoformat()}

        begun = self.do(f"{step}: begin", begin, working=needs_permit(step, back=self.back))
        if "stays" in begun:
            stays: Json = begun["stays"]
            return stays
        self.step, self.since = step, datetime.fromisoformat(begun["at"])
        return None

    def leave(self, said: str, lines: Sequence[str] = (), *, shown: bool = False) -> None:
        """A step of the migration is done: noted, and said in its thread unless a decision's card has
        `shown` it.
        """
        step, number = self.step, self._entered

        def end() -> Json:
            seconds = (self.now() - self.since).total_seconds()
            self._note(
                f"done:{number}",
                {"what": "done", "step": str(step), "said": said, "seconds": round(seconds, 1)},
            )
            if not shown:
                state = MigrationStepDone(
                    **self.headed(), step=step, seconds=seconds, said=said, lines=tuple(lines)
                )
                self.flow.changed(f"{number}-{step}", state)
            return {}

        self.do(f"{step}: done", end)
        self.finished.append(said)

    def do(self, name: str, fn: Callable[[], Json], *, working: bool | None = None) -> Json:
        """Do something and record it; tried again after a pause for as long as it fails. Raises
        `RollbackRequested`.

        `working`: whether it needs a turn for that; if nobody says, as the step of the migration does.
        """
        needs = needs_permit(self.step, back=self.back) if working is None else working
        return self._passed(
            name,
            lambda: self.flow.step(name, lambda: self.in_turn(lambda: self._patiently(fn), needed=needs)),
        )

    def in_turn(self, fn: Callable[[], Json], *, needed: bool = True) -> Json:
        """Do something as soon as it may be done, under `done`; or what somebody wants meanwhile. Within
        a step.
        """
        waited = False
        while (found := self.wanted()) is None and needed and not self.has_turn():
            waited = True
            self.flow.pause(IDLE_SECONDS)
        if found is not None:
            return found
        if waited:
            self.flow.fence()
        return {"done": fn()}

    def has_turn(self) -> bool:
        """Whether it may work: takes its turn, or tells that it waits for it. Within a step."""
        lacking = self.turn.lacking(self.step, back=self.back)
        if lacking != self._lacking:
            self._lacking = lacking
            self.waits_for(lacking)
            if lacking:
                self.tell(lacking)
        elif lacking:
            self.tell(lacking)
        return not lacking

    def wait(
        self,
        name: str,
        look: Callable[[], Sequence[str]],
        *,
        what: str,
        within: timedelta,
        fix: str = "",
        every: float = LOOK_SECONDS,
        detail: str = "",
    ) -> None:
        """Look until nothing is waited for. A server that does not answer is waited for as well. Raises
        `RollbackRequested`.

        What does not come true in its time pauses the migration; nothing is skipped.
        """

        def begin() -> Json:
            return self.flow.until(name, self._looking(look, what, within, fix, detail), every=every)

        self._passed(name, begin)

    def idle(
        self,
        name: str,
        look: Callable[[], Json | None],
        *,
        detail: Callable[[], str],
        then_works: Callable[[Json], bool] = lambda _found: False,
    ) -> Json:
        """Wait for something that may take days, telling from time to time. Raises `RollbackRequested`.

        It holds no turn meanwhile; after what `then_works` says of, it waits for its turn as well.
        """
        given_back: list[bool] = []

        def looking() -> Json | None:
            wanted = self.wanted()
            if wanted is not None:
                return wanted
            found = look()
            if found is not None:
                return {"done": found} if not then_works(found) or self.has_turn() else None
            if not given_back:
                self._rest()
                given_back.append(True)
            self.tell(detail())
            return None

        return self._passed(name, lambda: self.flow.until(name, looking, every=IDLE_SECONDS))

    def _rest(self) -> None:
        self.turn.give_back()
        self._lacking = None

    def hold(self, problem: Problem) -> None:
        """Stand still until somebody lets it go on. Raises `RollbackRequested`."""
        self._pause(problem.what, problem.why, problem.fix)

    # --- what a person wants

    def _passed(self, name: str, step: Callable[[], Json]) -> Json:
        while True:
            try:
                kept = step()
            except Problem as problem:
                self._pause(problem.what, problem.why, problem.fix)
                continue
            if "wanted" in kept:
                self.follow(kept)
                continue
            done: Json = kept["done"]
            return done

    def wanted(self) -> Json | None:
        """What somebody wants since the last wish that was followed. Within a step."""
        found = self.register.wish(self.migration)
        if found is None or found.number <= self._handled:
            return None
        return {"wanted": found.word, "number": found.number, "by": found.by}

    def follow(self, kept: Json) -> None:
        """Do what somebody wants, as it was recorded. Raises `RollbackRequested`."""
        self._handled = kept["number"]
        word = Signal(kept["wanted"])
        if signal_refusal(word, self.step, paused=False, back=self.back):
            return
        if word is Signal.PAUSE:
            self._pause(
                "Somebody paused it", f"{kept['by']} wanted it to stand still", "Resume it when it may go on."
            )
            return
        raise RollbackRequested(word, kept["by"])

    def _pause(self, what: str, why: str, fix: str) -> None:
        self.pauses += 1
        number, first = self.pauses, [True]

        def look() -> Json | None:
            if first[0]:
                self._say_paused(number, what, why, fix)
                first[0] = False
            found = self.wanted()
            if found is None or signal_refusal(
                Signal(found["wanted"]), self.step, paused=True, back=self.back
            ):
                self.tell("", paused=what)
                return None
            return found

        kept = self.flow.until("paused", look, every=IDLE_SECONDS)
        self._handled, word = kept["number"], Signal(kept["wanted"])

        def go_on() -> Json:
            self.register.stands(self.migration, state=BACK if self.back else RUNNING, waits="")
            said = MigrationResumed(**self.headed(), step=self.step, word=word, by=kept["by"])
            self.flow.changed(f"on-{number}", said)
            return {}

        self.flow.step("go on", go_on)
        if word is not Signal.RESUME and not self.back:
            raise RollbackRequested(word, kept["by"])

    def _say_paused(self, number: int, what: str, why: str, fix: str) -> None:
        self._rest()
        waits = f"{what}: {why}" if why else what
        self.register.stands(self.migration, state=PAUSED, waits=waits[:2_000])
        self._note(f"paused:{number}", {"what": "paused", "step": str(self.step), "said": waits[:500]})
        found = MigrationPaused(
            **self.headed(),
            step=self.step,
            what=what,
            why=why,
            fix=fix,
            back=self.back,
            choices=available_signals(self.step, paused=True, back=self.back),
        )
        self.flow.changed(f"paused-{number}", found)
        self.tell("", paused=what)

    # --- patience

    def _patiently(self, fn: Callable[[], Json]) -> Json:
        def told(problem: Problem) -> None:
            self.tell("", trouble=f"{problem.what}: {problem.why}")

        return retry_transient(fn, within=self._retry_for(), now=self.now, pause=self.flow.pause, told=told)

    def _looking(
        self, look: Callable[[], Sequence[str]], what: str, within: timedelta, fix: str, detail: str
    ) -> Callable[[], Json | None]:
        begun: list[datetime] = []

        def once() -> Json | None:
            wanted = self.wanted()
            if wanted is not None:
                return wanted
            if not self.has_turn():
                return None
            if not begun:
                begun.append(self.now())
            trouble = ""
            try:
                left = list(look())
            except TRANSIENT as error:
                if self.now() - begun[0] > within:
                    raise
                left, trouble = [], f"{error.what}: {error.why}"
            else:
                if not left:
                    return {"done": {}}
            if self.now() - begun[0] > within:
                raise timed_out(left, what, within, fix)
            self.tell(detail, waits=tuple(left[:LONGEST_NAMED]), trouble=trouble)
            return None

        return once

    # --- telling

    def headed(self) -> dict[str, Any]:
        """What every message begins with."""
        return dataclasses.asdict(head(self.migration, self.plan))

    def tell(
        self,
        detail: str,
        *,
        done: int = 0,
        total: int = 0,
        waits: tuple[str, ...] = (),
        paused: str = "",
        trouble: str = "",
    ) -> None:
        """Show where it stands. Within a step."""
        now = self.now()
        said = (self.step, detail, done, total, waits, paused, trouble, self.back, len(self.finished))
        calm, self._said = said == self._said, said
        self.flow.progress(
            MigrationProgress(
                **self.headed(),
                step=self.step,
                seconds=(now - self.since).total_seconds(),
                total_seconds=(now - self.begun).total_seconds(),
                at=now,
                detail=detail,
                done=done,
                total=total,
                waits=waits,
                finished=tuple(self.finished),
                paused=paused,
                back=self.back,
                trouble=trouble,
                choices=available_signals(self.step, paused=bool(paused), back=self.back),
                calm=calm,
            )
        )

    def waits_for(self, text: str) -> None:
        """Note what it waits for. Within a step."""
        self.register.stands(self.migration, waits=text)

    def note(self, name: str, event: Json) -> None:
        """Add to the history, once by name. Within a step."""
        self._note(name, event)

    def _note(self, once: str, event: Json) -> None:
        self.register.tell(self.migration, {**event, "at": self.now().isoformat()}, once=once)


def head(migration: str, plan: MigrationPlan) -> MigrationEvent:
    """What every message of a migration begins with."""
    return MigrationEvent(
        migration=migration,
        source=plan.source.name,
        target=plan.target.name,
        route=f"{plan.source.driver} → {plan.target.driver}",
    )

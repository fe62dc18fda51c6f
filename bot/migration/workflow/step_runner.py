"""Runs the recorded steps of a migration: each with a permit, repeated after a pause, open to signals.

DBOS records what a step returned and gives it back in a replay. Whatever may turn the workflow (a signal, a
problem that pauses it, a permit that is waited for) is therefore decided within a step and read from its
record. A problem never ends a migration: it pauses with the reason, and when somebody resumes it the step is
run again.
"""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.adapters.durable.flow import Flow
from bot.common.problems import Problem
from bot.common.wording import exact_duration, first_names
from bot.migration.copy.deadline import LONGEST_NAMED, NotInTime
from bot.migration.workflow.concurrency import MigrationPermit, needs_permit
from bot.migration.workflow.events import MigrationPaused, MigrationResumed
from bot.migration.workflow.ports import Json
from bot.migration.workflow.progress import Progress
from bot.migration.workflow.retry import TRANSIENT, retry_transient
from bot.migration.workflow.signals import RollbackRequested, Signal, SignalReader, available_signals
from bot.migration.workflow.step import Position
from storage.cluster_migrations import BACK, PAUSED, RUNNING

LOOK_SECONDS = 3.0  # between two looks at what is waited for
IDLE_SECONDS = 1.0  # between two looks for a signal, during a pause and while a decision is waited for


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wait:
    """How something is waited for. When its time is over the migration pauses; nothing is ever skipped."""

    name: str  # of the recorded step
    what: str  # completes 'did not …' in the problem that pauses the migration
    within: timedelta
    detail: str = ""  # shown meanwhile
    fix: str = "Look at them, then resume: I look again."
    every: float | None = None  # seconds between two looks, if not the usual ones

    def problem(self, waits: Sequence[str]) -> NotInTime:
        """The problem that what is waited for has not come true in its time."""
        what = f"{len(waits)} did not {self.what} within {exact_duration(self.within)}"
        return NotInTime(what, why=first_names(waits, LONGEST_NAMED), fix=self.fix)


@dataclasses.dataclass(kw_only=True)
class StepRunner:
    """Runs recorded steps of one migration. Those that record may raise `RollbackRequested`."""

    flow: Flow
    position: Position
    progress: Progress
    signals: SignalReader
    permit: MigrationPermit
    retry_within: Callable[[], timedelta]  # how long a step is repeated before the migration pauses
    now: Callable[[], datetime]

    def do(self, name: str, fn: Callable[[], Json], *, permit: bool | None = None) -> Json:
        """Record what `fn` returns, and return it. While servers fail for a moment, `fn` is called again.

        `permit` tells whether `fn` needs the permit of the migration; by default as its current step does.
        """
        if permit is None:
            permit = needs_permit(self.position.step, rolling_back=self.position.rolling_back)
        requires_permit = permit
        return self._until_done(
            lambda: self.flow.step(
                name, lambda: self.attempt(lambda: self._retry(fn), permit=requires_permit)
            )
        )

    def attempt(self, fn: Callable[[], Json], *, permit: bool = True) -> Json:
        """Call `fn` as soon as there is a permit. Belongs within a step.

        Returns its result under `done`, or a signal that came before there was a permit.
        """
        waited = False
        while (signal := self.signals.pending()) is None and permit and not self.permit.acquire():
            waited = True
            self.flow.sleep(IDLE_SECONDS)
        if signal is not None:
            return signal
        if waited:  # another replica may have taken the work over meanwhile
            self.flow.fence()
        return {"done": fn()}

    def wait(self, wait: Wait, look: Callable[[], Sequence[str]]) -> None:
        """Call `look` until it returns nothing that is waited for; a server that does not answer is, too."""

        def look_until_done() -> Json:
            first_look: list[datetime] = []  # the first look that had a permit
            every = wait.every or LOOK_SECONDS
            return self.flow.poll(wait.name, lambda: self._look(wait, look, first_look), every=every)

        self._until_done(look_until_done)

    def idle(
        self,
        name: str,
        look: Callable[[], Json | None],
        *,
        detail: str,
        then_works: Callable[[Json], bool] = lambda _result: False,
    ) -> Json:
        """Look until there is a result to record, which may take days; no permit is held meanwhile.

        A result that makes the migration work again (`then_works`) is recorded once there is a permit.
        """
        released: list[bool] = []

        def look_once() -> Json | None:
            if (signal := self.signals.pending()) is not None:
                return signal
            result = look()
            if result is not None:
                return {"done": result} if not then_works(result) or self.permit.acquire() else None
            if not released:
                self.permit.release()
                released.append(True)
            self.progress.show(detail)
            return None

        return self._until_done(lambda: self.flow.poll(name, look_once, every=IDLE_SECONDS))

    def pause(self, problem: Problem) -> None:
        """Stand still, without a permit, until somebody resumes the migration or turns it back."""
        self.position.pauses += 1
        number, announced = self.position.pauses, [False]

        def look() -> Json | None:
            if not announced[0]:
                self._announce_pause(number, problem)
                announced[0] = True
            signal = self.signals.pending()
            if signal is None or self.signals.is_refused(Signal(signal["wanted"]), paused=True):
                self.progress.show("", paused=problem.what)
                return None
            return signal

        record = self.flow.poll("paused", look, every=IDLE_SECONDS)
        signal, rolling_back = self.signals.accept(record), self.position.rolling_back

        def go_on() -> Json:
            self.progress.store(state=BACK if rolling_back else RUNNING, waits="")
            self.progress.announce(f"on-{number}", MigrationResumed, word=signal, by=record["by"])
            return {}

        self.flow.step("go on", go_on)
        if signal is not Signal.RESUME and not rolling_back:
            raise RollbackRequested(signal, record["by"])

    def follow(self, record: Json) -> None:
        """Follow a recorded signal: pause, or turn back. One that the current step refuses is dropped."""
        signal = self.signals.accept(record)
        if self.signals.is_refused(signal):
            return
        if signal is not Signal.PAUSE:
            raise RollbackRequested(signal, record["by"])
        why = f"{record['by']} wanted it to stand still"
        self.pause(Problem("Somebody paused it", why=why, fix="Resume it when it may go on."))

    def _until_done(self, step: Callable[[], Json]) -> Json:
        """Run a step until it is done, with a pause after each problem and each signal to pause."""
        while True:
            try:
                record = step()
            except Problem as problem:
                self.pause(problem)
                continue
            if "wanted" not in record:
                result: Json = record["done"]
                return result
            self.follow(record)

    def _retry(self, fn: Callable[[], Json]) -> Json:
        def report(problem: Problem) -> None:
            self.progress.show("", trouble=f"{problem.what}: {problem.why}")

        return retry_transient(
            fn, within=self.retry_within(), now=self.now, pause=self.flow.sleep, report=report
        )

    def _look(self, wait: Wait, look: Callable[[], Sequence[str]], first_look: list[datetime]) -> Json | None:
        if (signal := self.signals.pending()) is not None:
            return signal
        if not self.permit.acquire():
            return None
        if not first_look:
            first_look.append(self.now())
        waits, trouble = [], ""
        try:
            waits = list(look())
        except TRANSIENT as error:
            if self.now() - first_look[0] > wait.within:
                raise
            trouble = f"{error.what}: {error.why}"
        else:
            if not waits:
                return {"done": {}}
            if self.now() - first_look[0] > wait.within:
                raise wait.problem(waits)
        self.progress.show(wait.detail, waits=tuple(waits[:LONGEST_NAMED]), trouble=trouble)
        return None

    def _announce_pause(self, number: int, problem: Problem) -> None:
        self.permit.release()
        step, rolling_back = self.position.step, self.position.rolling_back
        waits = f"{problem.what}: {problem.why}" if problem.why else problem.what
        self.progress.store(state=PAUSED, waits=waits[:2_000])
        self.progress.note(f"paused:{number}", {"what": "paused", "step": str(step), "said": waits[:500]})
        self.progress.announce(
            f"paused-{number}",
            MigrationPaused,
            what=problem.what,
            why=problem.why,
            fix=problem.fix,
            back=rolling_back,
            choices=available_signals(step, paused=True, rolling_back=rolling_back),
        )
        self.progress.show("", paused=problem.what)

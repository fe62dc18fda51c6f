"""Signals: how a person pauses, resumes, cancels or rolls back a migration that is under way.

A signal is a number and a word in the migration's row, so that a click needs no running workflow and reaches
whichever replica goes on with the work. The workflow reads signals within its recorded steps only: a replay
then meets each signal at the step at which it was first read.
"""

import dataclasses
import enum

from bot.migration.workflow.ports import Json
from bot.migration.workflow.step import Position, Step, is_past_cutover
from storage.cluster_migrations import ClusterMigrationRepository


class Signal(enum.StrEnum):
    """A request to a migration that is under way. Its value is stored and never changes."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    ROLLBACK = "rollback"


class RollbackRequested(Exception):
    """A person cancelled the migration or asked for its roll-back: the way forward ends here."""

    def __init__(self, signal: Signal, by: str) -> None:
        super().__init__(signal)
        self.signal = signal
        self.by = by


def signal_refusal(signal: Signal, step: Step, *, paused: bool, rolling_back: bool) -> str:
    """Say why a signal cannot be followed at a step; empty if it can.

    `rolling_back` says that the migration is being rolled back already.
    """
    if step is Step.DELETE and signal is not Signal.RESUME:
        return "the deletion of the old cluster was approved and has begun; there is no way back"
    if signal is Signal.RESUME:
        return "" if paused else "it is not paused"
    if signal is Signal.PAUSE:
        if rolling_back:
            return "it is on its way back, which leaves nothing half done"
        return "it is paused already" if paused else ""
    if rolling_back and not paused:
        return "it is on its way back already"
    if signal is Signal.CANCEL and is_past_cutover(step):
        return "the source has been stopped already; roll it back instead"
    return ""


def available_signals(step: Step, *, paused: bool, rolling_back: bool) -> tuple[Signal, ...]:
    """List the signals that buttons offer at a step."""
    signals = [
        signal
        for signal in Signal
        if not signal_refusal(signal, step, paused=paused, rolling_back=rolling_back)
    ]
    if Signal.CANCEL in signals:
        # Before the cut-over the two differ only in what becomes of the new cluster.
        signals.remove(Signal.ROLLBACK)
    return tuple(signals)


@dataclasses.dataclass(kw_only=True)
class SignalReader:
    """Reads the signals of one migration, each once."""

    register: ClusterMigrationRepository
    migration: str
    position: Position
    _handled: int = 0  # the number of the last signal that was accepted

    def pending(self) -> Json | None:
        """Read the newest signal that was not accepted yet, as it is recorded. Belongs within a step."""
        signal = self.register.pending_signal(self.migration)
        if signal is None or signal.number <= self._handled:
            return None
        return {"wanted": signal.word, "number": signal.number, "by": signal.by}

    def accept(self, record: Json) -> Signal:
        """Mark a recorded signal as handled, and return it."""
        self._handled = record["number"]
        return Signal(record["wanted"])

    def is_refused(self, signal: Signal, *, paused: bool = False) -> bool:
        """Whether the migration cannot follow a signal where it is."""
        rolling_back = self.position.rolling_back
        return bool(signal_refusal(signal, self.position.step, paused=paused, rolling_back=rolling_back))

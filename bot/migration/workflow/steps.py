"""The steps of a migration in their order, and what a person may do at each."""

from __future__ import annotations

import enum


class Step(enum.StrEnum):
    """One step; its value is what is stored and never changes."""

    DEPLOY = "deploy"
    VERIFY = "verify"
    COPY = "copy"
    COMPARE = "compare"
    DECIDE = "decide"
    QUIESCE = "quiesce"
    VOLUMES = "volumes"
    START = "start"
    TRAFFIC = "traffic"
    PROVE = "prove"
    SOAK = "soak"
    CONSENT = "consent"
    DELETE = "delete"

    @property
    def label(self) -> str:
        """As progress and reports name it."""
        return TITLES[self]

    @property
    def number(self) -> int:
        """Its place, from 1."""
        return ORDER.index(self) + 1


TITLES = {
    Step.DEPLOY: "deploy the new cluster",
    Step.VERIFY: "verify its driver",
    Step.COPY: "copy the workloads",
    Step.COMPARE: "compare the copy",
    Step.DECIDE: "decision over the cut-over",
    Step.QUIESCE: "stop the source",
    Step.VOLUMES: "move the volumes",
    Step.START: "start in the new cluster",
    Step.TRAFFIC: "switch the traffic",
    Step.PROVE: "prove the new cluster",
    Step.SOAK: "soak",
    Step.CONSENT: "decision over the deletion",
    Step.DELETE: "delete the old cluster",
}
ORDER = tuple(Step)


class Word(enum.StrEnum):
    """What a person may want of an open migration."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    ROLLBACK = "rollback"


def crossed(step: Step) -> bool:
    """Whether the source has been touched: from then on the way back is a roll-back."""
    return step.number >= Step.QUIESCE.number


def switched(step: Step) -> bool:
    """Whether traffic may have come to the new cluster: a roll-back cannot take back what that set off."""
    return step.number >= Step.TRAFFIC.number


def works(step: Step, *, back: bool) -> bool:
    """Whether a migration does something there, for which it needs a turn; elsewhere it waits for people
    or for time.
    """
    return back or step not in (Step.DECIDE, Step.SOAK, Step.CONSENT)


def waits_for_nobody(step: Step, *, back: bool) -> bool:
    """Whether it takes its turn above the limit: somebody wants out, or the source stands still and
    people wait.
    """
    return back or (crossed(step) and works(step, back=back))


def why_not(word: Word, step: Step, *, paused: bool, back: bool) -> str:
    """Why a word cannot be followed at a step; empty if it can. `back`: it is on its way back already."""
    if step is Step.DELETE and word is not Word.RESUME:
        return "the deletion of the old cluster was approved and has begun; there is no way back"
    if word is Word.RESUME:
        return "" if paused else "it is not paused"
    if word is Word.PAUSE:
        if back:
            return "it is on its way back, which leaves nothing half done"
        return "it is paused already" if paused else ""
    if back and not paused:
        return "it is on its way back already"
    if word is Word.CANCEL and crossed(step):
        return "the source has been stopped already; roll it back instead"
    return ""


def choices(step: Step, *, paused: bool, back: bool) -> tuple[Word, ...]:
    """What a person may want now, for buttons."""
    found = [word for word in Word if not why_not(word, step, paused=paused, back=back)]
    if Word.CANCEL in found:
        found.remove(
            Word.ROLLBACK
        )  # before the cut-over the two differ only in what becomes of the new cluster
    return tuple(found)

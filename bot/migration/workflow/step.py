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


class Signal(enum.StrEnum):
    """What a person may want of an open migration."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    ROLLBACK = "rollback"


def is_past_cutover(step: Step) -> bool:
    """Whether the source has been touched: from then on the way back is a roll-back."""
    return step.number >= Step.QUIESCE.number


def is_past_traffic_switch(step: Step) -> bool:
    """Whether traffic may have come to the new cluster: a roll-back cannot take back what that set off."""
    return step.number >= Step.TRAFFIC.number


def needs_permit(step: Step, *, back: bool) -> bool:
    """Whether a migration does something there, for which it needs a turn; elsewhere it waits for people
    or for time.
    """
    return back or step not in (Step.DECIDE, Step.SOAK, Step.CONSENT)


def is_urgent(step: Step, *, back: bool) -> bool:
    """Whether it takes its turn above the limit: somebody wants out, or the source stands still and
    people wait.
    """
    return back or (is_past_cutover(step) and needs_permit(step, back=back))


def signal_refusal(word: Signal, step: Step, *, paused: bool, back: bool) -> str:
    """Why a word cannot be followed at a step; empty if it can. `back`: it is on its way back already."""
    if step is Step.DELETE and word is not Signal.RESUME:
        return "the deletion of the old cluster was approved and has begun; there is no way back"
    if word is Signal.RESUME:
        return "" if paused else "it is not paused"
    if word is Signal.PAUSE:
        if back:
            return "it is on its way back, which leaves nothing half done"
        return "it is paused already" if paused else ""
    if back and not paused:
        return "it is on its way back already"
    if word is Signal.CANCEL and is_past_cutover(step):
        return "the source has been stopped already; roll it back instead"
    return ""


def available_signals(step: Step, *, paused: bool, back: bool) -> tuple[Signal, ...]:
    """What a person may want now, for buttons."""
    found = [word for word in Signal if not signal_refusal(word, step, paused=paused, back=back)]
    if Signal.CANCEL in found:
        found.remove(
            Signal.ROLLBACK
        )  # before the cut-over the two differ only in what becomes of the new cluster
    return tuple(found)

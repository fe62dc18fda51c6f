"""The steps of a migration in their order, and how far one run has come among them."""

import dataclasses
import enum
from datetime import datetime


class Step(enum.StrEnum):
    """One step. Its value is stored with the migration and never changes."""

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
        """The words for it in progress messages and reports."""
        return LABELS[self]

    @property
    def number(self) -> int:
        """Its place in the order, counted from 1."""
        return ORDER.index(self) + 1


LABELS = {
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


def is_past_cutover(step: Step) -> bool:
    """Whether the source may have been changed, so that only a roll-back restores it."""
    return step.number >= Step.QUIESCE.number


def is_past_traffic_switch(step: Step) -> bool:
    """Whether clients may have reached the new cluster: a roll-back does not undo what they did there."""
    return step.number >= Step.TRAFFIC.number


@dataclasses.dataclass(kw_only=True)
class Position:
    """How far one run of the workflow has come. A replay of the recorded steps arrives at the same values."""

    began: datetime  # when the migration began
    since: datetime  # when its current step began
    step: Step = Step.DEPLOY
    rolling_back: bool = False
    entered: int = 0  # steps that were entered so far: a step that is entered again has another number
    pauses: int = 0
    finished: list[str] = dataclasses.field(default_factory=list)  # one line for each step that is done

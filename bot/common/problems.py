"""The one shape of an error that a person reads: what happened, why, what to do now.

Every package raises its own subclasses, and whatever shows an error (a thread, a terminal, the audit
log) needs only these three lines. Nothing here knows where a problem comes from or where it is shown.
"""

import dataclasses
from collections.abc import Sequence
from typing import ClassVar


class Problem(Exception):
    """Something that a person asked for did not happen.

    `what` is one sentence without a full stop at its end being required; `why` is the server's own
    words where they help, else empty; `fix` is what to do now, a command that can be copied where
    there is one. None of the three may hold a secret.
    """

    outcome: ClassVar[str] = "failed"

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix


class Refusal(Problem):
    """It was not tried: a rule, a right or a missing setting stands against it."""

    outcome: ClassVar[str] = "refused"


@dataclasses.dataclass(frozen=True)
class Choice:
    """One of the things that a word may mean: its id, and how a person tells it from the others."""

    id: str
    label: str


class Ambiguous(Refusal):
    """A word means several things; a person picks one of `available_signals` in place of it."""

    def __init__(
        self, what: str, *, choices: Sequence[Choice], fix: str, field: str = "", in_place_of: str = ""
    ) -> None:
        """`field` is the argument that is picked, if not the action's target; `in_place_of` one that it
        replaces.
        """
        super().__init__(what, why="\n".join(f"{choice.id}: {choice.label}" for choice in choices), fix=fix)
        self.choices = tuple(choices)
        self.field = field
        self.in_place_of = in_place_of

"""The one shape of an error that a person reads: what happened, why, and what to do now.

Every package raises its own subclasses. Whatever shows an error (a thread, a terminal, the audit log) needs
only these three texts. Nothing here knows where a problem comes from or where it is shown.
"""

import dataclasses
from collections.abc import Sequence
from typing import ClassVar


class Problem(Exception):
    """Something that a person has asked for did not happen.

    `what` is one sentence and needs no full stop. `why` holds the server's own words where they help, else it
    is empty. `fix` is what to do now: a command to copy, where there is one. None of the three may hold a
    secret. `outcome` is the word for it in the audit log.
    """

    outcome: ClassVar[str] = "failed"

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix


class Refusal(Problem):
    """The request was not tried, because of a rule, a missing right or a missing setting."""

    outcome: ClassVar[str] = "refused"


@dataclasses.dataclass(frozen=True)
class Choice:
    """One meaning of an ambiguous name: its id, and the label by which a person recognises it."""

    id: str
    label: str


class Ambiguous(Refusal):
    """A name means several things; a person picks one of `choices` in place of it."""

    def __init__(
        self, what: str, *, choices: Sequence[Choice], fix: str, field: str = "", in_place_of: str = ""
    ) -> None:
        """`field` is the argument to pick for, instead of the target; `in_place_of` one that it replaces."""
        super().__init__(what, why="\n".join(f"{choice.id}: {choice.label}" for choice in choices), fix=fix)
        self.choices = tuple(choices)
        self.field = field
        self.in_place_of = in_place_of

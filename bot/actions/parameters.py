"""How an action is typed: each field says whether it is a word, an option or a flag, and of which kind.

The parser, the canonical words of an action, the help and its documentation are all made from this, so
that none of them can say something else.
"""

import dataclasses
from collections.abc import Callable

Check = Callable[[str], str]  # returns the normalised value; raises ValueError with what is wrong


@dataclasses.dataclass(frozen=True)
class Argument:
    """A word without a dash, in its place: `CLUSTER`."""

    metavar: str
    check: Check


@dataclasses.dataclass(frozen=True)
class Option:
    """An option with a value: `--nodes N`. It is given once unless `repeated`, or takes several values
    behind `commas`.
    """

    flag: str
    metavar: str
    check: Check
    short: str = ""
    repeated: bool = False
    commas: bool = False


@dataclasses.dataclass(frozen=True)
class Flag:
    """An option without a value: `--dry-run`."""

    flag: str


Parameter = Argument | Option | Flag

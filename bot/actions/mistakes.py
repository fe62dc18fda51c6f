"""The answer to words that mean nothing: what is wrong, the nearest right word, and an example."""

import difflib
from collections.abc import Iterable

from bot.common.problems import Refusal

COMMAND = "/xk8s"
LONGEST_ECHO = 60  # characters of what somebody has typed that are repeated to them


class Mistake(Refusal):
    """Words that mean nothing. `suggestion` is the nearest right word, `example` a whole command."""

    def __init__(self, what: str, *, example: str, suggestion: str = "", topic: str = "") -> None:
        hint = f"Did you mean *{suggestion}*?   " if suggestion else ""
        fix = f"{hint}`{COMMAND} {example}`"
        if topic and not suggestion:
            fix += f"   or `{COMMAND} help {topic}`"
        super().__init__(what, fix=fix)
        self.suggestion = suggestion
        self.example = example
        self.topic = topic


def nearest(word: str, vocabulary: Iterable[str]) -> str:
    """Return the known word that is most like another; empty if none is like it."""
    matches = difflib.get_close_matches(word.lower()[:LONGEST_ECHO], list(vocabulary), n=1, cutoff=0.55)
    return matches[0] if matches else ""


def echo(word: str) -> str:
    """Return what somebody has typed, short and without what would break its code span."""
    text = word.replace("`", "ˋ").replace("\n", " ")
    return text if len(text) <= LONGEST_ECHO else text[: LONGEST_ECHO - 1] + "…"

"""Errors in three lines: what happened; why, in the server's words; what to do now."""

from __future__ import annotations

from bot.actions.action import Action
from bot.problems import Problem, Refusal
from bot.requests.service import Conclusion, Outcome
from bot.slack import kit


def problem(conclusion: Conclusion, found: Problem) -> kit.Rendered:
    """Show why a request did not succeed."""
    mark = _mark(conclusion, found)
    what = found.what.rstrip(".")
    lines = [kit.escape(part) for part in (found.why, found.fix) if part]
    headline = f"{mark} {_subject(conclusion.action)}{kit.escape(what)}"
    blocks = kit.sections("\n".join(lines)) if lines else []
    return kit.Rendered(headline=headline, messages=kit.messages(what, blocks))


def _subject(action: Action | None) -> str:
    return f"*{kit.escape(action.words())}*: " if action is not None else ""


def _mark(conclusion: Conclusion, found: Problem) -> str:
    if conclusion.action is None:
        return "🤔"
    if conclusion.outcome is Outcome.UNKNOWN:
        return "❓"
    return "🚫" if isinstance(found, Refusal) else "❌"

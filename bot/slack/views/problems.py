"""Errors in three lines: what happened; why, in the server's words; what to do now."""

from __future__ import annotations

from bot.actions.action import Action
from bot.actions.service import Outcome
from bot.common.problems import Ambiguous, Problem, Refusal
from bot.requests.answer import Conclusion
from bot.slack import kit


def problem(conclusion: Conclusion, found: Problem) -> kit.Rendered:
    """Show why a request did not succeed."""
    mark = _mark(conclusion, found)
    what = found.what.rstrip(".")
    lines = [kit.escape(part) for part in (found.why, found.fix) if part]
    headline = f"{mark} {_subject(conclusion.action)}{kit.escape(what)}"
    blocks = kit.sections("\n".join(lines)) if lines else []
    if isinstance(found, Ambiguous) and conclusion.action is not None:
        blocks.append(_picks(conclusion.action, found))
    return kit.Rendered(headline=headline, messages=kit.messages(what, blocks))


def _picks(action: Action, found: Ambiguous) -> kit.Block:
    """A button for each thing the word may mean: the same request, with its id in place of the name."""
    cleared = {found.in_place_of: None} if found.in_place_of else {}
    field = found.field or action.target_field
    return kit.buttons(
        *(
            kit.Button(
                label=kit.cut(choice.label, 75),
                action=action.model_copy(update={**cleared, field: choice.id}),
            )
            for choice in found.choices
        )
    )


def _subject(action: Action | None) -> str:
    return f"*{kit.escape(action.words())}*: " if action is not None else ""


def _mark(conclusion: Conclusion, found: Problem) -> str:
    if conclusion.action is None:
        return "🤔"
    if conclusion.outcome is Outcome.UNKNOWN:
        return "❓"
    return "🚫" if isinstance(found, Refusal) else "❌"

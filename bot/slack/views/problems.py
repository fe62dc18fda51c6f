"""The view of a problem: what happened, why (in the server's words), and what the person can do now."""

from bot.actions.action import Action
from bot.actions.service import Outcome
from bot.common.problems import Ambiguous, Problem, Refusal
from bot.requests.answer import Conclusion
from bot.slack import kit


def show_problem(conclusion: Conclusion, problem: Problem) -> kit.Rendered:
    """Show why a request did not succeed, with a button for each meaning of an ambiguous word."""
    summary = problem.what.rstrip(".")
    action = conclusion.action
    subject = f"*{kit.escape(action.words())}*: " if action is not None else ""
    lines = [kit.escape(part) for part in (problem.why, problem.fix) if part]
    blocks = kit.sections("\n".join(lines)) if lines else []
    if isinstance(problem, Ambiguous) and action is not None:
        blocks.append(_choices(action, problem))
    headline = f"{_mark(conclusion, problem)} {subject}{kit.escape(summary)}"
    return kit.Rendered(headline=headline, messages=kit.messages(summary, blocks))


def _choices(action: Action, ambiguity: Ambiguous) -> kit.Block:
    """A button for each thing that the word may mean: the same request, with an id in place of the name."""
    cleared = {ambiguity.in_place_of: None} if ambiguity.in_place_of else {}
    field = ambiguity.field or action.target_field
    return kit.buttons(
        *(
            kit.Button(
                label=kit.cut(choice.label, kit.BUTTON_LABEL),
                action=action.model_copy(update={**cleared, field: choice.id}),
            )
            for choice in ambiguity.choices
        )
    )


def _mark(conclusion: Conclusion, problem: Problem) -> str:
    if conclusion.action is None:
        return "🤔"
    if conclusion.outcome is Outcome.UNKNOWN:
        return "❓"
    return "🚫" if isinstance(problem, Refusal) else "❌"

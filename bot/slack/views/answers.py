"""The parts of an answer that every request shares: root message, headline, footer, and the states on the
way.

An answer is a root message, whose one line always says how the request stands, and a thread below it. The
views of single results are found through the catalogue; this module puts them into that frame.
"""

import dataclasses

from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.common.problems import Problem
from bot.requests.answer import Conclusion
from bot.slack import kit
from bot.slack.views import problems
from bot.slack.views.catalog import RESULTS


def working_line(action: Action) -> str:
    """The root's line while a request is served."""
    return f"⏳ *{kit.escape(action.words())}*"


def root_message(line: str, request: IncomingRequest) -> kit.Message:
    """The root message: the state in one line, and who asked."""
    section = kit.section(f"{line} · asked by {kit.person(request.person.id)}")
    return kit.Message(text=kit.plain_line(line), blocks=(section,))


def show_conclusion(conclusion: Conclusion) -> kit.Rendered:
    """Show how a request ended; a footer stands at the end of the last message."""
    if conclusion.problem is not None:
        rendered = problems.show_problem(conclusion, conclusion.problem)
    else:
        rendered = RESULTS.render(conclusion.result)
    footer = kit.context(*_footer(conclusion))
    messages = rendered.messages or (kit.Message(text=kit.plain_line(rendered.headline)),)
    *before, last = messages
    if len(last.blocks) < kit.BLOCKS_PER_MESSAGE:
        before.append(kit.Message(text=last.text, blocks=(*last.blocks, footer)))
    else:
        before += [last, kit.Message(text=last.text, blocks=(footer,))]
    return dataclasses.replace(rendered, messages=tuple(before))


def _footer(conclusion: Conclusion) -> list[str]:
    person = conclusion.request.person
    parts = [
        person.name or kit.person(person.id),
        conclusion.project,
        f"ref {conclusion.request.reference}",
        kit.duration(conclusion.seconds) if conclusion.seconds >= 0.05 else "",
    ]
    return [part for part in parts if part]


def with_headline(rendered: kit.Rendered) -> tuple[kit.Message, ...]:
    """Return the messages of an answer without a root of its own: the headline stands at the top of the
    first.
    """
    line, text = kit.section(rendered.headline), kit.plain_line(rendered.headline)
    if not rendered.messages:
        return (kit.Message(text=text, blocks=(line,)),)
    first, *following = rendered.messages
    if len(first.blocks) >= kit.BLOCKS_PER_MESSAGE:
        return (kit.Message(text=text, blocks=(line,)), first, *following)
    return (kit.Message(text=text, blocks=(line, *first.blocks)), *following)


def show_state(state: object) -> kit.Message:
    """Show an intermediate state, in the thread."""
    return RESULTS.render_state(state)


def own_root_line(state: object) -> str | None:
    """The root's line for a state that has one of its own; None for any other."""
    return RESULTS.render_root_line(state)


def state_root_line(state: object, message: kit.Message) -> str:
    """The root's line for a state: its own, or else the first line of the state's message."""
    own_line = own_root_line(state)
    if own_line is not None:
        return own_line
    sections = (str(block["text"]["text"]) for block in message.blocks if block["type"] == "section")
    return "⏳ " + next(sections, message.text).split("\n")[0]


def pointer_below(headline: str) -> kit.Message:
    """Replaces the message that followed the work where the end had to stand in a new message below it."""
    return kit.Message(text=kit.plain_line(headline), blocks=(kit.section(f"{headline} · told below"),))


def problem_text(conclusion: Conclusion) -> str:
    """Why a request did not succeed, as one piece of mrkdwn, for a form that cannot be filled."""
    problem = conclusion.problem
    if problem is None:
        return "Done."
    headline = problems.show_problem(conclusion, problem).headline
    return "\n".join([headline, *(kit.escape(part) for part in (problem.why, problem.fix) if part)])


def show_failed_upload(file: kit.File, problem: Problem) -> kit.Message:
    """Say that a file could not be put into the thread, why, and what to do."""
    why, fix = kit.escape(problem.why), kit.escape(problem.fix)
    text = f"📎 {kit.code(file.name)} could not be uploaded: {why}. {fix}"
    return kit.Message(text=f"{file.name} could not be uploaded", blocks=(kit.section(text),))

"""The parts of an answer that every request shares: root line, context line, headline, working line."""

from __future__ import annotations

import dataclasses

from bot.actions.action import Action
from bot.actions.request import IncomingRequest
from bot.common.problems import Problem
from bot.requests.answer import Conclusion
from bot.slack import kit
from bot.slack.views import catalog, problems


def working_line(action: Action) -> str:
    """The root's line while the work goes on."""
    return f"⏳ *{kit.escape(action.words())}*"


def root(headline: str, request: IncomingRequest) -> kit.Message:
    """The root message: the state in one line, and who asked."""
    line = f"{headline} · asked by {kit.person(request.person.id)}"
    return kit.Message(text=kit.plain_line(headline), blocks=(kit.section(line),))


def conclusion(ended: Conclusion) -> kit.Rendered:
    """Show how a request ended, with the context line under its last message."""
    rendered = _body(ended)
    footer = kit.context(*_footer(ended))
    if not rendered.messages:
        return dataclasses.replace(
            rendered, messages=(kit.Message(text=kit.plain_line(rendered.headline), blocks=(footer,)),)
        )
    *before, last = rendered.messages
    if len(last.blocks) < kit.BLOCKS_PER_MESSAGE:
        return dataclasses.replace(rendered, messages=(*before, _with_block(last, footer)))
    return dataclasses.replace(
        rendered, messages=(*rendered.messages, kit.Message(text=last.text, blocks=(footer,)))
    )


def _with_block(message: kit.Message, block: kit.Block) -> kit.Message:
    return dataclasses.replace(message, blocks=(*message.blocks, block))


def _body(ended: Conclusion) -> kit.Rendered:
    if ended.problem is not None:
        return problems.problem(ended, ended.problem)
    return catalog.RESULTS.render(ended.result)


def _footer(ended: Conclusion) -> list[str]:
    asker = ended.request.person.name or kit.person(ended.request.person.id)
    parts = [
        asker,
        ended.project,
        f"ref {ended.request.reference}",
        kit.duration(ended.seconds) if ended.seconds >= 0.05 else "",
    ]
    return [part for part in parts if part]


def with_headline(rendered: kit.Rendered) -> tuple[kit.Message, ...]:
    """The messages of an answer that has no root of its own: the headline stands on top."""
    line = kit.section(rendered.headline)
    if not rendered.messages:
        return (kit.Message(text=kit.plain_line(rendered.headline), blocks=(line,)),)
    first, *rest = rendered.messages
    if len(first.blocks) >= kit.BLOCKS_PER_MESSAGE:
        return (kit.Message(text=kit.plain_line(rendered.headline), blocks=(line,)), first, *rest)
    return (kit.Message(text=kit.plain_line(rendered.headline), blocks=(line, *first.blocks)), *rest)


def progress(state: object) -> kit.Message:
    """An intermediate state in the thread."""
    return catalog.RESULTS.render_state(state)


def told_below(headline: str) -> kit.Message:
    """What becomes of the message that followed the work when the end had to stand in another."""
    return kit.Message(text=kit.plain_line(headline), blocks=(kit.section(f"{headline} · told below"),))


def status_line(state: object) -> str | None:
    """The root's line while the work goes on, if an intermediate state has one of its own."""
    return catalog.RESULTS.root_line(state)


def going_on(state: object, message: kit.Message) -> str:
    """The root's line while the work goes on, from the state that it has come to."""
    own = catalog.RESULTS.root_line(state)
    if own is not None:
        return own
    text = next(
        (str(block["text"]["text"]) for block in message.blocks if block["type"] == "section"), message.text
    )
    return "⏳ " + text.split("\n")[0]


def problem_text(ended: Conclusion) -> str:
    """Why a request did not succeed, as one piece of mrkdwn."""
    if ended.problem is None:
        return "Done."
    rendered = problems.problem(ended, ended.problem)
    return "\n".join(
        [rendered.headline, *(kit.escape(part) for part in (ended.problem.why, ended.problem.fix) if part)]
    )


def file_missing(file: kit.File, problem: Problem) -> kit.Message:
    """Say that a file could not be put into the thread, and what to do."""
    text = (
        f"📎 {kit.code(file.name)} could not be uploaded: {kit.escape(problem.why)}."
        f" {kit.escape(problem.fix)}"
    )
    return kit.Message(text=f"{file.name} could not be uploaded", blocks=(kit.section(text),))

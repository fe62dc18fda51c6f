"""A request that a crash had cut off: what became of it."""

from __future__ import annotations

from bot.actions.service import Outcome, Readback
from bot.slack import kit
from storage.audit import AuditEvent

_MARKS = {Outcome.SUCCEEDED: "✅", Outcome.FAILED: "❌"}


def headline(intent: AuditEvent, found: Readback) -> str:
    """What, on what, and how it ended."""
    what = intent.action.replace(".", " ")
    target = f" {kit.escape(intent.target or found.target)}" if intent.target or found.target else ""
    return (
        f"{_MARKS.get(found.outcome, '❓')} *{kit.escape(what)}{target}*: I was restarted in the middle of"
        " this"
    )


def root(intent: AuditEvent, found: Readback) -> kit.Message:
    """The root message's one line."""
    line = f"{headline(intent, found)} · asked by {kit.person(intent.actor)}"
    return kit.Message(text=_plain(line), blocks=(kit.section(line),))


def answer(intent: AuditEvent, found: Readback) -> kit.Message:
    """What was found, in the thread."""
    return kit.Message(text=_plain(headline(intent, found)), blocks=(*_found(found), _footer(intent)))


def whole(intent: AuditEvent, found: Readback) -> kit.Message:
    """Both in one, where there is no thread."""
    line = f"{headline(intent, found)} · asked by {kit.person(intent.actor)}"
    blocks = (kit.section(line), *_found(found), _footer(intent))
    return kit.Message(text=_plain(line), blocks=blocks)


def _found(found: Readback) -> list[kit.Block]:
    return kit.sections(f"{kit.escape(found.detail[:1].upper())}{kit.escape(found.detail[1:])}")


def _footer(intent: AuditEvent) -> kit.Block:
    who = kit.escape(intent.actor_name) or kit.person(intent.actor)
    return kit.context(
        *(part for part in (who, kit.escape(intent.project), f"ref {intent.reference}") if part)
    )


def _plain(mrkdwn: str) -> str:
    return kit.cut(mrkdwn.replace("*", ""), kit.MESSAGE_TEXT)

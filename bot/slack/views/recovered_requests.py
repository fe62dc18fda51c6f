"""The messages of a request that a crash cut off: what it was, and what reading its target has told."""

from bot.actions.service import Outcome, Readback
from bot.slack import kit
from storage.audit_events import AuditEvent

OUTCOMES = {Outcome.SUCCEEDED: "✅", Outcome.FAILED: "❌"}


def root_message(intent: AuditEvent, readback: Readback) -> kit.Message:
    """The root message of the request: its end in one line."""
    line = _root_line(intent, readback)
    return kit.Message(text=_plain(line), blocks=(kit.section(line),))


def thread_message(intent: AuditEvent, readback: Readback) -> kit.Message:
    """The message in the thread: what was read."""
    blocks = (*_detail(readback), _footer(intent))
    return kit.Message(text=_plain(_headline(intent, readback)), blocks=blocks)


def combined_message(intent: AuditEvent, readback: Readback) -> kit.Message:
    """Both in one message, for a request that has no thread yet."""
    line = _root_line(intent, readback)
    blocks = (kit.section(line), *_detail(readback), _footer(intent))
    return kit.Message(text=_plain(line), blocks=blocks)


def _headline(intent: AuditEvent, readback: Readback) -> str:
    action = kit.escape(intent.action.replace(".", " "))
    target = f" {kit.escape(intent.target or readback.target)}" if intent.target or readback.target else ""
    mark = OUTCOMES.get(readback.outcome, "❓")
    return f"{mark} *{action}{target}*: I was restarted in the middle of this"


def _root_line(intent: AuditEvent, readback: Readback) -> str:
    return f"{_headline(intent, readback)} · asked by {kit.person(intent.actor)}"


def _detail(readback: Readback) -> list[kit.Block]:
    return kit.sections(f"{kit.escape(readback.detail[:1].upper())}{kit.escape(readback.detail[1:])}")


def _footer(intent: AuditEvent) -> kit.Block:
    asker = kit.escape(intent.actor_name) or kit.person(intent.actor)
    parts = (asker, kit.escape(intent.project), f"ref {intent.reference}")
    return kit.context(*(part for part in parts if part))


def _plain(mrkdwn: str) -> str:
    return kit.cut(mrkdwn.replace("*", ""), kit.MESSAGE_TEXT)

"""The audit log: one line an operation, newest first, with pages."""

from __future__ import annotations

from bot.actions.mistakes import COMMAND
from bot.services.audit import AuditShown
from bot.slack import kit
from storage.audit import AuditEvent

_MARKS = {"succeeded": "✅", "failed": "❌", "refused": "🚫", "unknown": "❓", "asked": "🔐", "": "⏳"}


def shown(found: AuditShown) -> kit.Rendered:
    """A page of the log."""
    page = found.page
    whose = "your " if found.own else ""
    headline = (
        f"📜 {page.total:,} {whose}{'event' if page.total == 1 else 'events'} · page {page.page} of {page.pages}"
    )
    if not page.events:
        hint = f"Nothing fits. Without filters: `{COMMAND} audit`"
        return kit.Rendered(headline=headline, messages=kit.messages("No events", [kit.section(hint)]))
    blocks: list[kit.Block] = kit.sections("\n".join(map(_line, page.events)))
    buttons = []
    for label, number in (("Newer", page.page - 1), ("Older", page.page + 1)):
        if 1 <= number <= page.pages:
            buttons.append(kit.Button(label=label, action=found.action.model_copy(update={"page": number})))
    if buttons:
        blocks.append(kit.buttons(*buttons))
    return kit.Rendered(headline=headline, messages=kit.messages(f"{page.total} audit events", blocks))


def _line(event: AuditEvent) -> str:
    what = f"`{event.action.replace('.', ' ')}`"
    target = f" {kit.code(event.target)}" if event.target else ""
    took = f" · {kit.ago(event.duration_ms / 1000)}" if event.duration_ms else ""
    detail = f" · {kit.escape(kit.cut(event.detail, 120))}" if event.detail else ""
    who = kit.escape(event.actor_name or event.actor)
    return f"{_MARKS.get(event.outcome, '•')} {kit.moment(event.at)} *{who}* {what}{target}{took} · ref {event.reference}{detail}"

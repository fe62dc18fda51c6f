"""The audit log: one line an operation, newest first, with pages; and what following its chain found."""

from __future__ import annotations

from bot.actions.mistakes import COMMAND
from bot.audit.chain import ChainReport
from bot.audit.service import AuditShown, AuditVerified
from bot.slack import kit
from storage.audit import AuditEvent

_MARKS = {"succeeded": "✅", "failed": "❌", "refused": "🚫", "unknown": "❓", "asked": "🔐", "": "⏳"}
ANCHOR = "Audit chain: "  # how the text of a posted head begins
LATE = 5_000  # unsigned events that are more than a busy minute


def shown(found: AuditShown) -> kit.Rendered:
    """A page of the log."""
    page = found.page
    whose = "your " if found.own else ""
    headline = (
        f"📜 {page.total:,} {whose}{'event' if page.total == 1 else 'events'} · page {page.page} of"
        f" {page.pages}"
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
    took = f" · {kit.duration(event.duration_ms / 1000)}" if event.duration_ms else ""
    detail = f" · {kit.escape(kit.cut(event.detail, 120))}" if event.detail else ""
    who = kit.escape(event.actor_name or event.actor)
    return (
        f"{_MARKS.get(event.outcome, '•')} {kit.moment(event.at)} *{who}* {what}{target}{took} · ref"
        f" {event.reference}{detail}"
    )


def verified(found: AuditVerified) -> kit.Rendered:
    """What following the chain found: the verdict, then what it stands on."""
    report = found.report
    return kit.Rendered(
        headline=_verdict(report),
        messages=kit.messages("The audit chain", kit.sections("\n".join(_facts(found)))),
    )


def _verdict(report: ChainReport) -> str:
    if report.broken is not None:
        return (
            f"❌ *The audit log was changed*: event {report.broken.position:,}:"
            f" {kit.escape(report.broken.what)}"
        )
    wrong = [anchor for anchor in report.anchors or () if not anchor.holds]
    if wrong:
        return (
            f"❌ *The audit log is not what was posted*: event {wrong[0].position:,}:"
            f" {kit.escape(wrong[0].what)}"
        )
    if report.signed is None:
        return f"⚠️ *The audit chain holds, unsigned*: {kit.count(report.events, 'event')}"
    return f"✅ *The audit chain holds*: {kit.count(report.events, 'event')}"


def _facts(found: AuditVerified) -> list[str]:
    report = found.report
    lines = [_signed(report)]
    if report.unknown_keys:
        keys = ", ".join(kit.code(key) for key in report.unknown_keys)
        lines.append(f"⚠️ Signatures by {keys} were not checked: that key is not in `XK8S_AUDIT_KEY`")
    if report.begins_after:
        lines.append(
            f"📦 Events up to {report.begins_after:,} are sealed in a file: `xk8s audit verify --file FILE`"
        )
    lines += _anchored(found)
    if report.shortfall:
        lines.append(
            "What stands before that event holds. Keep the database as it is and compare it with a backup;"
            " `xk8s audit export` writes what is there."
        )
    lines.append(f"Followed in {kit.duration(report.seconds)}")
    return lines


def _signed(report: ChainReport) -> str:
    signed = report.signed
    if signed is not None:
        mark = "⚠️" if report.unsigned > LATE else "🔏"
        return (
            f"{mark} Last signed head: event {signed.position:,}, {kit.moment(signed.at)}, key"
            f" {kit.code(signed.key)} · {kit.count(report.unsigned, 'event')} since"
        )
    why = "no head was signed yet" if report.keys else "`XK8S_AUDIT_KEY` is not set"
    return f"⚠️ No signed head: {why}. Whoever may write the table could compute the chain anew"


def _anchored(found: AuditVerified) -> list[str]:
    anchors = found.report.anchors
    if not found.anchored or anchors is None:
        return []
    if not anchors:
        return ["⚓ No head of these events was posted yet"]
    wrong = [anchor for anchor in anchors if not anchor.holds]
    lines = [f"⚓ {len(anchors) - len(wrong):,} of {kit.count(len(anchors), 'posted head')} are in the chain"]
    for anchor in wrong[:10]:
        when = f", posted {kit.moment(anchor.at)}" if anchor.at else ""
        lines.append(f"❌ Event {anchor.position:,}{when}: {kit.escape(anchor.what)}")
    return lines


def anchor(text: str) -> kit.Message:
    """A head as it is posted: what stands in a channel cannot be changed by whoever owns the database."""
    line = f"⚓ {ANCHOR}{kit.code(text)}"
    return kit.Message(text=f"{ANCHOR}{text}", blocks=(kit.section(line),))

"""The views of the audit log: its pages, the verification of its chain, and the heads posted to a channel."""

from bot.actions.mistakes import COMMAND
from bot.audit.chain import ChainReport
from bot.audit.service import AuditListing, AuditVerified
from bot.slack import kit
from bot.slack.views.registry import shows
from storage.audit_events import AuditEvent

OUTCOMES = {"succeeded": "✅", "failed": "❌", "refused": "🚫", "unknown": "❓", "asked": "🔐", "": "⏳"}
ANCHOR = "Audit chain: "  # the text of a posted head begins with this
MOST_UNSIGNED = 5_000  # events since the last signed head that a busy minute explains


@shows(AuditListing)
def show_page(listing: AuditListing) -> kit.Rendered:
    """One page of the log, an operation in a line, the newest first."""
    page = listing.page
    events = "event" if page.total == 1 else "events"
    possessive = "your " if listing.own else ""
    headline = f"📜 {page.total:,} {possessive}{events} · page {page.page} of {page.pages}"
    if not page.events:
        hint = f"Nothing fits. Without filters: `{COMMAND} audit`"
        return kit.Rendered(headline=headline, messages=kit.messages("No events", [kit.section(hint)]))
    blocks: list[kit.Block] = kit.sections("\n".join(map(_line, page.events)))
    buttons = [
        kit.Button(label=label, action=listing.action.model_copy(update={"page": number}))
        for label, number in (("Newer", page.page - 1), ("Older", page.page + 1))
        if 1 <= number <= page.pages
    ]
    if buttons:
        blocks.append(kit.buttons(*buttons))
    return kit.Rendered(headline=headline, messages=kit.messages(f"{page.total} audit events", blocks))


def _line(event: AuditEvent) -> str:
    target = f" {kit.code(event.target)}" if event.target else ""
    duration = f" · {kit.duration(event.duration_ms / 1000)}" if event.duration_ms else ""
    detail = f" · {kit.escape(kit.cut(event.detail, 120))}" if event.detail else ""
    return (
        f"{OUTCOMES.get(event.outcome, '•')} {kit.moment(event.at)}"
        f" *{kit.escape(event.actor_name or event.actor)}*"
        f" `{event.action.replace('.', ' ')}`{target}{duration} · ref {event.reference}{detail}"
    )


@shows(AuditVerified)
def show_verification(verification: AuditVerified) -> kit.Rendered:
    """Whether the chain holds, then the evidence: signature, sealed events, posted heads."""
    blocks = kit.sections("\n".join(_facts(verification)))
    return kit.Rendered(
        headline=_verdict(verification.report), messages=kit.messages("The audit chain", blocks)
    )


def _verdict(report: ChainReport) -> str:
    broken = report.broken
    if broken is not None:
        return f"❌ *The audit log was changed*: event {broken.position:,}: {kit.escape(broken.what)}"
    lost = next((anchor for anchor in report.anchors or () if not anchor.holds), None)
    if lost is not None:
        return f"❌ *The audit log is not what was posted*: event {lost.position:,}: {kit.escape(lost.what)}"
    if report.signed is None:
        return f"⚠️ *The audit chain holds, unsigned*: {kit.count(report.events, 'event')}"
    return f"✅ *The audit chain holds*: {kit.count(report.events, 'event')}"


def _facts(verification: AuditVerified) -> list[str]:
    report = verification.report
    lines = [_signature(report)]
    if report.unknown_keys:
        keys = ", ".join(kit.code(key) for key in report.unknown_keys)
        lines.append(f"⚠️ Signatures by {keys} were not checked: that key is not in `XK8S_AUDIT_KEY`")
    if report.begins_after:
        lines.append(
            f"📦 Events up to {report.begins_after:,} are sealed in a file: `xk8s audit verify --file FILE`"
        )
    lines += _anchors(verification)
    if report.shortfall:
        lines.append(
            "What stands before that event holds. Keep the database as it is and compare it with a backup;"
            " `xk8s audit export` writes what is there."
        )
    lines.append(f"Followed in {kit.duration(report.seconds)}")
    return lines


def _signature(report: ChainReport) -> str:
    signed = report.signed
    if signed is not None:
        mark = "⚠️" if report.unsigned > MOST_UNSIGNED else "🔏"
        return (
            f"{mark} Last signed head: event {signed.position:,}, {kit.moment(signed.at)}, key"
            f" {kit.code(signed.key)} · {kit.count(report.unsigned, 'event')} since"
        )
    why = "no head was signed yet" if report.keys else "`XK8S_AUDIT_KEY` is not set"
    return f"⚠️ No signed head: {why}. Whoever may write the table could compute the chain anew"


def _anchors(verification: AuditVerified) -> list[str]:
    anchors = verification.report.anchors
    if not verification.anchored or anchors is None:
        return []
    if not anchors:
        return ["⚓ No head of these events was posted yet"]
    lost = [anchor for anchor in anchors if not anchor.holds]
    lines = [f"⚓ {len(anchors) - len(lost):,} of {kit.count(len(anchors), 'posted head')} are in the chain"]
    for anchor in lost[:10]:
        when = f", posted {kit.moment(anchor.at)}" if anchor.at else ""
        lines.append(f"❌ Event {anchor.position:,}{when}: {kit.escape(anchor.what)}")
    return lines


def show_anchor(text: str) -> kit.Message:
    """The message of a posted head. Whoever owns the database cannot change what a channel shows."""
    return kit.Message(text=f"{ANCHOR}{text}", blocks=(kit.section(f"⚓ {ANCHOR}{kit.code(text)}"),))

"""Approvals: the card that is decided over, updated in place; the list; what a decider is told privately."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from bot.access.approval_service import ApprovalDecided, ApprovalsShown, ApprovalWithdrawn, DecisionForm
from bot.access.authorisation import Deciders
from bot.actions.approvals import ApprovalDecide, ApprovalForm, ApprovalsWithdraw
from bot.requests.approval_gate import ApprovalPending
from bot.slack import kit
from bot.slack.kit import Button, Confirm, Message, Rendered
from storage import approvals as store
from storage.approvals import Approval

MOST_LINES = 25  # consequences that a card shows; a card is one message, because it is updated in place
MENTIONED = 10  # people that a card calls by name


def asked(found: ApprovalPending) -> Rendered:
    """The answer to a change that waits for a second person."""
    files = tuple(
        kit.File(name=each.name, title=each.title, content=each.text.encode()) for each in found.documents
    )
    return dataclasses.replace(card(found.approval, found.deciders), files=files)


def card(found: Approval, deciders: Deciders, *, project: str | None = None, link: str = "") -> Rendered:
    """What will happen, on what, who asked and why, until when; its buttons while it is open.

    With a `project` the card stands outside of the project's channels, so its buttons name the project; the
    `link` leads to the thread.
    """
    blocks = [*consequences(found), kit.section("\n".join(_facts(found, deciders)))]
    if link:
        blocks.append(kit.section(f"<{link}|Go to the thread>"))
    if found.state == store.OPEN:
        blocks.append(buttons(found, project=project))
    headline = root_line(found)
    return Rendered(headline=headline, messages=kit.messages(kit.plain_line(headline), blocks)[:1])


def root_line(found: Approval) -> str:
    """The state in one line."""
    return f"{_mark(found)} {kit.bold(found.shown['headline'])}: {_state(found)}"


def consequences(found: Approval) -> list[kit.Block]:
    """What an approver must know: warnings first, then what will be so afterwards."""
    lines = [f"⚠️ {kit.escape(line)}" for line in found.shown["warnings"]]
    lines += [f"• {kit.escape(line)}" for line in found.shown["consequences"]]
    if found.shown["destructive"]:
        lines.append("*This cannot be undone.*")
    more = len(lines) - MOST_LINES
    text = "\n".join(lines[:MOST_LINES] + ([f"…and {more} more"] if more > 0 else []))
    return kit.sections(text)[:2] if text else []


def asked_line(found: Approval) -> str:
    """Who asked, and why."""
    why = f": “{kit.escape(kit.cut(found.reason, 500))}”" if found.reason else ""
    return f"asked by {kit.person(found.requester)}{why}"


def _facts(found: Approval, deciders: Deciders) -> list[str]:
    lines = [asked_line(found)]
    given = ", ".join(f"{kit.person(each.person)} {kit.moment(each.at)}" for each in found.approved_by)
    if given:
        lines.append(f"✅ approved by {given}")
    if found.not_before or found.not_after:
        lines.append(f"🕙 {_window(found)}")
    match found.state:
        case store.OPEN:
            left = found.needed - len(found.approved_by)
            who = " ".join(_mentions(found, deciders))
            lines.append(f"needs {kit.count(left, 'approver')} other than who asked: {who}")
            lines.append(f"expires {kit.moment(found.expires_at)} · id {kit.code(found.id)}")
        case store.REJECTED:
            by = next(each for each in found.decisions if not each.approved)
            said = f": “{kit.escape(kit.cut(by.comment, 1_000))}”" if by.comment else ", without a comment"
            lines.append(f"🚫 rejected by {kit.person(by.person)} {kit.moment(by.at)}{said}")
        case store.VOID:
            lines.append(f"🚫 void: {kit.escape(kit.cut(found.note, 1_500))}")
        case store.WITHDRAWN:
            lines.append(f"↩️ withdrawn by {kit.person(found.requester)} {_at(found.ended_at)}")
        case store.EXPIRED:
            lines.append(f"⌛ expired {_at(found.ended_at)}: nobody decided in time")
    return lines


def _mentions(found: Approval, deciders: Deciders) -> list[str]:
    done = {each.person for each in found.decisions} | {found.requester}
    named = [kit.person(user) for user in deciders.users if user not in done]
    named += [f"<!subteam^{kit.escape(group)}>" for group in deciders.groups]
    more = len(named) - MENTIONED
    return named[:MENTIONED] + ([f"and {more} more"] if more > 0 else []) or ["anyone in the channel"]


def _window(found: Approval) -> str:
    begins = f"not before {kit.moment(found.not_before)}" if found.not_before else ""
    ends = f"not after {kit.moment(found.not_after)}" if found.not_after else ""
    return ", ".join(part for part in (begins, ends) if part)


def _mark(found: Approval) -> str:
    marks = {
        store.OPEN: "🔐",
        store.REJECTED: "🚫",
        store.WITHDRAWN: "↩️",
        store.EXPIRED: "⌛",
        store.VOID: "🚫",
    }
    return marks.get(found.state, "✅")


def _state(found: Approval) -> str:
    match found.state:
        case store.OPEN if found.needed > 1:
            return f"{len(found.approved_by)} of {found.needed} approvals"
        case store.OPEN:
            return "waits for approval"
        case store.APPROVED if found.not_before:
            return f"approved, begins {kit.moment(found.not_before)}"
        case store.APPROVED | store.STARTED:
            return "approved"
        case store.EXPIRED:
            return "expired"
    return found.state


def _at(at: datetime | None) -> str:
    return kit.moment(at) if at is not None else ""


def buttons(found: Approval, *, project: str | None = None, withdraw: bool = False) -> kit.Block:
    """Approve and Reject, or for who asked Withdraw; what needs more than a press opens a form."""
    if withdraw:
        return kit.buttons(_withdraw(found, project))
    opens = ApprovalForm(approval=found.id, approve=True, project=project)
    style = "danger" if found.shown["destructive"] else "primary"
    if found.typed:
        approve = [Button(label="Approve…", action=opens, style=style, opens_form=True)]
    else:
        press = ApprovalDecide(approval=found.id, approve=True, project=project)
        approve = [
            Button(label="Approve", action=press, style=style),
            Button(label="Approve for a time…", action=opens, opens_form=True),
        ]
    reject = Button(
        label="Reject…",
        action=ApprovalForm(approval=found.id, approve=False, project=project),
        opens_form=True,
    )
    return kit.buttons(*approve, reject)


def _withdraw(found: Approval, project: str | None) -> Button:
    return Button(
        label="Withdraw",
        action=ApprovalsWithdraw(approval=found.id, project=project),
        confirm=Confirm(
            title="Take it back?",
            text=kit.escape(f"{found.shown['headline']} will not be done."),
            confirm="Take it back",
        ),
    )


def shown(found: ApprovalsShown) -> Rendered:
    """What is open in a project."""
    headline = f"🔐 {kit.count(len(found.approvals), 'approval')} open in {kit.bold(found.project)}"
    if not found.approvals:
        text = "Nothing waits for a decision."
        return Rendered(headline=headline, messages=kit.messages(text, [kit.section(text)]))
    blocks: list[kit.Block] = []
    for each in found.approvals:
        left = (each.expires_at - found.now).total_seconds()
        until = (
            _window(each) if each.state == store.APPROVED else f"expires in {kit.duration(max(0.0, left))}"
        )
        lines = [root_line(each), f"{asked_line(each)} · {until} · id {kit.code(each.id)}"]
        blocks.append(kit.section("\n".join(lines)))
        if each.requester == found.reader:
            blocks.append(buttons(each, withdraw=True))
        elif each.state == store.OPEN:
            blocks.append(buttons(each))
    return Rendered(
        headline=headline, messages=kit.messages(f"{len(found.approvals)} approvals open", blocks)
    )


def decided(found: ApprovalDecided) -> Rendered:
    """To who decided, alone: that it counted, and what comes next."""
    approval = found.approval
    title = kit.bold(approval.shown["headline"])
    if not found.approved:
        return _line(f"🚫 You rejected {title}. {kit.person(approval.requester)} sees your comment.")
    left = approval.needed - len(approval.approved_by)
    if left > 0:
        return _line(
            f"✅ You approved {title}. It needs {kit.count(left, 'more approver', 'more approvers')}."
        )
    if approval.not_before or approval.not_after:
        return _line(f"✅ You approved {title}: {_window(approval)}.")
    return _line(f"✅ You approved {title}. It begins now.")


def form_offered(found: DecisionForm) -> Rendered:
    """Where no form could be opened: a button that opens one."""
    button = Button(
        label="Open the form",
        opens_form=True,
        action=ApprovalForm(approval=found.approval.id, approve=found.approve),
    )
    return Rendered(
        headline=root_line(found.approval), messages=kit.messages("Decide", [kit.buttons(button)])
    )


def withdrawn(found: ApprovalWithdrawn) -> Rendered:
    """To who took it back, alone."""
    return _line(f"↩️ You took {kit.bold(found.approval.shown['headline'])} back. Nothing was done.")


def ended(found: Approval) -> Message:
    """To who asked, in the thread: it will not be done, and why."""
    lines = [f"{kit.person(found.requester)} {root_line(found)}", *_facts(found, NOBODY)[1:]]
    return Message(text=kit.plain_line(root_line(found)), blocks=(kit.section("\n".join(lines)),))


def reminder(found: Approval, deciders: Deciders, *, project: str | None = None) -> Message:
    """The one reminder before it expires."""
    who = " ".join(_mentions(found, deciders))
    text = (
        f"⏰ {kit.bold(found.shown['headline'])} still waits, and expires {kit.moment(found.expires_at)}."
        f" {who}"
    )
    return Message(text=kit.plain_line(text), blocks=(kit.section(text), buttons(found, project=project)))


NOBODY = Deciders(users=(), groups=(), everyone=False, people=frozenset())


def _line(text: str) -> Rendered:
    return Rendered(headline=text)

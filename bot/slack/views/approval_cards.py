"""The card of an approval: what will happen, on what, who asked and why, who has decided, and until when.

One card is one message, updated in place. The same parts stand in the App Home and in the form of a decision.
"""

from datetime import datetime

from bot.access.authorisation import Deciders
from bot.actions.approvals import ApprovalDecide, ApprovalForm, ApprovalsWithdraw
from bot.slack import kit
from bot.slack.kit import Button, Confirm, Message, Rendered
from storage import approvals as store
from storage.approvals import Approval

MOST_CONSEQUENCES = 25  # lines; a card is one message, because it is updated in place
MOST_MENTIONS = 10  # people whom a card mentions by name
MARKS = {store.OPEN: "🔐", store.REJECTED: "🚫", store.WITHDRAWN: "↩️", store.EXPIRED: "⌛", store.VOID: "🚫"}
NOBODY = Deciders(users=(), groups=(), everyone=False, people=frozenset())


def show_card(
    approval: Approval, deciders: Deciders, *, project: str | None = None, link: str = ""
) -> Rendered:
    """The card, with its buttons while the approval is open.

    With a `project` the card stands outside the project's channels, so its buttons name the project. `link`
    leads to the thread of the request.
    """
    blocks = [*consequences(approval), kit.section("\n".join(_facts(approval, deciders)))]
    if link:
        blocks.append(kit.section(f"<{link}|Go to the thread>"))
    if approval.state == store.OPEN:
        blocks.append(decision_buttons(approval, project=project))
    headline = root_line(approval)
    return Rendered(headline=headline, messages=kit.messages(kit.plain_line(headline), blocks)[:1])


def show_end(approval: Approval) -> Message:
    """Tell the requester, in the thread, that the change will not be made, and why."""
    lines = [f"{kit.person(approval.requester)} {root_line(approval)}", *_facts(approval, NOBODY)[1:]]
    return Message(text=kit.plain_line(root_line(approval)), blocks=(kit.section("\n".join(lines)),))


def show_reminder(approval: Approval, deciders: Deciders, *, project: str | None = None) -> Message:
    """Remind the deciders, once, before the approval expires."""
    text = (
        f"⏰ {kit.bold(approval.shown['headline'])} still waits, and expires"
        f" {kit.moment(approval.expires_at)}. {' '.join(_mentions(approval, deciders))}"
    )
    blocks = (kit.section(text), decision_buttons(approval, project=project))
    return Message(text=kit.plain_line(text), blocks=blocks)


def root_line(approval: Approval) -> str:
    """What is asked for and how it stands, in one line."""
    mark = MARKS.get(approval.state, "✅")
    return f"{mark} {kit.bold(approval.shown['headline'])}: {_state(approval)}"


def consequences(approval: Approval) -> list[kit.Block]:
    """What an approver must know: the warnings first, then what will be so afterwards."""
    lines = [f"⚠️ {kit.escape(warning)}" for warning in approval.shown["warnings"]]
    lines += [f"• {kit.escape(consequence)}" for consequence in approval.shown["consequences"]]
    if approval.shown["destructive"]:
        lines.append("*This cannot be undone.*")
    remaining = len(lines) - MOST_CONSEQUENCES
    text = "\n".join(lines[:MOST_CONSEQUENCES] + ([f"…and {remaining} more"] if remaining > 0 else []))
    return kit.sections(text)[:2] if text else []


def asked_line(approval: Approval) -> str:
    """Who asked, and why."""
    why = f": “{kit.escape(kit.cut(approval.reason, 500))}”" if approval.reason else ""
    return f"asked by {kit.person(approval.requester)}{why}"


def window_text(approval: Approval) -> str:
    """The window in which the approved change may begin; empty if it has none."""
    begin = f"not before {kit.moment(approval.not_before)}" if approval.not_before else ""
    end = f"not after {kit.moment(approval.not_after)}" if approval.not_after else ""
    return ", ".join(part for part in (begin, end) if part)


def _facts(approval: Approval, deciders: Deciders) -> list[str]:
    lines = [asked_line(approval)]
    approvers = ", ".join(
        f"{kit.person(decision.person)} {kit.moment(decision.at)}" for decision in approval.approved_by
    )
    if approvers:
        lines.append(f"✅ approved by {approvers}")
    if window := window_text(approval):
        lines.append(f"🕙 {window}")
    match approval.state:
        case store.OPEN:
            missing = kit.count(approval.needed - len(approval.approved_by), "approver")
            lines.append(f"needs {missing} other than who asked: {' '.join(_mentions(approval, deciders))}")
            lines.append(f"expires {kit.moment(approval.expires_at)} · id {kit.code(approval.id)}")
        case store.REJECTED:
            lines.append(_rejection(approval))
        case store.VOID:
            lines.append(f"🚫 void: {kit.escape(kit.cut(approval.note, 1_500))}")
        case store.WITHDRAWN:
            lines.append(f"↩️ withdrawn by {kit.person(approval.requester)} {_moment(approval.ended_at)}")
        case store.EXPIRED:
            lines.append(f"⌛ expired {_moment(approval.ended_at)}: nobody decided in time")
    return lines


def _rejection(approval: Approval) -> str:
    decision = next(decision for decision in approval.decisions if not decision.approved)
    comment = kit.escape(kit.cut(decision.comment, 1_000))
    why = f": “{comment}”" if comment else ", without a comment"
    return f"🚫 rejected by {kit.person(decision.person)} {kit.moment(decision.at)}{why}"


def _mentions(approval: Approval, deciders: Deciders) -> list[str]:
    excluded = {decision.person for decision in approval.decisions} | {approval.requester}
    mentions = [kit.person(user) for user in deciders.users if user not in excluded]
    mentions += [f"<!subteam^{kit.escape(group)}>" for group in deciders.groups]
    remaining = len(mentions) - MOST_MENTIONS
    first = mentions[:MOST_MENTIONS] + ([f"and {remaining} more"] if remaining > 0 else [])
    return first or ["anyone in the channel"]


def _state(approval: Approval) -> str:
    match approval.state:
        case store.OPEN if approval.needed > 1:
            return f"{len(approval.approved_by)} of {approval.needed} approvals"
        case store.OPEN:
            return "waits for approval"
        case store.APPROVED if approval.not_before:
            return f"approved, begins {kit.moment(approval.not_before)}"
        case store.APPROVED | store.STARTED:
            return "approved"
        case store.EXPIRED:
            return "expired"
    return approval.state


def _moment(at: datetime | None) -> str:
    return kit.moment(at) if at is not None else ""


def decision_buttons(approval: Approval, *, project: str | None = None) -> kit.Block:
    """Approve and Reject. A decision that needs more than a click opens a form."""
    form = ApprovalForm(approval=approval.id, approve=True, project=project)
    style = "danger" if approval.shown["destructive"] else "primary"
    if approval.typed:
        approve = [Button(label="Approve…", action=form, style=style, opens_form=True)]
    else:
        decide = ApprovalDecide(approval=approval.id, approve=True, project=project)
        approve = [
            Button(label="Approve", action=decide, style=style),
            Button(label="Approve for a time…", action=form, opens_form=True),
        ]
    rejection = ApprovalForm(approval=approval.id, approve=False, project=project)
    return kit.buttons(*approve, Button(label="Reject…", action=rejection, opens_form=True))


def withdraw_button(approval: Approval, *, project: str | None = None) -> kit.Block:
    """Withdraw, for the requester."""
    confirm = Confirm(
        title="Take it back?",
        text=kit.escape(f"{approval.shown['headline']} will not be done."),
        confirm="Take it back",
    )
    withdraw = ApprovalsWithdraw(approval=approval.id, project=project)
    return kit.buttons(Button(label="Withdraw", action=withdraw, confirm=confirm))

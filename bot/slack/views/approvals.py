"""The views of approvals as answers: asked for, listed, and what a decider or the requester is told
privately.
"""

import dataclasses

from bot.access.approval_service import ApprovalDecided, ApprovalListing, ApprovalWithdrawn, DecisionForm
from bot.actions.approvals import ApprovalForm
from bot.requests.approval_gate import ApprovalPending
from bot.slack import kit
from bot.slack.kit import Button, File, Rendered
from bot.slack.views import approval_cards as cards
from bot.slack.views.registry import shows
from storage import approvals as store


@shows(ApprovalPending)
def show_pending(pending: ApprovalPending) -> Rendered:
    """The answer to a change that a second person must approve: its card and the proposal's documents."""
    files = tuple(
        File(name=document.name, title=document.title, content=document.text.encode())
        for document in pending.documents
    )
    return dataclasses.replace(cards.show_card(pending.approval, pending.deciders), files=files)


@shows(ApprovalListing)
def show_list(listing: ApprovalListing) -> Rendered:
    """The open approvals of a project, each with the buttons that the reader may use."""
    count = kit.count(len(listing.approvals), "approval")
    headline = f"🔐 {count} open in {kit.bold(listing.project)}"
    if not listing.approvals:
        text = "Nothing waits for a decision."
        return Rendered(headline=headline, messages=kit.messages(text, [kit.section(text)]))
    blocks: list[kit.Block] = []
    for approval in listing.approvals:
        time_left = kit.duration(max(0.0, (approval.expires_at - listing.now).total_seconds()))
        until = cards.window_text(approval) if approval.state == store.APPROVED else f"expires in {time_left}"
        facts = f"{cards.asked_line(approval)} · {until} · id {kit.code(approval.id)}"
        blocks.append(kit.section(f"{cards.root_line(approval)}\n{facts}"))
        if approval.requester == listing.reader:
            blocks.append(cards.withdraw_button(approval))
        elif approval.state == store.OPEN:
            blocks.append(cards.decision_buttons(approval))
    text = f"{len(listing.approvals)} approvals open"
    return Rendered(headline=headline, messages=kit.messages(text, blocks))


@shows(ApprovalDecided)
def show_decision(decided: ApprovalDecided) -> Rendered:
    """Tell the decider, privately, that the decision counted, and what comes next."""
    approval = decided.approval
    title = kit.bold(approval.shown["headline"])
    if not decided.approved:
        requester = kit.person(approval.requester)
        return Rendered(headline=f"🚫 You rejected {title}. {requester} sees your comment.")
    missing_count = approval.needed - len(approval.approved_by)
    if missing_count > 0:
        missing = kit.count(missing_count, "more approver", "more approvers")
        return Rendered(headline=f"✅ You approved {title}. It needs {missing}.")
    if window := cards.window_text(approval):
        return Rendered(headline=f"✅ You approved {title}: {window}.")
    return Rendered(headline=f"✅ You approved {title}. It begins now.")


@shows(DecisionForm)
def show_form_button(form: DecisionForm) -> Rendered:
    """Offer the form of a decision where none could be opened at once."""
    action = ApprovalForm(approval=form.approval.id, approve=form.approve)
    button = Button(label="Open the form", opens_form=True, action=action)
    return Rendered(
        headline=cards.root_line(form.approval), messages=kit.messages("Decide", [kit.buttons(button)])
    )


@shows(ApprovalWithdrawn)
def show_withdrawal(withdrawn: ApprovalWithdrawn) -> Rendered:
    """Tell the requester, privately, that the request was taken back."""
    title = kit.bold(withdrawn.approval.shown["headline"])
    return Rendered(headline=f"↩️ You took {title} back. Nothing was done.")

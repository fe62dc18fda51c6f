"""Approvals in every state, with texts that Slack would take for markup."""

from __future__ import annotations

from typing import Any

from bot.access.approval_service import ApprovalDecided, ApprovalListing, ApprovalWithdrawn, DecisionForm
from bot.access.authorisation import Deciders
from bot.requests.approval_gate import ApprovalPending
from storage.approvals import Approval, Decision
from tests.unit.slack.examples.requests import NASTY, NOW, OPERATION

STATES = ("open", "approved", "started", "rejected", "withdrawn", "expired", "void")
DECIDERS = Deciders(
    users=tuple(f"U{n}" for n in range(40)), groups=("S1",), everyone=False, people=frozenset({"U2", "U3"})
)


def approval(state: str = "open", **changes: Any) -> Approval:
    summary = {
        "headline": NASTY,
        "consequences": [NASTY] * 60,
        "warnings": [NASTY] * 20,
        "target": "dev-eu",
        "destructive": True,
    }
    values: dict[str, Any] = {
        "id": "abcdef",
        "operation": OPERATION,
        "project": "shop",
        "kind": "cluster.delete",
        "requester": "U1",
        "requester_name": "ana",
        "reason": NASTY * 20,
        "channel": "C1",
        "thread": "1.0",
        "digest": "d",
        "typed": "dev-eu",
        "action": {"action": "cluster.delete", "arguments": {"cluster": "dev-eu"}},
        "bound": {},
        "shown": summary,
        "needed": 2,
        "effect": None,
        "state": state,
        "note": NASTY * 30,
        "made_at": NOW,
        "expires_at": NOW,
        "not_before": NOW,
        "ended_at": NOW,
        "decisions": (
            Decision(person="U2", name="bo", approved=True, comment="", at=NOW),
            Decision(person="U3", name="dee", approved=False, comment=NASTY * 40, at=NOW),
        ),
    }
    return Approval(**(values | changes))


RESULTS: list[object] = [
    *(ApprovalPending(approval=approval(state), deciders=DECIDERS) for state in STATES),
    ApprovalListing(project="shop", approvals=tuple(approval() for _ in range(40)), reader="U1", now=NOW),
    ApprovalListing(project="shop", approvals=(), reader="U1", now=NOW),
    DecisionForm(approval=approval(), approve=True),
    ApprovalDecided(approval=approval("approved"), approved=True, deciders=DECIDERS),
    ApprovalDecided(approval=approval("rejected"), approved=False, deciders=DECIDERS),
    ApprovalWithdrawn(approval=approval("withdrawn")),
]

"""What the tests of approvals share: somebody asks to delete a cluster."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.access.approvals import ApprovalRequest, ApprovalRules, Approvals
from bot.actions.clusters import ClusterDelete
from bot.actions.proposal import Proposal
from storage.approvals import ApprovalRepository
from storage.database import Database
from storage.inbox import InboxEntry

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DELETE = ClusterDelete(cluster="dev-eu")


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def rules(**changes: Any) -> ApprovalRules:
    values: dict[str, Any] = {
        "required": frozenset({"cluster.delete"}),
        "expire": timedelta(hours=24),
        "remind": timedelta(hours=2),
        "approvers": 1,
        "reason": False,
    }
    return ApprovalRules(**(values | changes))


def proposal(**changes: Any) -> Proposal:
    values: dict[str, Any] = {
        "kind": "cluster.delete",
        "headline": "Delete cluster dev-eu",
        "target": "dev-eu",
        "target_id": "uuid-1",
        "bound": {"nodes": {"default-worker": 3}, "template": "t1"},
        "typed": "dev-eu",
        "destructive": True,
    }
    return Proposal(**(values | changes))


def effect(operation: str = "op-1") -> InboxEntry:
    return InboxEntry(
        key=f"approved:{operation}",
        operation=f"effect-of-{operation}",
        payload={"continues": operation},
        received_at=NOW,
    )


def ask(operation: str = "op-1", **changes: Any) -> ApprovalRequest:
    values: dict[str, Any] = {
        "operation": operation,
        "project": "shop",
        "action": DELETE,
        "proposal": proposal(),
        "requester": "U1",
        "requester_name": "ana",
        "reason": "",
        "channel": "C1",
        "thread": "1.0",
        "effect": effect(operation).encode(),
    }
    return ApprovalRequest(**(values | changes))


def desk(database: Database, clock: Clock | None = None, **changes: Any) -> Approvals:
    return Approvals(ApprovalRepository(database), rules=lambda: rules(**changes), now=clock or Clock())

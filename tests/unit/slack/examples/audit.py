"""Pages and verifications of the audit log, with texts that Slack would take for markup."""

from __future__ import annotations

from typing import Any

from bot.actions.audit import AuditList
from bot.audit.chain import AnchorCheck, Break, ChainReport
from bot.audit.log import AuditPage
from bot.audit.service import AuditListing, AuditVerified
from storage.audit_chain import Signature
from storage.audit_events import OUTCOME, AuditEvent
from tests.support.audit_events import audit_event
from tests.unit.slack.examples.requests import NASTY, NOW


def event(number: int = 1, **changes: Any) -> AuditEvent:
    values: dict[str, Any] = {
        "operation": f"op{number}",
        "phase": OUTCOME,
        "at": NOW,
        "actor_name": NASTY,
        "channel": "C",
        "thread": "",
        "arguments": {},
        "target": NASTY,
        "outcome": "failed",
        "detail": NASTY * 20,
        "duration_ms": 800,
    }
    return audit_event(**(values | changes))


def chain_report(broken: Break | None = None, *, signed: bool = True, lost: int = 0) -> ChainReport:
    """The report of a long chain; the first `lost` of its posted heads are not in it."""
    signature = Signature(position=13_000, hash="a" * 64, at=NOW, key="f" * 12, signature="b" * 64)
    return ChainReport(
        events=12_345,
        begins_after=1_000,
        last=13_345,
        broken=broken,
        unknown_keys=("0a1b2c3d4e5f",),
        keys=signed,
        signed=signature if signed else None,
        anchors=tuple(
            AnchorCheck(position=number + 1, holds=number >= lost, what=NASTY, at=NOW)
            for number in range(300)
        ),
        seconds=1.5,
    )


def page(*events: AuditEvent, number: int = 2, pages: int = 3, own: bool = False) -> AuditListing:
    audit_page = AuditPage(events=events, page=number, pages=pages, total=60 if events else 0)
    return AuditListing(page=audit_page, action=AuditList(), own=own)


RESULTS: list[object] = [
    page(*(event(number) for number in range(20)), own=True),
    page(number=1, pages=1),
    AuditVerified(report=chain_report(), anchored=True),
    AuditVerified(report=chain_report(signed=False), anchored=False),
    AuditVerified(report=chain_report(broken=Break(position=77, what=NASTY)), anchored=True),
    AuditVerified(report=chain_report(lost=200), anchored=True),
]

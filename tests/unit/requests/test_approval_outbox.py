"""When people see what they are asked."""

from __future__ import annotations

from datetime import timedelta

from bot.access.approvals import Approvals
from bot.requests.approval_outbox import ApprovalOutbox
from storage.approvals import Approval, ApprovalRepository
from storage.database import Database
from tests.unit.access.approval_requests import Clock, ask, rules


class Wall:
    """Where approvals are shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def announce(self, approval: Approval) -> None:
        self.shown.append(approval.operation)

    def remind(self, approval: Approval) -> None:
        raise AssertionError("it is not due")


def keeper(database: Database, wall: Wall, clock: Clock) -> ApprovalOutbox:
    return ApprovalOutbox(
        repository=ApprovalRepository(database),
        announcer=wall,
        remind_before=lambda: timedelta(hours=2),
        now=clock,
    )


def test_what_durable_work_asks_is_shown_at_once_and_what_a_request_asks_by_its_answer(
    database: Database,
) -> None:
    clock, wall, woken = Clock(), Wall(), [0]

    def wake() -> None:
        woken[0] += 1

    approvals = Approvals(ApprovalRepository(database), rules=rules, now=clock, decided=wake)
    approvals.ask(ask("request"))
    assert woken == [0]
    approvals.ask(ask("work:cutover-1", effect=None))
    assert woken == [1], "nobody else shows it, so whoever shows it looks now"
    outbox = keeper(database, wall, clock)
    outbox.show_changes()
    assert wall.shown == ["work:cutover-1"]
    clock.now += timedelta(seconds=3)
    outbox.show_changes()
    assert wall.shown == ["work:cutover-1", "request"], "its answer was lost"

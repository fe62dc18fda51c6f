"""The services of the approval actions, over both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.access.approval_service import ApprovalServices
from bot.access.approvals import ApprovalEnded, MayNotDecide
from bot.access.authorisation import Deciders
from bot.actions.action import Action
from bot.actions.approvals import ApprovalDecide, ApprovalForm, ApprovalsList, ApprovalsWithdraw
from bot.actions.request import OperationId, Person, Place
from bot.actions.service import Context, Outcome
from storage.approvals import APPROVED, REJECTED, WITHDRAWN, Approval
from storage.audit_events import AuditEvent
from storage.database import Database
from tests.support.audit_events import audit_event
from tests.unit.access.approval_requests import NOW, Clock, ask, desk

NOBODY = Deciders(users=(), groups=(), everyone=False, people=frozenset())


def services(database: Database) -> ApprovalServices:
    clock = Clock()
    return ApprovalServices(desk(database, clock), lambda _project: NOBODY, clock)


def context(person: str = "U2", *, resumed: bool = False) -> Context:
    return Context(
        operation=OperationId("op-of-the-decision"),
        reference="op-o",
        person=Person(id=person, name=person.lower()),
        place=Place(channel="C1"),
        project="shop",
        resumed=resumed,
        progress=lambda _state: None,
    )


def approve(approval: Approval, **fields: str) -> ApprovalDecide:
    return ApprovalDecide(approval=approval.id, approve=True, typed="dev-eu", **fields)


def intent(action: Action, person: str) -> AuditEvent:
    return audit_event(
        operation="op-of-the-decision",
        at=NOW,
        actor=person,
        entry="click",
        action=action.name,
        arguments=action.audit_arguments(),
    )


def test_the_list_has_what_waits_and_who_reads_it(database: Database) -> None:
    desk_services = services(database)
    approval = desk_services.approvals.ask(ask())
    listed = desk_services.list(ApprovalsList(), context("U9"))
    assert [waiting.id for waiting in listed.approvals] == [approval.id]
    assert (listed.project, listed.reader, listed.now) == ("shop", "U9", NOW)


def test_the_form_is_opened_for_who_may_decide_alone(database: Database) -> None:
    desk_services = services(database)
    approval = desk_services.approvals.ask(ask())
    form = ApprovalForm(approval=approval.id, approve=False)
    opened = desk_services.form(form, context("U2"))
    assert (opened.approval.id, opened.approve) == (approval.id, False)
    with pytest.raises(MayNotDecide):
        desk_services.form(form, context("U1"))


def test_a_decision_counts_with_its_window(database: Database) -> None:
    desk_services = services(database)
    approval = desk_services.approvals.ask(ask())
    decided = desk_services.decide(approve(approval, not_before="22:00"), context())
    assert decided.approved and decided.approval.state == APPROVED
    assert decided.approval.not_before == NOW.replace(hour=22)
    assert (decided.audit_target, decided.audit_detail) == (
        approval.id,
        "approved “Delete cluster dev-eu”",
    )


def test_a_rejection_says_why_in_the_audit_log(database: Database) -> None:
    desk_services = services(database)
    approval = desk_services.approvals.ask(ask())
    reject = ApprovalDecide(approval=approval.id, approve=False, comment=" not on a Friday ")
    rejected = desk_services.decide(reject, context())
    assert rejected.approval.state == REJECTED
    assert rejected.audit_detail == "rejected “Delete cluster dev-eu”: not on a Friday"


def test_a_window_that_cannot_be_read_is_refused(database: Database) -> None:
    desk_services = services(database)
    approval = desk_services.approvals.ask(ask())
    with pytest.raises(MayNotDecide, match="The window cannot be used: `soon` is no time"):
        desk_services.decide(approve(approval, not_before="soon"), context())


def test_a_decision_that_was_cut_off_is_not_counted_twice(database: Database) -> None:
    desk_services = services(database)
    approval = desk_services.approvals.ask(ask())
    desk_services.decide(approve(approval), context())
    again = desk_services.decide(approve(approval), context(resumed=True))
    assert again.approved and len(again.approval.decisions) == 1
    with pytest.raises(ApprovalEnded):
        desk_services.decide(approve(approval), context("U3", resumed=True))


def test_the_requester_takes_it_back(database: Database) -> None:
    desk_services = services(database)
    approval = desk_services.approvals.ask(ask())
    withdrawn = desk_services.withdraw(ApprovalsWithdraw(approval=approval.id), context("U1"))
    assert withdrawn.approval.state == WITHDRAWN
    assert withdrawn.audit_detail == "took “Delete cluster dev-eu” back"


def test_the_reader_tells_whether_what_was_cut_off_has_counted(database: Database) -> None:
    desk_services = services(database)
    approval = desk_services.approvals.ask(ask())
    decision, withdrawal = approve(approval), ApprovalsWithdraw(approval=approval.id)
    before = desk_services.read_back(intent(decision, "U2"))
    assert (before.outcome, before.detail) == (Outcome.FAILED, f"cut off: {approval.id} is open")
    desk_services.decide(decision, context())
    assert desk_services.read_back(intent(decision, "U2")).outcome is Outcome.SUCCEEDED
    assert desk_services.read_back(intent(decision, "U3")).outcome is Outcome.FAILED
    assert desk_services.read_back(intent(withdrawal, "U1")).outcome is Outcome.FAILED


def test_the_reader_tells_that_a_withdrawal_has_counted(database: Database) -> None:
    desk_services = services(database)
    approval = desk_services.approvals.ask(ask())
    withdrawal = ApprovalsWithdraw(approval=approval.id)
    desk_services.withdraw(withdrawal, context("U1"))
    assert desk_services.read_back(intent(withdrawal, "U1")).outcome is Outcome.SUCCEEDED


def test_what_is_not_decided_in_time_has_expired(database: Database) -> None:
    desk_services = services(database)
    approval = desk_services.approvals.ask(ask())
    late = Clock()
    late.now += timedelta(hours=25)
    with pytest.raises(ApprovalEnded, match="has expired"):
        ApprovalServices(desk(database, late), lambda _project: NOBODY, late).decide(
            approve(approval), context()
        )

"""What somebody's App Home shows."""

from __future__ import annotations

import dataclasses
import types
from typing import Any

from bot.access.roles import Role
from bot.requests.home_page import RECENT, HomePage, HomeService
from bot.requests.inbox import inbox_entry
from storage.approvals import ApprovalRepository, Vote
from storage.audit_events import AuditEventRepository
from storage.cluster_migrations import ClusterMigrationRepository
from storage.database import Database
from storage.long_running_operations import LongRunningOperation, LongRunningOperationRepository
from storage.verifications import LastVerification, VerificationRepository
from tests.unit.access.approval_requests import ask, desk
from tests.unit.requests.exchanges import DELETE, NOW, request


class Events:
    """An audit log that has these events of everybody."""

    def __init__(self, *events: tuple[str, str]) -> None:
        self.events = [types.SimpleNamespace(project=project, action=action) for project, action in events]

    def find(self, *_arguments: object, **_window: object) -> tuple[list[Any], int]:
        return self.events, len(self.events)


def page(
    database: Database, person: str, roles: dict[str, dict[Role, str]], *, events: Events | None = None
) -> HomePage:
    audit: Any = events or AuditEventRepository(database)
    service = HomeService(
        approvals=ApprovalRepository(database),
        continuations=LongRunningOperationRepository(database),
        verifications=VerificationRepository(database),
        migrations=ClusterMigrationRepository(database),
        audit=audit,
        roles=lambda _person: roles,
    )
    return service.page(person)


APPROVER = {"shop": {Role.APPROVER: "named", Role.VIEWER: "approver includes it"}}
VIEWER = {"shop": {Role.VIEWER: "named"}}


def test_an_approver_sees_what_is_theirs_to_decide_until_they_have(database: Database) -> None:
    approvals = desk(database, approvers=2)
    approval = approvals.ask(ask())
    assert [waiting.id for waiting in page(database, "U2", APPROVER).to_decide] == [approval.id]
    assert page(database, "U2", VIEWER).to_decide == (), "a viewer does not decide"
    assert page(database, "U1", APPROVER).to_decide == (), "nobody decides over their own request"
    approvals.decide(
        approval.id,
        Vote(person="U2", name="bo", approved=True),
        project="shop",
        typed="dev-eu",
    )
    assert page(database, "U2", APPROVER).to_decide == ()


def test_a_requester_sees_what_they_have_asked_for(database: Database) -> None:
    approval = desk(database).ask(ask())
    assert [waiting.id for waiting in page(database, "U1", VIEWER).asked] == [approval.id]
    assert page(database, "U2", VIEWER).asked == ()


def test_work_that_goes_on_is_shown_with_who_asked_for_it(database: Database) -> None:
    continuation = LongRunningOperation(
        operation="op-1",
        project="shop",
        action=DELETE.encode(),
        request=request().model_dump(mode="json"),
        work="cluster.delete",
        input={},
        begun_at=NOW,
    )
    repository = LongRunningOperationRepository(database)
    repository.create(continuation, entry=inbox_entry(request()))
    bank = dataclasses.replace(continuation, operation="op-2", project="bank")
    repository.create(bank, entry=inbox_entry(request(key="k2", operation="op-2")))
    [running] = page(database, "U9", VIEWER).running
    assert (running.words, running.name, running.asker) == ("cluster delete dev-eu", "cluster.delete", "U1")
    assert running.since == NOW and running.migration is None


def test_only_projects_of_the_person_are_shown(database: Database) -> None:
    for project in ("shop", "bank"):
        VerificationRepository(database).store(
            LastVerification(project=project, cluster="u1", name="prod", verdict="healthy", report={}, at=NOW)
        )
    events = Events(("shop", "cluster.list"), ("bank", "cluster.list"), ("shop", "approvals.form"))
    home = page(database, "U9", VIEWER, events=events)
    assert [verification.project for verification in home.verifications] == ["shop"]
    assert [(event.project, event.action) for event in home.recent] == [("shop", "cluster.list")]


def test_who_has_no_role_sees_nothing(database: Database) -> None:
    desk(database).ask(ask())
    home = page(database, "U9", {}, events=Events(("shop", "cluster.list")))
    sections = [home.to_decide, home.asked, home.running, home.verifications, home.recent]
    assert not any(sections)


def test_the_newest_actions_alone_are_recent(database: Database) -> None:
    events = Events(*[("shop", f"action-{number}") for number in range(2 * RECENT)])
    recent = page(database, "U9", VIEWER, events=events).recent
    assert [event.action for event in recent] == [f"action-{number}" for number in range(RECENT)]

"""`audit` and `audit verify`: who sees which events, and what is compared."""

from __future__ import annotations

import types
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.access.authorisation import Asker, ProjectAccess
from bot.access.roles import Role
from bot.actions.audit import AuditList, AuditVerify
from bot.actions.request import OperationId, Person, Place
from bot.actions.service import Context, Outcome
from bot.audit.chain import ChainReport
from bot.audit.log import AuditPage
from bot.audit.service import AuditServices, NoAnchors, end_of_day, routes, seal_reader
from bot.audit.trail import Posted
from bot.common.problems import Refusal
from storage.audit_chain import Head, Seal
from storage.audit_events import AuditFilter

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
REPORT = ChainReport(events=3, begins_after=0, last=3, broken=None, signed=None, unknown_keys=(), keys=False)
SHOP = ProjectAccess(name="shop", channels=frozenset(), roles={})


class Log:
    """An audit log that remembers what was looked for."""

    def __init__(self) -> None:
        self.filters: list[tuple[AuditFilter, int]] = []

    def find(self, events: AuditFilter, *, page: int) -> AuditPage:
        self.filters.append((events, page))
        return AuditPage(events=(), page=page, pages=1, total=0)


class Trail:
    """A chain that holds, and remembers what it was compared with."""

    def __init__(self) -> None:
        self.posted: list[list[Posted] | None] = []

    def verify(self, posted: list[Posted] | None) -> ChainReport:
        self.posted.append(posted)
        return REPORT


class Channel:
    """A channel in which one head stands."""

    def posted(self) -> list[Posted]:
        return [Posted(head=Head(position=3, hash="a" * 64))]


class Roles:
    """An authoriser that knows one role a person."""

    def roles(self, project: ProjectAccess, asker: Asker) -> dict[Role, str]:
        return {Role(asker.person): "named"}


def services(log: Log, trail: Trail | None = None, anchors: Any = None) -> AuditServices:
    ends: Any = {"log": log, "trail": trail or Trail(), "authoriser": Roles()}
    return AuditServices(
        **ends, anchors=anchors or NoAnchors(), projects=lambda: {"shop": SHOP}, now=lambda: NOW
    )


def context(person: str, *, project: str = "shop") -> Context:
    return Context(
        operation=OperationId("this-one"),
        reference="this",
        person=Person(id=person),
        place=Place(channel="C1"),
        project=project,
        resumed=False,
        progress=lambda _state: None,
    )


@pytest.mark.parametrize(
    ("role", "only_own"), [("viewer", True), ("operator", True), ("approver", False), ("admin", False)]
)
def test_viewers_and_operators_see_their_own_events_approvers_and_admins_all(
    role: str, only_own: bool
) -> None:
    log = Log()
    page_shown = services(log).list(AuditList(actor="@ana"), context(role))
    [(events, page)] = log.filters
    assert page_shown.own is only_own and page == 1
    assert events.actor == (role if only_own else "ana"), "nobody gets around it by naming somebody else"


def test_a_project_that_is_gone_shows_nothing_of_others() -> None:
    log = Log()
    assert services(log).list(AuditList(), context("admin", project="gone")).own


def test_the_words_become_a_filter_of_this_project_without_this_request() -> None:
    log = Log()
    action = AuditList(
        action="template", about="k8s", outcome="failed", since="24h", until="2026-11-23", page=2
    )
    services(log).list(action, context("admin"))
    [(events, page)] = log.filters
    assert (events.project, events.action, events.target, events.outcome) == (
        "shop",
        "template",
        "k8s",
        "failed",
    )
    assert (events.since, events.excluded_operation, page) == (NOW - timedelta(hours=24), "this-one", 2)
    assert events.until == datetime(2026, 11, 23, 23, 59, 59, 999999, tzinfo=UTC)


def test_a_day_means_that_day_to_its_end_and_a_time_itself() -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    assert end_of_day(midnight) == midnight + timedelta(days=1, microseconds=-1)
    assert end_of_day(NOW) == NOW


def test_verify_compares_with_the_channel_only_if_that_is_asked_for() -> None:
    trail = Trail()
    audits = services(Log(), trail, Channel())
    assert not audits.verify(AuditVerify(), context("admin")).anchored
    assert audits.verify(AuditVerify(anchor=True), context("admin")).anchored
    assert trail.posted == [None, Channel().posted()]


def test_where_the_channel_cannot_be_read_an_anchor_can_be_pasted() -> None:
    with pytest.raises(Refusal, match="cannot be read") as refusal:
        services(Log()).verify(AuditVerify(anchor=True), context("admin"))
    assert "--anchor POSITION:HASH" in refusal.value.fix


def test_a_sealing_that_was_cut_off_is_done_if_there_is_a_seal_since() -> None:
    class Chain:
        seal: Seal | None = None

        def last_seal(self) -> Seal | None:
            return self.seal

    chain: Any = Chain()
    intent: Any = types.SimpleNamespace(at=NOW)
    assert seal_reader(chain)(intent).outcome is Outcome.FAILED
    chain.seal = Seal(position=9, hash="", at=NOW, file_digest="", key="", signature="")
    readback = seal_reader(chain)(intent)
    assert (readback.outcome, readback.detail) == (
        Outcome.SUCCEEDED,
        "cut off, but events up to 9 are sealed",
    )
    chain.seal = Seal(position=9, hash="", at=NOW - timedelta(days=1), file_digest="", key="", signature="")
    assert seal_reader(chain)(intent).outcome is Outcome.FAILED


def test_both_words_have_a_route() -> None:
    assert set(routes(services(Log()))) == {AuditList, AuditVerify}

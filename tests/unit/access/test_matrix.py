"""Who × what × where: every action, by everybody, through every door, in every place, as the rules say.

The expectation is written out here from the rules themselves, not taken from the code that is tested: an
action that is not listed fails, so that a new one cannot get a right by accident.
"""

from __future__ import annotations

import dataclasses
import itertools
import pathlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.access.authorisation import Authoriser, ProjectAccess, RoleMembers
from bot.access.directory import CachedGroups, PersonFacts
from bot.access.roles import Role
from bot.actions import grammar
from bot.actions.action import Action
from bot.actions.approvals import ApprovalDecide, ApprovalForm
from bot.actions.catalog import ACTIONS, BY_BUTTON
from bot.actions.request import EntryPoint, IncomingRequest, OfferId, OperationId, Person, Place
from bot.actions.routes import Route, Routes
from bot.actions.service import Context
from bot.actions.templates import TemplateCreate
from bot.audit.log import AuditLog
from bot.common.problems import Problem
from bot.requests.answer import Conclusion
from bot.requests.long_running import LongRunningOperations
from bot.requests.pipeline import RequestPipeline
from bot.slack.offers import SlackOffers
from storage.audit_events import AuditEventRepository
from storage.button_actions import ButtonActionRepository
from storage.database import Database
from storage.long_running_operations import LongRunningOperationRepository
from tests.unit.requests.exchanges import ports
from tests.unit.requests.fakes import NothingNeedsApproval

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

ANYBODY = {"help", "whoami"}
LOOKING = {
    "driver.list",
    "driver.show",
    "template.list",
    "template.show",
    "cluster.list",
    "cluster.show",
    "verify",
    "diagnose",
    "watch.list",
    "policy.presets",
    "policy.list",
    "policy.show",
    "policy.preview",
    "policy.reach",
    "migrate.list",
    "migrate.show",
    "approvals.list",
    "audit.list",
}
OWN_REQUEST = {"approvals.withdraw"}  # whose it is, is looked at behind the door
OPERATING = {
    "template.create",
    "cluster.create",
    "watch.start",
    "watch.stop",
    "policy.apply",
    "policy.delete",
    "policy.rollback",
    "migrate.start",
    "migrate.pause",
    "migrate.resume",
    "migrate.cancel",
    "migrate.rollback",
}
ADMINISTERING = {
    "template.publish",
    "template.unpublish",
    "template.hide",
    "template.delete",
    "cluster.delete",
}
DECIDING = {"approvals.form", "approvals.decide"}
WHOLE_LOG = {"audit.verify"}

MAY = {
    Role.VIEWER: LOOKING | OWN_REQUEST,
    Role.OPERATOR: LOOKING | OWN_REQUEST | OPERATING,
    Role.APPROVER: LOOKING | OWN_REQUEST | DECIDING | WHOLE_LOG,
    Role.ADMIN: LOOKING | OWN_REQUEST | OPERATING | ADMINISTERING | WHOLE_LOG,
}
WITH_A_FORM = {"template.create", "approvals.decide", "policy.preview", "policy.apply"}

# who → the roles they have in shop; `everyone` is not given to anybody here but where a test says so
PEOPLE = {
    "UVIEWER": {Role.VIEWER},
    "UOPERATOR": {Role.OPERATOR},
    "UAPPROVER": {Role.APPROVER},
    "UADMIN": {Role.ADMIN},
    "UBOTH": {Role.OPERATOR, Role.APPROVER},
    "UGROUP": {Role.OPERATOR},  # by a user group
    "UNOBODY": set(),
    "UBANKER": set(),  # admin and approver of the other project
}
DOORS = ("slash", "mention", "button", "modal", "home", "terminal")
PLACES = ("project", "other-project", "no-project", "direct", "direct-with-project")


class Directory:
    """A workspace of insiders, one guest, one of another team."""

    def person(self, person: str) -> PersonFacts:
        return PersonFacts(id=person, name=person.lower(), outsider=person in ("UGUEST", "UEXTERNAL"))

    def group(self, group: str) -> frozenset[str]:
        return frozenset({"UGROUP"})

    def is_member(self, person: str, channel: str) -> bool:
        return True


def _named(role: Role) -> RoleMembers:
    users = {person for person, roles in PEOPLE.items() if role in roles and person != "UGROUP"}
    groups = frozenset({"S1"}) if role is Role.OPERATOR else frozenset()
    return RoleMembers(users=frozenset(users), groups=groups, terminal=frozenset({f"t{role}"}))


def projects(*, everyone: bool = False) -> dict[str, ProjectAccess]:
    shop = {role: _named(role) for role in Role}
    if everyone:
        shop[Role.VIEWER] = dataclasses.replace(shop[Role.VIEWER], everyone=True)
    bank = {role: RoleMembers(users=frozenset({"UBANKER"})) for role in (Role.ADMIN, Role.APPROVER)}
    return {
        "shop": ProjectAccess(name="shop", channels=frozenset({"C1"}), roles=shop),
        "bank": ProjectAccess(name="bank", channels=frozenset({"C2"}), roles=bank),
    }


@dataclasses.dataclass
class House:
    """The way of a request, up to the service, which only says that it was reached."""

    pipeline: RequestPipeline
    offers: SlackOffers
    number: Iterator[int] = dataclasses.field(default_factory=lambda: itertools.count(1))

    def ask(self, request: IncomingRequest) -> bool:
        ended = self.pipeline.handle(request, Quiet())
        return ended.result == "reached"

    def request(self, entry: EntryPoint, person: str, place: Place, **fields: Any) -> IncomingRequest:
        number = next(self.number)
        return IncomingRequest(
            key=f"k{number}",
            operation=OperationId(f"{number:032x}"),
            entry=entry,
            person=Person(id=person, team="T1"),
            place=place,
            received=NOW,
            **fields,
        )

    def offer(self, action: Action, place: Place) -> OfferId:
        operation = f"offered-{next(self.number)}"
        return self.offers.keep(
            action, operation=operation, project="shop", channel=place.channel, thread=place.thread
        )


class Quiet:
    """Nobody looks."""

    def begin(self, request: IncomingRequest, action: Action, project: str | None) -> None: ...

    def report_progress(self, request: IncomingRequest, state: object) -> None: ...

    def report_state(self, request: IncomingRequest, name: str, state: object) -> None: ...

    def finish(self, conclusion: Conclusion) -> None: ...

    def reply_privately(self, conclusion: Conclusion) -> None: ...


class NoWork:
    def start_workflow(
        self, work: str, *, operation: str, project: str, workflow_input: dict[str, Any]
    ) -> None:
        raise Problem("nothing goes on here")


def house(folder: pathlib.Path, **fields: bool) -> House:
    database = Database.open(f"sqlite:///{folder}/x.sqlite3")
    database.upgrade()
    groups = CachedGroups(
        Directory().group,
        refresh=lambda: timedelta(minutes=5),
        grace=lambda: timedelta(hours=1),
        now=lambda: NOW,
    )
    access = Authoriser(
        projects=lambda: projects(**fields), directory=Directory(), groups=groups, team=lambda: "T1"
    )
    offers = SlackOffers(ButtonActionRepository(database), now=lambda: NOW)
    audit = AuditLog(AuditEventRepository(database), now=lambda: NOW)

    def reached(_action: Action, _context: Context, /) -> object:
        return "reached"

    long_running = LongRunningOperations(
        LongRunningOperationRepository(database),
        audit=audit,
        workflows=NoWork(),
        decode=lambda end: end,
        now=lambda: NOW,
    )
    pipeline = RequestPipeline(
        ports(
            offers=offers,
            approvals=NothingNeedsApproval(),
            access=access,
            audit=audit,
            routes=Routes(*(Route(kind, reached) for kind in (*ACTIONS, *BY_BUTTON))),
            long_running=long_running,
        )
    )
    return House(pipeline, offers)


def example(kind: type[Action]) -> Action:
    """An action of each kind: its own example, or what its button stands for."""
    if kind is ApprovalDecide:
        return ApprovalDecide(approval="abc", approve=True)
    if kind is ApprovalForm:
        return ApprovalForm(approval="abc", approve=True)
    if kind.name == "template.create":
        return TemplateCreate.model_validate({"driver": "flannel"})
    return grammar.parse(kind.example)


def place_of(where: str) -> Place:
    channel = {"project": "C1", "other-project": "C2", "no-project": "C9"}.get(where, "D1")
    return Place(channel=channel, thread="1.0", direct=channel == "D1")


def expected(kind: type[Action], person: str, door: str, where: str) -> bool:
    """What the rules say of a cell."""
    if door in ("slash", "mention", "terminal") and kind in BY_BUTTON:
        return False  # there are no words for it
    if door == "modal" and kind.name not in WITH_A_FORM:
        return False  # it has no form
    if kind.name in ANYBODY:
        if where == "direct-with-project":
            return bool(PEOPLE[person])  # a project that one has no role in is not told of
        return door in ("slash", "mention") or (door == "button" and where == "project")
    may = set().union(*(MAY[role] for role in PEOPLE[person])) if PEOPLE[person] else set()
    if door == "home":
        return where == "direct-with-project" and kind.name in may
    if where == "project":
        return kind.name in may
    return where == "direct-with-project" and kind.name in may


def attempt(rooms: House, kind: type[Action], person: str, door: str, where: str) -> bool:
    action, place = example(kind), place_of(where)
    if where == "direct-with-project":
        action = action.model_copy(update={"project": "shop"})
    match door:
        case "slash" | "mention":
            entry = EntryPoint.COMMAND if door == "slash" else EntryPoint.MENTION
            return rooms.ask(rooms.request(entry, person, place, text=action.words()))
        case "button":
            return rooms.ask(rooms.request(EntryPoint.CLICK, person, place, offer=rooms.offer(action, place)))
        case "modal":
            fields = {"driver": "flannel"}
            return rooms.ask(
                rooms.request(
                    EntryPoint.FORM, person, Place(), offer=rooms.offer(action, place), fields=fields
                )
            )
        case "home":
            return rooms.ask(
                rooms.request(EntryPoint.HOME, person, Place(direct=True), offer=rooms.offer(action, place))
            )
    raise AssertionError(door)


def test_every_action_there_is_stands_in_the_table() -> None:
    names = {kind.name for kind in (*ACTIONS, *BY_BUTTON)}
    listed = ANYBODY | LOOKING | OWN_REQUEST | OPERATING | ADMINISTERING | DECIDING | WHOLE_LOG
    assert listed == names


@pytest.mark.parametrize("door", [door for door in DOORS if door != "terminal"])
def test_every_cell_is_allowed_or_refused_as_the_rules_say(tmp_path: pathlib.Path, door: str) -> None:
    rooms = house(tmp_path)
    mistakes, cells = [], 0
    for kind, person, where in itertools.product((*ACTIONS, *BY_BUTTON), PEOPLE, PLACES):
        if person == "UBANKER" and where == "other-project":
            continue  # that is their own project: see below
        cells += 1
        reached = attempt(rooms, kind, person, door, where)
        if reached != expected(kind, person, door, where):
            mistakes.append((kind.name, person, where, reached))
    assert not mistakes, mistakes[:20]
    assert cells > 1_000


def test_in_a_terminal_roles_for_terminals_count_and_nobody_decides(tmp_path: pathlib.Path) -> None:
    rooms = house(tmp_path)
    for kind, role in itertools.product((*ACTIONS, *BY_BUTTON), [*Role, None]):
        person = f"terminal:t{role}@host" if role else "terminal:root@host"
        words = f"{example(kind).words()} --project shop"
        reached = rooms.ask(rooms.request(EntryPoint.TERMINAL, person, Place(), text=words))
        allowed = role is not None and (kind.name in ANYBODY or kind.name in MAY[role])
        assert reached == (allowed and kind not in BY_BUTTON), (kind.name, role)


def test_guests_other_teams_and_bots_are_nobody_though_everyone_may_look(tmp_path: pathlib.Path) -> None:
    rooms = house(tmp_path, everyone=True)
    look = {"text": "cluster list"}
    place = place_of("project")
    assert rooms.ask(rooms.request(EntryPoint.COMMAND, "UNOBODY", place, **look))
    for outsider in ("UGUEST", "UEXTERNAL"):
        assert not rooms.ask(rooms.request(EntryPoint.COMMAND, outsider, place, **look))
    of_another_team = rooms.request(EntryPoint.COMMAND, "UVIEWER", place, **look)
    assert not rooms.ask(of_another_team.model_copy(update={"person": Person(id="UVIEWER", team="T2")}))
    assert not rooms.ask(rooms.request(EntryPoint.MENTION, "UVIEWER", place, bot=True, **look))


def test_a_button_of_one_project_does_nothing_in_a_channel_of_another(tmp_path: pathlib.Path) -> None:
    """Also for somebody who may do it in both: what the button means belongs to the project it was shown
    in.
    """
    rooms = house(tmp_path)
    for action in (example(kind) for kind in (*ACTIONS, *BY_BUTTON) if kind.name not in ANYBODY):
        offer = rooms.offer(action, place_of("project"))
        assert not rooms.ask(
            rooms.request(EntryPoint.CLICK, "UBANKER", place_of("other-project"), offer=offer)
        ), action.name


def test_another_project_is_not_reached_by_naming_it(tmp_path: pathlib.Path) -> None:
    rooms = house(tmp_path)
    for where in ("other-project", "no-project"):
        request = rooms.request(
            EntryPoint.COMMAND, "UADMIN", place_of(where), text="cluster list --project shop"
        )
        assert not rooms.ask(request)
    direct = rooms.request(
        EntryPoint.COMMAND, "UBANKER", place_of("direct"), text="cluster list --project shop"
    )
    assert not rooms.ask(direct)


def test_an_id_that_was_not_offered_is_nothing(tmp_path: pathlib.Path) -> None:
    rooms = house(tmp_path)
    for entry in (EntryPoint.CLICK, EntryPoint.HOME, EntryPoint.FORM):
        assert not rooms.ask(rooms.request(entry, "UADMIN", place_of("project"), offer=OfferId("0" * 32)))


def test_a_button_that_changes_something_counts_once_and_again_only_if_nothing_came_of_it(
    tmp_path: pathlib.Path,
) -> None:
    rooms = house(tmp_path)
    place = place_of("project")
    offer = rooms.offer(example(TemplateCreate), place)
    assert not rooms.ask(rooms.request(EntryPoint.CLICK, "UVIEWER", place, offer=offer)), (
        "a viewer's press is not one"
    )
    assert rooms.ask(rooms.request(EntryPoint.CLICK, "UOPERATOR", place, offer=offer))
    assert not rooms.ask(rooms.request(EntryPoint.CLICK, "UADMIN", place, offer=offer))

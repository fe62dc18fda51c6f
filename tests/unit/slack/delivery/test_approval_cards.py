"""An approval is shown in its thread, to deciders who do not see the channel, and to who asked."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bot.access.authorisation import Deciders
from bot.actions.request import OperationId
from bot.common.problems import Problem
from bot.slack.delivery.approval_cards import MOST_DIRECT_MESSAGES, ApprovalCards
from bot.slack.delivery.outbox import Slot
from storage.approvals import WINDOW_OVER, Approval
from tests.unit.slack.examples.approvals import approval
from tests.unit.slack.examples.requests import OPERATION
from tests.unit.slack.fakes import FakeDeliveries, FakeOffers, FakeUpdates, FakeWeb, message, outbox


class Channel:
    """Who is in the channel; None: Slack does not say."""

    def __init__(self, *members: str) -> None:
        self.members: set[str] | None = set(members)

    def is_member(self, person: str, _channel: str) -> bool:
        if self.members is None:
            raise Problem("Slack did not answer")
        return person in self.members


@dataclasses.dataclass
class Workspace:
    web: FakeWeb = dataclasses.field(default_factory=FakeWeb)
    deliveries: FakeDeliveries = dataclasses.field(default_factory=FakeDeliveries)
    offers: FakeOffers = dataclasses.field(default_factory=FakeOffers)
    channel: Channel = dataclasses.field(default_factory=lambda: Channel("U2"))
    people: frozenset[str] = frozenset({"U1", "U2"})

    @property
    def outbox(self) -> Any:
        return outbox(self.web, self.deliveries, FakeUpdates())

    def cards(self) -> ApprovalCards:
        deciders = Deciders(users=("U2",), groups=(), everyone=False, people=self.people)
        parts: dict[str, Any] = {"web": self.web, "directory": self.channel, "offers": self.offers}
        return ApprovalCards(outbox=self.outbox, deciders=lambda _project: deciders, **parts)

    def post(self, name: str, operation: OperationId = OPERATION, thread: str = "") -> None:
        slot = Slot(operation, name, "C1", thread)
        self.outbox.post_once(slot, message(name), lambda _button: "")
        self.web.calls.clear()

    def slots(self) -> list[str]:
        """The slots that were posted, with the thread of each."""
        return [
            f"{post['metadata']['event_payload']['slot']} in {post['thread'] or post['channel']}"
            for post in self.web.of("post")
        ]


@pytest.fixture
def workspace() -> Workspace:
    return Workspace()


def shown(state: str = "open", **changes: Any) -> Approval:
    return approval(state, **({"thread": "5.0", "not_before": None, "version": 2} | changes))


def test_the_card_stands_in_the_thread_of_the_request_under_its_headline(workspace: Workspace) -> None:
    workspace.cards().announce(shown())
    assert workspace.slots() == ["answer in 5.0"]
    [post] = workspace.web.of("post")
    assert post["blocks"][0]["text"]["text"].startswith("🔐 ")
    assert {offer["project"] for offer in workspace.offers.kept} == {"shop"}
    assert {(offer["channel"], offer["thread"]) for offer in workspace.offers.kept} == {("C1", "5.0")}


def test_a_new_approval_is_shown_by_the_answer_of_its_request(workspace: Workspace) -> None:
    workspace.post("answer", thread="5.0")
    workspace.cards().announce(shown(version=1))
    assert workspace.web.calls == []
    workspace.cards().announce(shown(version=2))
    assert len(workspace.web.of("update")) == 1


def test_the_root_has_the_headline_of_the_approval_while_nothing_else_tells_it(workspace: Workspace) -> None:
    workspace.post("root")
    workspace.cards().announce(shown(thread=""))
    assert workspace.slots() == ["answer in 1.0"]
    assert [update["ts"] for update in workspace.web.of("update")] == ["1.0"]
    workspace.web.calls.clear()
    workspace.cards().announce(shown("started", thread=""))
    assert [update["ts"] for update in workspace.web.of("update")] == ["2.0"], "the change tells the root"


def test_what_was_asked_for_elsewhere_gets_a_thread_in_the_projects_channel(workspace: Workspace) -> None:
    workspace.cards().announce(shown(thread=""))
    assert workspace.slots() == ["root in C1", "answer in 1.0"]


def test_long_running_work_asks_several_times_in_the_thread_of_its_request(workspace: Workspace) -> None:
    workspace.post("root")
    workspace.cards().announce(shown(thread="", operation=f"{OPERATION}:cutover"))
    assert workspace.slots() == ["answer in 1.0"]


@pytest.mark.parametrize(
    ("state", "note", "is_told"),
    [
        ("rejected", "", True),
        ("expired", "", True),
        ("void", WINDOW_OVER, True),
        ("void", "the cluster is gone", False),
        ("withdrawn", "", False),
        ("approved", "", False),
    ],
)
def test_who_asked_is_told_of_an_end_that_nobody_else_tells(
    workspace: Workspace, state: str, note: str, is_told: bool
) -> None:
    workspace.cards().announce(shown(state, note=note))
    assert ("ended in 5.0" in workspace.slots()) is is_told


def test_deciders_who_do_not_see_the_channel_are_written_to_with_a_link(workspace: Workspace) -> None:
    workspace.people |= {"U9"}
    workspace.cards().announce(shown())
    assert workspace.slots() == ["answer in 5.0", "to-U9 in D-U9"]
    assert "https://example.com/C1/5.0" in str(workspace.web.of("post")[1]["blocks"])
    offered = [offer for offer in workspace.offers.kept if offer["channel"] == "D-U9"]
    assert offered and all(offer["action"].project == "shop" for offer in offered)


def test_a_direct_message_is_kept_current_but_not_begun_for_what_is_decided(workspace: Workspace) -> None:
    workspace.people |= {"U9"}
    workspace.cards().announce(shown())
    workspace.people |= {"U8"}
    workspace.web.calls.clear()
    workspace.cards().announce(shown("approved"))
    assert {update["channel"] for update in workspace.web.of("update")} == {"C1", "D-U9"}
    assert workspace.slots() == []


def test_one_person_who_cannot_be_written_to_keeps_nobody_else_waiting(workspace: Workspace) -> None:
    workspace.people |= {"U8", "U9"}
    workspace.web.errors["direct_channel"] = [Problem("Slack refused conversations.open")]
    workspace.cards().announce(shown())
    assert workspace.slots() == ["answer in 5.0", "to-U9 in D-U9"]


def test_of_many_deciders_only_so_many_are_written_to(workspace: Workspace) -> None:
    workspace.people = frozenset(f"U{number}" for number in range(10, 60))
    workspace.cards().announce(shown())
    assert len(workspace.slots()) == 1 + MOST_DIRECT_MESSAGES


def test_where_membership_is_not_known_the_card_in_the_channel_is_enough(workspace: Workspace) -> None:
    workspace.people |= {"U9"}
    workspace.channel.members = None
    workspace.cards().announce(shown())
    assert workspace.slots() == ["answer in 5.0"]


def test_without_a_channel_every_decider_is_written_to(workspace: Workspace) -> None:
    workspace.cards().announce(shown(channel="", thread=""))
    assert workspace.slots() == ["to-U2 in D-U2"], "and not who asked"


def test_a_reminder_is_sent_once_in_the_thread_and_directly(workspace: Workspace) -> None:
    workspace.people |= {"U9"}
    for _ in range(2):
        workspace.cards().remind(shown())
    assert workspace.slots() == ["reminder in 5.0", "remind-U9 in D-U9"]

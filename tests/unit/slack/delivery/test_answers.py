"""A request is answered in its thread: the root says how it stands, one message follows the work."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from bot.actions.audit import AuditList
from bot.actions.clusters import ClusterCreate
from bot.actions.request import EntryPoint, IncomingRequest, OperationId, Place
from bot.actions.templates import TemplateCreate
from bot.clusters.lifecycle.results import ClusterBuilding, ClusterBuilt
from bot.common.problems import Problem, Refusal
from bot.common.redaction import Redactor
from bot.migration.workflow.events import MigrationProgress
from bot.migration.workflow.step import Step
from bot.requests.answer import CannotAnswer
from bot.slack.delivery.answers import SlackAnswer
from bot.slack.delivery.channel_rate_limit import Priority
from bot.slack.delivery.outbox import Slot
from bot.slack.delivery.web_errors import SlackRefused
from tests.unit.slack.examples import audit, clusters
from tests.unit.slack.examples.requests import NOW, OPERATION, conclusion, request
from tests.unit.slack.fakes import FakeDeliveries, FakeOffers, FakeUpdates, FakeWeb, message, outbox

COMMAND = request(place=Place(channel="C1"))
MENTION = request(EntryPoint.MENTION, Place(channel="C1", thread="5.0", message="6.0"))
CREATE = ClusterCreate(cluster="dev", template="k8s")
EARLIER = OperationId("e" * 32)


class FakeBoard:
    """A progress board that sends when it is told to."""

    def __init__(self) -> None:
        self.states: list[tuple[Callable[[], None], bool]] = []
        self.root_lines: dict[str, Callable[[], None]] = {}
        self.closed: list[str] = []

    def put_state(self, _operation: str, show: Callable[[], None], *, unchanged: bool = False) -> None:
        self.states.append((show, unchanged))

    def put_root_line(self, _operation: str, line: str, show: Callable[[], None]) -> None:
        self.root_lines[line] = show

    def close(self, operation: str) -> None:
        self.closed.append(operation)


@dataclasses.dataclass
class Workspace:
    web: FakeWeb = dataclasses.field(default_factory=FakeWeb)
    deliveries: FakeDeliveries = dataclasses.field(default_factory=FakeDeliveries)
    updates: FakeUpdates = dataclasses.field(default_factory=FakeUpdates)
    board: FakeBoard = dataclasses.field(default_factory=FakeBoard)

    def answer(self, redactor: Redactor | None = None) -> SlackAnswer:
        parts: dict[str, Any] = {"web": self.web, "board": self.board, "offers": FakeOffers()}
        box = outbox(self.web, self.deliveries, self.updates)
        return SlackAnswer(outbox=box, redactor=redactor, **parts)

    def post_root(self, operation: OperationId = OPERATION) -> None:
        """A root message that is there already, with the ts 1.0."""
        box = outbox(self.web, self.deliveries, self.updates)
        box.post_once(Slot(operation, "root", "C1"), message("root"), FakeOffers().for_answer(COMMAND, None))
        self.web.calls.clear()


@pytest.fixture
def workspace() -> Workspace:
    return Workspace()


# --- the beginning


def test_a_command_that_changes_something_gets_its_root_at_once(workspace: Workspace) -> None:
    workspace.answer().begin(COMMAND, CREATE, "shop")
    [post] = workspace.web.of("post")
    assert post["thread"] == "" and post["text"].startswith("⏳ cluster create dev")


def test_the_root_of_a_read_waits_because_its_end_may_be_there_first(workspace: Workspace) -> None:
    workspace.answer().begin(COMMAND, AuditList(), "shop")
    assert workspace.web.of("post") == []
    [(show, _)] = workspace.board.states
    show()
    assert len(workspace.web.of("post")) == 1


@pytest.mark.parametrize(
    ("incoming", "action"),
    [(MENTION, CREATE), (COMMAND, TemplateCreate())],
    ids=["it-has-a-thread", "it-is-answered-in-a-form"],
)
def test_nothing_is_posted_where_the_answer_has_a_place(
    workspace: Workspace, incoming: IncomingRequest, action: Any
) -> None:
    workspace.answer().begin(incoming, action, "shop")
    assert workspace.web.calls == [] and workspace.board.states == []


def test_where_the_bot_may_not_post_that_is_known_before_anything_is_done(workspace: Workspace) -> None:
    workspace.web.errors["post"] = [CannotAnswer("I cannot post in this channel")]
    with pytest.raises(CannotAnswer):
        workspace.answer().begin(COMMAND, CREATE, "shop")


# --- on the way

BUILDING = ClusterBuilding(name="dev", template="k8s", nodes=3, masters=1, status="", seconds=5, at=NOW)


def test_a_state_is_shown_in_the_thread_and_the_root_has_its_line(workspace: Workspace) -> None:
    workspace.post_root()
    workspace.answer().report_progress(COMMAND, BUILDING)
    [(show, unchanged)] = workspace.board.states
    assert not unchanged and list(workspace.board.root_lines) == ["⏳ *dev*: Magnum builds it"]
    workspace.updates.room = 0
    show()
    show()
    workspace.board.root_lines["⏳ *dev*: Magnum builds it"]()
    assert workspace.web.of("post")[0]["thread"] == "1.0"
    assert [call["ts"] for call in workspace.web.of("update")] == ["2.0", "1.0"], (
        "the board has asked for both"
    )


def test_a_state_of_a_read_brings_its_root_along(workspace: Workspace) -> None:
    workspace.answer().report_progress(COMMAND, clusters.STATES[-1])
    [(show, _)] = workspace.board.states
    show()
    root, state = workspace.web.of("post")
    assert root["thread"] == "" and state["thread"] == "1.0" and root["text"].startswith("⏳ Verifying")


def test_a_state_in_which_only_the_time_has_changed_says_so(workspace: Workspace) -> None:
    head: dict[str, Any] = {"migration": "m", "source": "a", "target": "b", "route": "r"}
    state = MigrationProgress(**head, step=Step.COPY, seconds=1, total_seconds=1, at=NOW, calm=True)
    workspace.answer().report_progress(COMMAND, state)
    assert workspace.board.states[0][1] is True


def test_a_root_that_is_not_there_has_no_line(workspace: Workspace) -> None:
    workspace.answer().report_progress(COMMAND, BUILDING)
    [show] = workspace.board.root_lines.values()
    show()
    assert workspace.web.calls == []


def test_what_has_come_to_a_new_state_is_a_message_of_its_own_said_once(workspace: Workspace) -> None:
    workspace.post_root()
    built = ClusterBuilt(name="dev", nodes=3, masters=1, driver="calico", api_address="", seconds=60)
    for _ in range(2):
        workspace.answer().report_state(COMMAND, "built", built)
    [post] = workspace.web.of("post")
    assert post["thread"] == "1.0" and post["priority"] is Priority.STATE
    [line] = workspace.board.root_lines
    assert line.startswith("⏳ 🧱 *dev* is built")


def test_the_root_of_who_asked_shows_how_an_approved_change_stands(workspace: Workspace) -> None:
    workspace.post_root(EARLIER)
    approved = request(EntryPoint.APPROVED, Place(channel="C1"), continues=EARLIER)
    workspace.answer().report_progress(approved, BUILDING)
    workspace.board.root_lines["⏳ *dev*: Magnum builds it"]()
    workspace.board.states[0][0]()
    assert workspace.web.of("update")[0]["ts"] == "1.0"
    assert workspace.web.of("post")[0]["thread"] == "1.0", "and its thread the state"


# --- the end


def finish(workspace: Workspace, incoming: IncomingRequest = COMMAND, **changes: Any) -> None:
    ended = {"result": audit.page(audit.event())} if "problem" not in changes else {}
    workspace.answer().finish(conclusion(request=incoming, **(ended | changes)))


def test_the_end_becomes_the_message_that_followed_the_work_and_then_the_roots_line(
    workspace: Workspace,
) -> None:
    answer = workspace.answer()
    answer.begin(COMMAND, CREATE, "shop")
    answer.report_progress(COMMAND, BUILDING)
    workspace.board.states[0][0]()
    workspace.web.calls.clear()
    finish(workspace)
    assert [call["ts"] for call in workspace.web.of("update")] == ["2.0", "1.0"]
    assert workspace.web.of("update")[1]["text"].startswith("📜 60 events")
    assert workspace.board.closed == [OPERATION]


def test_a_read_that_ends_at_once_is_two_posts_and_no_update(workspace: Workspace) -> None:
    finish(workspace)
    root, end = workspace.web.of("post")
    assert root["text"].startswith("📜 60 events") and end["thread"] == "1.0"
    assert workspace.web.of("update") == []


def test_in_a_thread_of_somebody_elses_the_headline_stands_on_top(workspace: Workspace) -> None:
    finish(workspace, MENTION)
    [post] = workspace.web.of("post")
    assert post["thread"] == "5.0" and post["text"].startswith("📜 60 events")
    assert post["blocks"][0]["text"]["text"].startswith("📜 60 events")


def test_a_click_on_a_root_is_answered_below_it(workspace: Workspace) -> None:
    finish(workspace, request(EntryPoint.CLICK, Place(channel="C1", message="7.0")))
    assert workspace.web.of("post")[0]["thread"] == "7.0"


def test_a_long_answer_goes_on_below_and_its_files_are_uploaded(workspace: Workspace) -> None:
    finish(workspace, result=clusters.RESULTS[-2])
    posts = workspace.web.of("post")
    slots = [post["metadata"]["event_payload"]["slot"] for post in posts]
    assert slots == ["root", "answer", *(f"more-{number}" for number in range(1, len(posts) - 1))]
    assert [upload["name"] for upload in workspace.web.of("upload")] == ["verify-prod-eu.json"]


def test_a_file_that_cannot_be_uploaded_is_said(workspace: Workspace) -> None:
    workspace.web.errors["upload"] = [SlackRefused("files.upload", "missing_scope")]
    finish(workspace, result=clusters.RESULTS[-2])
    assert workspace.web.texts("post")[-1] == "verify-prod-eu.json could not be uploaded"


def test_the_end_of_what_was_approved_is_told_by_the_root_of_who_asked(workspace: Workspace) -> None:
    workspace.post_root(EARLIER)
    finish(workspace, request(EntryPoint.APPROVED, Place(channel="C1"), continues=EARLIER))
    assert workspace.web.of("update")[0]["ts"] == "1.0"
    assert workspace.web.of("post")[0]["thread"] == "1.0"


def test_an_action_that_opened_a_form_is_answered_in_it(workspace: Workspace) -> None:
    finish(workspace, action=TemplateCreate(), problem=Refusal("You may not"))
    assert [name for name, _ in workspace.web.calls] == ["update_view"]
    workspace.answer().reply_privately(conclusion(action=TemplateCreate(), problem=Refusal("You may not")))
    assert [name for name, _ in workspace.web.calls] == ["update_view"] * 2


def test_what_is_told_privately_makes_no_root(workspace: Workspace) -> None:
    workspace.answer().reply_privately(conclusion(problem=Refusal("You may not")))
    [reply] = workspace.web.of("reply_privately")
    assert reply["user"] == "U1" and workspace.web.of("post") == []
    assert workspace.board.closed == [OPERATION]


def test_secrets_in_a_servers_words_are_hidden_before_they_are_shown(workspace: Workspace) -> None:
    redactor = Redactor()
    redactor.learn(SecretStr("s3cr3t-t0ken"))
    problem = Problem("It broke", why="token s3cr3t-t0ken was refused")
    workspace.answer(redactor).finish(conclusion(problem=problem))
    assert "s3cr3t" not in str(workspace.web.calls)

"""Each message is posted once, also when the process dies in between, and updated in place from then on."""

from __future__ import annotations

import pytest

from bot.actions.audit import AuditList
from bot.actions.request import OfferId
from bot.requests.answer import CannotAnswer
from bot.slack import kit
from bot.slack.delivery.channel_rate_limit import Priority
from bot.slack.delivery.outbox import METADATA_TYPE, Outbox, Slot
from bot.slack.delivery.web_errors import SlackRefused, SlackUnreachable
from tests.unit.slack.examples.requests import OPERATION
from tests.unit.slack.fakes import FakeDeliveries, FakeUpdates, FakeWeb, message, outbox

SLOT = Slot(OPERATION, "answer", "C1", "1.0")
LOST = SlackUnreachable("Slack did not answer")
UPLOADED = kit.File(name="plan.md", title="Plan", content=b"# Plan")


def offer(button: kit.Button) -> OfferId:
    return OfferId(button.label)


@pytest.fixture
def web() -> FakeWeb:
    return FakeWeb()


@pytest.fixture
def deliveries() -> FakeDeliveries:
    return FakeDeliveries()


@pytest.fixture
def updates() -> FakeUpdates:
    return FakeUpdates()


@pytest.fixture
def box(web: FakeWeb, deliveries: FakeDeliveries, updates: FakeUpdates) -> Outbox:
    return outbox(web, deliveries, updates)


def test_a_message_is_posted_with_its_slot_as_metadata_and_its_buttons_as_offers(
    box: Outbox, web: FakeWeb
) -> None:
    button = kit.Button(label="Audit", action=AuditList())
    assert box.post_once(SLOT, message("done", button), offer, priority=Priority.STATE) == "1.0"
    [post] = web.of("post")
    assert (post["channel"], post["thread"], post["text"]) == ("C1", "1.0", "done")
    payload = {"operation": OPERATION, "slot": "answer"}
    assert post["metadata"] == {"event_type": METADATA_TYPE, "event_payload": payload}
    assert post["blocks"][1]["elements"][0]["value"] == "Audit"
    assert post["priority"] is Priority.STATE


def test_a_slot_is_posted_once_and_then_updated(box: Outbox, web: FakeWeb) -> None:
    box.show(SLOT, message("one"), offer)
    box.show(SLOT, message("two"), offer)
    assert box.post_once(SLOT, message("three"), offer) == "1.0"
    assert web.texts("post") == ["one"] and web.texts("update") == ["two"]
    assert box.is_posted(OPERATION, "answer") and not box.is_posted(OPERATION, "root")


def test_the_thread_of_an_operation_is_its_root(box: Outbox) -> None:
    assert box.thread_of(OPERATION) is None
    box.post_once(Slot(OPERATION, "root", "C1"), message("root"), offer)
    assert box.thread_of(OPERATION) == "1.0"


def test_an_update_without_room_is_deferred_unless_it_was_acquired(
    box: Outbox, web: FakeWeb, updates: FakeUpdates
) -> None:
    box.show(SLOT, message("one"), offer)
    updates.room = 0
    box.show(SLOT, message("two"), offer)
    assert updates.deferred == [("answer", "two")] and web.of("update") == []
    box.show(SLOT, message("three"), offer, acquired=True)
    assert web.texts("update") == ["three"]


def test_a_message_that_a_person_has_deleted_is_not_made_again(box: Outbox, web: FakeWeb) -> None:
    box.show(SLOT, message("one"), offer)
    web.errors["update"] = [SlackRefused("chat.update", "message_not_found")]
    box.show(SLOT, message("two"), offer)
    assert len(web.of("post")) == 1
    web.errors["update"] = [SlackRefused("chat.update", "invalid_blocks")]
    with pytest.raises(SlackRefused):
        box.show(SLOT, message("three"), offer)


def test_after_a_crash_a_message_that_was_posted_is_found_by_its_metadata(
    box: Outbox, web: FakeWeb, deliveries: FakeDeliveries
) -> None:
    web.errors["post"] = [SlackRefused("chat.postMessage", "fatal_error")]
    with pytest.raises(SlackRefused):
        box.show(SLOT, message("one"), offer)
    payload = {"operation": OPERATION, "slot": "answer"}
    root_message = {"ts": "7.0", "metadata": {"event_payload": payload | {"slot": "root"}}}
    answer_message = {"ts": "8.0", "metadata": {"event_payload": payload | {"more": 1}}}
    web.answers["conversations.replies"] = {"messages": [{"ts": "6.0"}, root_message, answer_message]}
    assert box.post_once(SLOT, message("one"), offer) == "8.0"
    assert len(web.of("post")) == 1 and deliveries.rows[OPERATION, "answer"].ts == "8.0"
    [search] = web.of("conversations.replies")
    assert (search["channel"], search["ts"], search["include_all_metadata"]) == ("C1", "1.0", True)


@pytest.mark.parametrize(
    "error", [SlackRefused("conversations.history", "missing_scope"), CannotAnswer("not a member")]
)
def test_without_the_history_scope_it_is_posted_again(box: Outbox, web: FakeWeb, error: Exception) -> None:
    root = Slot(OPERATION, "root", "C1")
    web.errors["post"] = [SlackRefused("chat.postMessage", "fatal_error")]
    web.errors["conversations.history"] = [error]
    with pytest.raises(SlackRefused):
        box.show(root, message("one"), offer)
    assert box.post_once(root, message("one"), offer) == "1.0"
    assert len(web.of("post")) == 2


def test_a_lost_answer_is_looked_for_before_the_message_is_posted_again(box: Outbox, web: FakeWeb) -> None:
    payload = {"operation": OPERATION, "slot": "answer"}
    web.errors["post"] = [LOST]
    web.answers["conversations.replies"] = {
        "messages": [{"ts": "8.0", "metadata": {"event_payload": payload}}]
    }
    assert box.post_once(SLOT, message("one"), offer) == "8.0" and len(web.of("post")) == 1
    more_slot = Slot(OPERATION, "more-1", "C1", "1.0")
    web.errors["post"] = [LOST]
    assert box.post_once(more_slot, message("two"), offer) == "1.0" and len(web.of("post")) == 3


def test_an_end_with_room_replaces_what_followed_the_work(box: Outbox, web: FakeWeb) -> None:
    box.show(SLOT, message("progress"), offer)
    box.show_end(SLOT, message("end"), offer, pointer=message("below"))
    assert web.texts("post") == ["progress"] and web.texts("update") == ["end"]


def test_an_end_without_room_is_a_new_message_and_the_old_one_points_to_it(
    box: Outbox, web: FakeWeb, updates: FakeUpdates
) -> None:
    box.show(SLOT, message("progress"), offer)
    updates.room = 0
    box.show_end(SLOT, message("end"), offer, pointer=message("below"))
    assert web.texts("post") == ["progress", "end"]
    assert updates.deferred == [("answer", "below")]
    updates.room = 1
    box.show_end(SLOT, message("end again"), offer, pointer=message("below"))
    assert web.texts("update") == ["end again"] and web.of("update")[0]["ts"] == "2.0"


def test_a_file_is_uploaded_once_and_again_after_a_crash(box: Outbox, web: FakeWeb) -> None:
    slot = Slot(OPERATION, "file-1", "C1", "1.0")
    web.errors["upload"] = [LOST]
    with pytest.raises(SlackUnreachable):
        box.upload_once(slot, UPLOADED)
    box.upload_once(slot, UPLOADED)
    box.upload_once(slot, UPLOADED)
    assert [upload["name"] for upload in web.of("upload")] == ["plan.md"] * 2

"""The end of a request that a crash cut off is shown where it was answered."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.audit import AuditList
from bot.actions.request import OperationId
from bot.actions.service import Outcome, Readback
from bot.slack import kit
from bot.slack.delivery.outbox import Slot
from bot.slack.delivery.recovered_requests import RecoveredRequests, _no_buttons
from tests.unit.slack.examples import audit
from tests.unit.slack.fakes import FakeDeliveries, FakeUpdates, FakeWeb, message, outbox

READBACK = Readback(outcome=Outcome.SUCCEEDED, detail="the template is there")


def shown(*, has_root: bool = False, **intent: Any) -> FakeWeb:
    web = FakeWeb()
    box = outbox(web, FakeDeliveries(), FakeUpdates())
    if has_root:
        root = Slot(OperationId("op1"), "root", "C")
        box.post_once(root, message("root"), _no_buttons)
        web.calls.clear()
    RecoveredRequests(box).show(audit.event(**intent), READBACK)
    return web


def test_with_a_root_the_thread_gets_what_was_read_and_the_root_its_end() -> None:
    web = shown(has_root=True)
    [post], [update] = web.of("post"), web.of("update")
    assert (post["thread"], post["metadata"]["event_payload"]["slot"]) == ("1.0", "closed")
    assert update["ts"] == "1.0" and "I was restarted in the middle of this" in update["text"]


def test_in_a_thread_of_somebody_elses_there_is_one_message() -> None:
    web = shown(thread="5.0")
    [post] = web.of("post")
    assert post["thread"] == "5.0" and web.of("update") == []


def test_without_any_thread_everything_is_one_message() -> None:
    [post] = shown().of("post")
    assert post["thread"] == "" and len(post["blocks"]) == 3


@pytest.mark.parametrize("intent", [{"channel": ""}, {"entry": "terminal"}])
def test_what_was_asked_for_elsewhere_is_in_the_audit_log_only(intent: dict[str, Any]) -> None:
    assert shown(**intent).calls == []


def test_the_end_of_a_recovered_request_has_no_buttons() -> None:
    with pytest.raises(ValueError, match="has no buttons"):
        _no_buttons(kit.Button(label="x", action=AuditList()))

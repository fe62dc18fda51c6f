"""What is shown of a request that a crash cut off."""

from __future__ import annotations

import pytest

from bot.actions.service import Outcome, Readback
from bot.slack.views import recovered_requests as views
from tests.unit.slack.examples import audit
from tests.unit.slack.rendering import text

INTENT = audit.event(action="template.create", actor_name="ana", target="", project="shop")
READBACK = Readback(outcome=Outcome.SUCCEEDED, detail="the template is there", target="k8s-calico")


def test_the_root_says_what_it_was_and_who_asked() -> None:
    message = views.root_message(INTENT, READBACK)
    expected = "✅ template create k8s-calico: I was restarted in the middle of this · asked by @U1"
    assert text(message) == expected and message.text.startswith("✅ template create k8s-calico: I was")


def test_the_thread_says_what_was_read() -> None:
    assert text(views.thread_message(INTENT, READBACK)) == "The template is there\nana · shop · ref 7f3a"


def test_without_a_thread_both_are_one_message() -> None:
    combined = text(views.combined_message(INTENT, READBACK))
    assert combined == "\n".join(
        [text(views.root_message(INTENT, READBACK)), text(views.thread_message(INTENT, READBACK))]
    )


@pytest.mark.parametrize(
    ("outcome", "mark"), [(Outcome.SUCCEEDED, "✅"), (Outcome.FAILED, "❌"), (Outcome.UNKNOWN, "❓")]
)
def test_the_mark_is_that_of_the_outcome(outcome: Outcome, mark: str) -> None:
    readback = Readback(outcome=outcome, detail="x")
    assert text(views.root_message(INTENT, readback)).startswith(mark)


def test_the_target_of_the_intent_goes_before_the_one_that_was_read() -> None:
    message = views.root_message(audit.event(target="typed"), READBACK)
    assert "template create typed" in text(message)

"""A running migration: where it is, what it waits for, and what a person may do."""

from __future__ import annotations

from typing import Any

import pytest

from bot.migration.planning.planner import MigrationPlanning
from bot.migration.workflow.events import (
    MigrationPaused,
    MigrationProgress,
    MigrationResumed,
    MigrationStepDone,
)
from bot.migration.workflow.signals import Signal
from bot.migration.workflow.step import Step
from bot.slack.views import migration_progress as views
from tests.unit.slack.examples.requests import NOW
from tests.unit.slack.rendering import buttons, text

HEAD: dict[str, Any] = {
    "migration": "m7k2p",
    "source": "dev",
    "target": "dev-calico",
    "route": "flannel → calico",
}
ROOT = "*dev* → *dev-calico* (flannel → calico)"


def progress(step: Step = Step.COPY, **changes: Any) -> MigrationProgress:
    values: dict[str, Any] = {"seconds": 5.0, "total_seconds": 600.0, "at": NOW}
    return MigrationProgress(**HEAD, step=step, **(values | changes))


def paused(step: Step = Step.COPY, **changes: Any) -> MigrationPaused:
    values: dict[str, Any] = {"what": "the API fails", "why": "HTTP 503", "fix": "Look.", "choices": ()}
    return MigrationPaused(**HEAD, step=step, **(values | changes))


def test_a_plan_in_the_making_says_what_is_being_read() -> None:
    message = views.show_planning(MigrationPlanning(source="dev", doing="reading objects"))
    assert text(message) == "🔎 Planning the migration of dev: reading objects"


def test_progress_says_step_times_and_what_comes_next() -> None:
    lines = text(views.show_progress(progress(choices=(Signal.PAUSE,)))).split("\n")
    assert lines[0] == "🚚 dev flannel → calico · step 3 of 13: copy the workloads"
    assert lines[1].endswith("· 5.0 s in this step, 10 min in all · as of 09:00:00 UTC")
    assert lines[2] == "next: compare the copy · id m7k2p" and lines[3] == "[Pause]"


@pytest.mark.parametrize(
    ("changes", "bar"),
    [
        ({"done": 3, "total": 6}, "▓▓▓▓▓░░░░░ 3 of 6 objects"),
        ({"done": 7, "total": 7}, "▓▓▓▓▓▓▓▓▓▓ 7 of 7 objects"),
        ({}, "▓░░░░░░░░░ "),
    ],
    ids=["objects", "all-of-them", "steps"],
)
def test_the_bar_is_of_the_objects_while_they_are_counted_else_of_the_steps(
    changes: dict[str, Any], bar: str
) -> None:
    assert text(views.show_progress(progress(**changes))).split("\n")[1].startswith(bar)


def test_what_is_waited_for_and_what_troubles_is_said() -> None:
    message = views.show_progress(
        progress(waits=("pod a", "pod b"), trouble="HTTP 503", finished=("copied",))
    )
    progress_text = text(message)
    assert "⚠️ HTTP 503: I try again" in progress_text and "⏳ waits for: pod a, pod b" in progress_text
    assert "✅ copied" in progress_text


def test_on_its_way_back_nothing_comes_next() -> None:
    message = views.show_progress(progress(Step.START, back=True, detail="starting the source"))
    progress_text = text(message)
    assert progress_text.startswith("↩️ dev flannel → calico · going back: starting the source")
    assert "next:" not in progress_text


def test_a_pause_is_said_first_also_to_screen_readers() -> None:
    message = views.show_progress(progress(paused="the API fails"))
    assert text(message).startswith("⏸ dev flannel → calico · paused at step 3 of 13: the API fails")
    assert message.text.startswith("paused: dev")


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (progress(), f"🚚 {ROOT} · step 3 of 13: copy the workloads"),
        (progress(Step.DECIDE), f"🔐 {ROOT} · step 5 of 13: decision over the cut-over"),
        (progress(Step.DECIDE, back=True), f"🚚 {ROOT} · going back"),
        (progress(paused="the API fails"), f"⏸ {ROOT} · paused: the API fails"),
    ],
    ids=["a-step", "a-decision", "back", "paused"],
)
def test_the_root_says_the_step_and_who_is_waited_for(state: MigrationProgress, line: str) -> None:
    assert views.progress_line(state) == line


def test_a_step_that_has_ended_is_a_message_of_its_own() -> None:
    state = MigrationStepDone(**HEAD, step=Step.COPY, seconds=61.0, said="12 objects", lines=("a", "", "b"))
    assert text(views.show_step_done(state)) == "✅ Copy the workloads · 61 s\n12 objects\n• a\n• b"
    assert views.step_done_line(state) == f"🚚 {ROOT} · 3 of 13 done: 12 objects"


def test_a_pause_says_why_and_offers_the_signals_as_words_and_buttons() -> None:
    message = views.show_paused(paused(choices=(Signal.RESUME, Signal.CANCEL)))
    lines = text(message).split("\n")
    assert lines[0] == "⏸ dev → dev-calico is paused at “copy the workloads”: the API fails"
    assert lines[1:3] == ["HTTP 503", "Look."]
    assert "/xk8s migrate resume m7k2p · /xk8s migrate cancel m7k2p" in lines
    assert list(buttons(message)) == ["Resume", "Cancel and remove the copy"]
    assert views.paused_line(paused()) == f"⏸ {ROOT} · paused: the API fails"


@pytest.mark.parametrize(
    ("step", "back", "safety"),
    [
        (Step.COPY, False, "The old cluster serves; nothing was changed there."),
        (Step.START, False, "The old cluster is stopped, and nothing of it is deleted."),
        (Step.START, True, "It is on its way back; nothing is deleted."),
    ],
)
def test_a_pause_says_what_it_means_for_the_old_cluster(step: Step, back: bool, safety: str) -> None:
    assert safety in text(views.show_paused(paused(step, back=back))).split("\n")


@pytest.mark.parametrize(
    ("signal", "words", "line"),
    [
        (Signal.RESUME, "resumed", "goes on: copy the workloads"),
        (Signal.CANCEL, "cancelled", "goes back: copy the workloads"),
        (Signal.ROLLBACK, "turned back", "goes back: copy the workloads"),
    ],
)
def test_a_signal_says_who_has_sent_it(signal: Signal, words: str, line: str) -> None:
    state = MigrationResumed(**HEAD, step=Step.COPY, word=signal, by="ana")
    assert text(views.show_resumed(state)) == f"▶️ dev → dev-calico was {words} by ana"
    assert views.resumed_line(state) == f"🚚 {ROOT} · {line}"

"""Where everybody reads the answer."""

from __future__ import annotations

import pytest

from bot.actions.action import Action
from bot.actions.clusters import ClusterList
from bot.actions.help_words import Help
from bot.actions.migrations import MigratePause
from bot.requests.stages.open_thread import ResultUnseen, open_thread
from tests.unit.requests.exchanges import RecordingAnswer, exchange, ports


def test_a_thread_is_opened_and_the_answer_is_public() -> None:
    answer = RecordingAnswer()
    subject = exchange(answer=answer)
    open_thread(subject, ports())
    assert answer.shown == ["begin"] and not subject.private


@pytest.mark.parametrize("action", [Help(), MigratePause(migration="m42")])
def test_talk_and_quiet_actions_are_answered_privately(action: Action) -> None:
    answer = RecordingAnswer()
    subject = exchange(action, answer=answer)
    open_thread(subject, ports())
    assert answer.shown == [] and subject.private


def test_where_nothing_can_be_posted_a_read_goes_on_privately_and_a_change_is_refused() -> None:
    listing = exchange(ClusterList(), answer=RecordingAnswer(postable=False))
    change = exchange(answer=RecordingAnswer(postable=False))
    for subject in (listing, change):
        open_thread(subject, ports())
        assert subject.private
    assert listing.problem is None
    assert isinstance(change.problem, ResultUnseen)
    assert change.problem.what == "I cannot post here, so nothing was started"
    assert change.problem.fix == "/invite @xk8s"

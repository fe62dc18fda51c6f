"""Who sees the end of a request."""

from __future__ import annotations

import pytest

from bot.actions.clusters import ClusterList
from bot.actions.request import EntryPoint
from bot.actions.service import Outcome
from bot.common.problems import Refusal
from bot.requests.answer import CannotAnswer
from bot.requests.stages.show import show
from tests.unit.requests.exchanges import RecordingAnswer, exchange, ports, request


def test_the_answer_stands_in_the_thread() -> None:
    answer = RecordingAnswer()
    show(exchange(answer=answer, private=False, result="deleted", seconds=2.0), ports())
    assert answer.shown == ["finish"] and answer.conclusion is not None
    assert (answer.conclusion.result, answer.conclusion.seconds) == ("deleted", 2.0)
    assert answer.conclusion.outcome is Outcome.SUCCEEDED


def test_what_has_no_thread_is_told_to_the_asker_alone() -> None:
    answer = RecordingAnswer()
    show(exchange(answer=answer, problem=Refusal("You may not")), ports())
    assert answer.shown == ["reply_privately"]


def test_what_was_approved_is_told_to_everybody_also_if_it_could_not_be_done() -> None:
    answer = RecordingAnswer()
    approved = request(entry=EntryPoint.APPROVED)
    show(exchange(answer=answer, request=approved, problem=Refusal("it changed")), ports())
    assert answer.shown == ["finish"]


def test_a_read_is_told_privately_if_the_bot_may_not_post_any_more() -> None:
    answer = RecordingAnswer(postable=False)
    show(exchange(ClusterList(), answer=answer, private=False, result="clusters"), ports())
    assert answer.shown == ["reply_privately"]


def test_the_result_of_a_change_is_shown_to_everybody_or_tried_again() -> None:
    subject = exchange(answer=RecordingAnswer(postable=False), private=False, result="deleted")
    with pytest.raises(CannotAnswer):
        show(subject, ports())

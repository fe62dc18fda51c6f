"""What a server refuses for a moment is tried again, with growing pauses and for a limited time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.adapters.durable.flow import Json, ProcessStopping
from bot.adapters.kube.errors import Conflict, FieldConflict, Forbidden, TooManyRequests, Unreachable
from bot.adapters.openstack.magnum_errors import MagnumUnreachable
from bot.common.problems import Problem
from bot.migration.workflow.failures import WriteConflict
from bot.migration.workflow.retry import retry_transient
from tests.unit.clusters.lifecycle.journal_flow import Clock

UNREACHABLE = Unreachable("The cluster's API cannot be reached")


class Server:
    """Fails as told, then answers; the pauses between are noted."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.attempts = 0
        self.pauses: list[float] = []
        self.reported: list[Problem] = []
        self.clock = Clock()

    def call(self, *, within: float = 3_600.0, pause: Callable[[float], None] | None = None) -> Json:
        return retry_transient(
            self._answer,
            within=timedelta(seconds=within),
            now=self.clock,
            pause=pause or self._pause,
            report=self.reported.append,
        )

    def _answer(self) -> Json:
        self.attempts += 1
        if self.errors:
            raise self.errors.pop(0)
        return {"answer": self.attempts}

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.wait(seconds)


def test_what_succeeds_is_called_once() -> None:
    server = Server()
    assert server.call() == {"answer": 1} and not server.pauses and not server.reported


@pytest.mark.parametrize(
    "error",
    [
        UNREACHABLE,
        TooManyRequests("Too many requests"),
        Conflict("Somebody else wrote to it"),
        MagnumUnreachable("Magnum does not answer"),
        WriteConflict("The new cluster did not take 1 object"),
    ],
)
def test_a_transient_error_is_reported_and_tried_again(error: Problem) -> None:
    server = Server(error, error)
    assert server.call() == {"answer": 3} and server.reported == [error, error]


def test_each_pause_is_longer_than_the_one_before_up_to_a_limit() -> None:
    server = Server(*[UNREACHABLE] * 9)
    server.call()
    assert server.pauses == pytest.approx([0.5, 0.8, 1.28, 2.048, 3.2768, 5.24288, 8.388608, 10.0, 10.0])


def test_what_lasts_longer_is_raised_after_the_time_is_over() -> None:
    server = Server(*[UNREACHABLE] * 100)
    with pytest.raises(Unreachable) as error:
        server.call(within=20.0)
    assert error.value is UNREACHABLE
    assert 20.0 <= sum(server.pauses) <= 30.0
    assert len(server.reported) == server.attempts - 1, "the last one is raised, not reported"


@pytest.mark.parametrize(
    "error", [FieldConflict("Another manager owns a field"), Forbidden("Forbidden"), ValueError("a bug")]
)
def test_what_does_not_pass_by_itself_is_raised_at_once(error: Exception) -> None:
    server = Server(error)
    with pytest.raises(type(error)):
        server.call()
    assert server.attempts == 1 and not server.reported


def test_a_process_that_ends_is_not_kept_by_a_retry() -> None:
    def stopping(_seconds: float) -> None:
        raise ProcessStopping

    with pytest.raises(ProcessStopping):
        Server(UNREACHABLE).call(pause=stopping)
    with pytest.raises(ProcessStopping):
        Server(ProcessStopping()).call()

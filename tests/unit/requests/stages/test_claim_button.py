"""A button that changes something counts once."""

from __future__ import annotations

import pytest

from bot.actions.action import Action
from bot.actions.clusters import ClusterList
from bot.actions.migrations import MigratePause
from bot.actions.request import EntryPoint
from bot.requests.stages.claim_button import PressedAlready, claim_button
from tests.unit.requests.exchanges import OneOffer, exchange, ports, request


def test_the_first_press_claims_the_button_and_the_second_is_refused() -> None:
    offers = OneOffer()
    first, second = (exchange(request=request(entry=EntryPoint.CLICK)) for _ in range(2))
    claim_button(first, ports(offers=offers))
    claim_button(second, ports(offers=offers))
    assert first.problem is None
    assert isinstance(second.problem, PressedAlready) and "/xk8s cluster delete dev-eu" in second.problem.fix


@pytest.mark.parametrize(
    ("action", "entry"),
    [
        pytest.param(ClusterList(), EntryPoint.CLICK, id="a-read"),
        pytest.param(MigratePause(migration="m42"), EntryPoint.CLICK, id="a-signal"),
        pytest.param(None, EntryPoint.COMMAND, id="typed-words"),
    ],
)
def test_nothing_else_claims_anything(action: Action | None, entry: EntryPoint) -> None:
    offers = OneOffer()
    subject = exchange(*([action] if action else []), request=request(entry=entry))
    claim_button(subject, ports(offers=offers))
    assert subject.problem is None and offers.free

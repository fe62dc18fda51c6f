"""Every change of a verification is reported, with what is done and what is being done."""

from __future__ import annotations

from bot.drivers.driver import Driver
from bot.drivers.verification.progress import ProgressTracker
from bot.drivers.verification.report import Verdict, VerificationProgress


def test_every_change_is_reported() -> None:
    states: list[VerificationProgress] = []
    tracker = ProgressTracker(clusters=2, asked=Driver("calico"), report=states.append)
    tracker.report()
    tracker.set_stage("a", "connecting")
    tracker.set_stage("b", "connecting")
    tracker.set_stage("a", "reading")
    tracker.finish("a", Verdict.HEALTHY)
    assert [(state.done, state.doing) for state in states] == [
        ((), ()),
        ((), (("a", "connecting"),)),
        ((), (("a", "connecting"), ("b", "connecting"))),
        ((), (("a", "reading"), ("b", "connecting"))),
        ((("a", Verdict.HEALTHY),), (("b", "connecting"),)),
    ]
    assert {(state.clusters, state.asked) for state in states} == {(2, "calico")}


def test_a_cluster_that_ends_before_its_first_stage_is_done() -> None:
    states: list[VerificationProgress] = []
    ProgressTracker(clusters=1, asked=None, report=states.append).finish("a", Verdict.UNREACHABLE)
    assert states[-1].done == (("a", Verdict.UNREACHABLE),) and states[-1].doing == ()

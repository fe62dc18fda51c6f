"""Steps are recorded, repeated after a pause, and open to signals; a replay goes the same way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.adapters.durable.flow import Json
from bot.adapters.kube.errors import Unreachable
from bot.common.problems import Problem
from bot.migration.workflow.events import MigrationProgress, MigrationResumed
from bot.migration.workflow.signals import RollbackRequested, Signal
from bot.migration.workflow.step import Step
from bot.migration.workflow.step_runner import Wait
from tests.unit.clusters.lifecycle.journal_flow import Journal
from tests.unit.migration.workflow.project_migrations import ProjectMigrations, pauses, step_names

UNREACHABLE = Unreachable("The cluster's API cannot be reached", why="refused")


def test_what_a_step_returned_is_returned_again_by_a_replay_that_does_nothing(
    project: ProjectMigrations,
) -> None:
    journal = Journal()
    run, _played = project.run("m1", journal)
    assert run.steps.do("stop", lambda: {"changes": 3}) == {"changes": 3}
    again, _played = project.run("m1", journal)
    assert again.steps.do("stop", lambda: pytest.fail("it was done already")) == {"changes": 3}


def test_a_problem_pauses_until_somebody_resumes_and_then_the_step_is_run_again(
    project: ProjectMigrations,
) -> None:
    run, played = project.run("m1")
    run.begin(Step.COPY)
    attempts: list[str] = []

    def fails_once() -> Json:
        attempts.append("")
        if len(attempts) == 1:
            raise Problem("The new cluster did not take 1 object", why="full", fix="Make room.")
        return {}

    project.clock.meanwhile = [lambda: project.signal("m1", Signal.RESUME)]
    run.steps.do("copy", fails_once)
    assert step_names(played) == ["copy: begin", "copy", "paused", "go on", "copy"]
    [paused] = pauses(played)
    assert (paused.what, paused.why, paused.fix) == (
        "The new cluster did not take 1 object",
        "full",
        "Make room.",
    )
    assert paused.choices == (Signal.RESUME, Signal.CANCEL)
    [resumed] = [event for _name, event in played.told.changes if isinstance(event, MigrationResumed)]
    assert (resumed.word, resumed.by) == (Signal.RESUME, "ana")
    assert [name for name, _event in played.told.changes] == ["paused-1", "on-1"]
    assert run.position.pauses == 1


def test_while_it_is_paused_the_register_says_why_and_afterwards_that_it_runs(
    project: ProjectMigrations,
) -> None:
    run, _played = project.run("m1")
    states: list[tuple[str, str]] = []

    def look() -> None:
        row = project.register.get("m1")
        assert row is not None
        states.append((row.state, row.waits))
        project.signal("m1", Signal.RESUME)

    project.clock.meanwhile = [look]
    run.steps.pause(Problem("Too full", why="no room"))
    look()
    assert states == [("paused", "Too full: no room"), ("running", "")]


def test_a_signal_to_pause_is_followed_before_the_effect(project: ProjectMigrations) -> None:
    run, played = project.run("m1")
    run.begin(Step.QUIESCE)
    project.signal("m1", Signal.PAUSE)
    project.clock.meanwhile = [lambda: project.signal("m1", Signal.RESUME)]
    effects: list[int] = []

    def stop() -> Json:
        effects.append(run.position.pauses)
        return {}

    run.steps.do("stop", stop)
    assert effects == [1], "it was done once, after the pause"
    assert step_names(played) == ["quiesce: begin", "stop", "paused", "go on", "stop"]
    assert pauses(played)[0].why == "ana wanted it to stand still"


def test_a_signal_that_the_step_refuses_is_dropped(project: ProjectMigrations) -> None:
    run, played = project.run("m1")
    run.begin(Step.QUIESCE)
    project.signal("m1", Signal.CANCEL)
    assert run.steps.do("stop", lambda: {"changes": 1}) == {"changes": 1}
    assert step_names(played) == ["quiesce: begin", "stop", "stop"]


@pytest.mark.parametrize("signal", [Signal.CANCEL, Signal.ROLLBACK])
def test_a_signal_to_turn_back_ends_the_way_forward_before_the_effect(
    project: ProjectMigrations, signal: Signal
) -> None:
    journal = Journal()
    run, _played = project.run("m1", journal)
    project.signal("m1", signal)
    with pytest.raises(RollbackRequested) as request:
        run.steps.do("copy", lambda: pytest.fail("nothing is done any more"))
    assert (request.value.signal, request.value.by) == (signal, "ana")
    again, _played = project.run("m1", journal)
    with pytest.raises(RollbackRequested):
        again.steps.do("copy", lambda: pytest.fail("a replay turns at the same step"))


def test_a_pause_is_ended_by_a_roll_back_as_well(project: ProjectMigrations) -> None:
    run, played = project.run("m1")
    project.clock.meanwhile = [lambda: project.signal("m1", Signal.ROLLBACK)]
    with pytest.raises(RollbackRequested):
        run.steps.pause(Problem("Too full"))
    assert step_names(played) == ["paused", "go on"]


def test_on_the_way_back_any_signal_that_ends_a_pause_goes_on_with_it(project: ProjectMigrations) -> None:
    run, _played = project.run("m1")
    run.position.step, run.position.rolling_back = Step.START, True
    project.clock.meanwhile = [lambda: project.signal("m1", Signal.ROLLBACK)]
    run.steps.pause(Problem("The old cluster does not answer"))


def test_a_server_that_fails_for_a_moment_does_not_pause_the_migration(project: ProjectMigrations) -> None:
    run, played = project.run("m1")
    errors = [UNREACHABLE, UNREACHABLE]

    def answers_at_last() -> Json:
        if errors:
            raise errors.pop()
        return {}

    run.steps.do("stop", answers_at_last)
    troubles = [state.trouble for state in played.told.states if isinstance(state, MigrationProgress)]
    assert troubles == ["The cluster's API cannot be reached: refused"] * 2 and not pauses(played)


def test_what_does_not_come_true_in_its_time_pauses_and_is_then_given_the_same_time_again(
    project: ProjectMigrations,
) -> None:
    run, played = project.run("m1")
    wait = Wait(name="wait for claims", what="bind", within=timedelta(minutes=5), detail="waiting")
    start = project.clock.now
    claims = [f"data-{number}" for number in range(7)]

    def look() -> list[str]:
        return claims if project.clock.now - start < timedelta(minutes=8) else []

    def resume() -> None:
        if run.position.pauses:
            project.signal("m1", Signal.RESUME)
        else:
            project.clock.meanwhile.append(resume)

    project.clock.meanwhile = [resume]
    run.steps.wait(wait, look)
    [paused] = pauses(played)
    assert paused.what == "7 did not bind within 5 min"
    assert paused.why == "data-0, data-1, data-2, data-3, data-4 and 2 more"
    assert paused.fix == "Look at them, then resume: I look again."
    assert step_names(played) == ["wait for claims", "paused", "go on", "wait for claims"]
    waits = [state.waits for state in played.told.states if isinstance(state, MigrationProgress)]
    assert tuple(claims[:5]) in waits


def test_a_server_that_is_silent_is_waited_for_like_what_it_would_say(project: ProjectMigrations) -> None:
    run, played = project.run("m1")
    answers: list[list[str] | Unreachable] = [UNREACHABLE, ["web"], UNREACHABLE, []]

    def look() -> list[str]:
        answer = answers.pop(0)
        if isinstance(answer, Unreachable):
            raise answer
        return answer

    run.steps.wait(Wait(name="wait", what="stop", within=timedelta(minutes=1)), look)
    assert not pauses(played) and step_names(played) == ["wait"]
    troubles = [state.trouble for state in played.told.states if isinstance(state, MigrationProgress)]
    assert troubles == ["The cluster's API cannot be reached: refused", "", troubles[0]]


def test_a_silence_that_outlasts_the_wait_pauses_with_what_the_server_did_last(
    project: ProjectMigrations,
) -> None:
    run, played = project.run("m1")

    def resume() -> None:
        if run.position.pauses:
            project.signal("m1", Signal.ROLLBACK)
        else:
            project.clock.meanwhile.append(resume)

    def look() -> list[str]:
        raise UNREACHABLE

    project.clock.meanwhile = [resume]
    with pytest.raises(RollbackRequested):
        run.steps.wait(Wait(name="wait", what="stop", within=timedelta(minutes=1)), look)
    assert pauses(played)[0].what == "The cluster's API cannot be reached"

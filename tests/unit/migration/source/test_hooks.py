"""Which command runs in which pod, and what is kept of it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.kube.errors import ExecFailed
from bot.adapters.kube.pod_exec import CommandOutput
from bot.migration.objects.fields import Object
from bot.migration.source import hooks
from bot.migration.source.hooks import HookFailed, HookPhase, hooks_of
from tests.unit.migration.builders import an

BEFORE, AFTER = HookPhase.BEFORE_QUIESCE, HookPhase.AFTER_START


def pod_with(marks: dict[str, str], phase: str = "Running") -> Object:
    return an(
        "Pod", "db-0", annotations=marks, spec={"containers": [{"name": "db"}]}, status={"phase": phase}
    )


@pytest.mark.parametrize(
    ("marks", "when", "argv"),
    [
        ({"xk8s.io/before-quiesce": '["sh", "-c", "sync"]'}, BEFORE, ("sh", "-c", "sync")),
        ({"xk8s.io/before-quiesce": "/bin/flush"}, BEFORE, ("/bin/flush",)),
        (
            {"pre.hook.backup.velero.io/command": '["/sbin/fsfreeze", "--freeze", "/data"]'},
            BEFORE,
            ("/sbin/fsfreeze", "--freeze", "/data"),
        ),
        ({"post.hook.restore.velero.io/command": '["/bin/check"]'}, AFTER, ("/bin/check",)),
        ({"xk8s.io/after-start": '["a"]', "post.hook.restore.velero.io/command": '["b"]'}, AFTER, ("a",)),
    ],
)
def test_a_command_is_given_by_our_annotation_or_by_veleros(
    marks: dict[str, str], when: HookPhase, argv: tuple[str, ...]
) -> None:
    hook = hooks_of(pod_with(marks), when)
    assert hook is not None and hook.argv == argv


def test_veleros_container_time_and_error_rule_are_honoured() -> None:
    prefix = "pre.hook.backup.velero.io"
    hook = hooks_of(
        pod_with(
            {
                f"{prefix}/command": '["x"]',
                f"{prefix}/container": "other",
                f"{prefix}/timeout": "2m",
                f"{prefix}/on-error": "Continue",
            }
        ),
        BEFORE,
    )
    assert hook is not None
    assert (hook.container, hook.seconds, hook.must_succeed) == ("other", 120.0, False)


def test_what_is_not_said_is_as_in_velero() -> None:
    before = hooks_of(pod_with({"pre.hook.backup.velero.io/command": '["x"]'}), BEFORE)
    after = hooks_of(pod_with({"post.hook.restore.velero.io/command": '["x"]'}), AFTER)
    assert before is not None and after is not None
    assert (before.container, before.seconds, before.must_succeed) == ("db", 30.0, True)
    assert after.must_succeed is False


def test_a_pod_that_does_not_run_or_has_no_command_runs_none() -> None:
    assert hooks_of(pod_with({"xk8s.io/before-quiesce": "x"}, phase="Pending"), BEFORE) is None
    assert hooks_of(pod_with({"xk8s.io/before-quiesce": "x"}), AFTER) is None


class FakeExec:
    """Answers commands, and remembers them."""

    def __init__(self, code: int = 0, failure: ExecFailed | None = None) -> None:
        self.code, self.failure = code, failure
        self.ran: list[tuple[str, tuple[str, ...]]] = []

    def __call__(
        self, _kube: Any, *, namespace: str, pod: str, container: str, argv: tuple[str, ...], seconds: float
    ) -> CommandOutput:
        self.ran.append((f"{namespace}/{pod}/{container}", argv))
        if self.failure:
            raise self.failure
        return CommandOutput(stdout="the password is hunter2", stderr="", code=self.code)


def run(pods: list[Object], fake: FakeExec, monkeypatch: pytest.MonkeyPatch) -> tuple[hooks.HookRun, ...]:
    monkeypatch.setattr(hooks, "execute", fake)
    return hooks.run(None, pods, BEFORE)  # type: ignore[arg-type]


def test_a_command_that_must_succeed_and_does_not_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HookFailed) as stopped:
        run(
            [pod_with({"xk8s.io/before-quiesce": '["flush", "--password=hunter2"]'})],
            FakeExec(code=3),
            monkeypatch,
        )
    texts = f"{stopped.value.what} {stopped.value.why} {stopped.value.fix}"
    assert "exit code 3" in texts
    assert "hunter2" not in texts, "neither what it printed nor its arguments are kept"


def test_one_that_may_fail_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    marks = {"xk8s.io/before-quiesce": '["x"]', "xk8s.io/before-quiesce-on-error": "Continue"}
    failure = ExecFailed("The command could not be run", why="no such container")
    [ended] = run([pod_with(marks)], FakeExec(failure=failure), monkeypatch)
    assert (ended.code, ended.failure, ended.ok) == (None, "no such container", False)


def test_what_a_command_printed_is_in_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "hunter2" not in repr(
        run([pod_with({"xk8s.io/before-quiesce": '["x"]'})], FakeExec(), monkeypatch)
    )

"""Commands that a team wants to run in its pods: before the source stops, and after the target has started.

They are given by annotation on the pod, ours or Velero's (https://velero.io/docs/main/backup-hooks/ and
restore-hooks). Of a command the exit code is kept and nothing of what it printed, which may hold anything.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import re
from collections.abc import Callable, Iterable

from bot.adapters.kube.client import Kube
from bot.adapters.kube.errors import KubeError
from bot.adapters.kube.pod_exec import execute
from bot.common.problems import Problem
from bot.migration.objects.manifest import Object, Ref, annotations_of, ref_of, spec_of, status_of

SECONDS = 30.0  # Velero's default
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class HookPhase(enum.StrEnum):
    """At which end a command runs."""

    BEFORE_QUIESCE = "before-quiesce"
    AFTER_START = "after-start"


class HookFailed(Problem):
    """A command that must succeed before a migration goes on did not."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hook:
    """One command in one container of one pod."""

    pod: Ref
    container: str
    argv: tuple[str, ...]
    seconds: float = SECONDS
    must_succeed: bool = True


@dataclasses.dataclass(frozen=True, kw_only=True)
class HookRun:
    """How a command ended: its exit code, or why there is none."""

    pod: Ref
    container: str
    command: str  # its first word only: arguments may be passwords
    code: int | None
    failure: str = ""

    @property
    def ok(self) -> bool:
        """Whether it ended with 0."""
        return self.code == 0


# annotation names: command, container, whether a failure may be passed over, time; and what failure means
# unsaid
_OURS = {
    when: (
        f"xk8s.io/{when}",
        f"xk8s.io/{when}-container",
        f"xk8s.io/{when}-on-error",
        f"xk8s.io/{when}-timeout",
        True,
    )
    for when in HookPhase
}
_VELERO = {
    HookPhase.BEFORE_QUIESCE: (
        *(f"pre.hook.backup.velero.io/{name}" for name in ("command", "container", "on-error", "timeout")),
        True,
    ),
    HookPhase.AFTER_START: (
        *(
            f"post.hook.restore.velero.io/{name}"
            for name in ("command", "container", "on-error", "exec-timeout")
        ),
        False,
    ),
}


def hooks_of(pod: Object, when: HookPhase) -> Hook | None:
    """The command of a pod; ours counts before Velero's. None if it has none or does not run."""
    annotations, containers = annotations_of(pod), spec_of(pod).get("containers") or []
    if status_of(pod).get("phase") != "Running" or pod["metadata"].get("deletionTimestamp") or not containers:
        return None
    for command, container, on_error, timeout, must in (_OURS[when], _VELERO[when]):
        if annotations.get(str(command)):
            said = annotations.get(str(on_error), "").lower()
            return Hook(
                pod=ref_of(pod),
                container=annotations.get(str(container)) or containers[0]["name"],
                argv=_argv(annotations[str(command)]),
                seconds=_seconds(annotations.get(str(timeout), "")),
                must_succeed=said != "continue" if said else bool(must),
            )
    return None


def _argv(text: str) -> tuple[str, ...]:
    """A JSON list of words, or one command, as Velero takes it."""
    if text.lstrip().startswith("["):
        try:
            found = json.loads(text)
        except ValueError:
            return (text,)
        return tuple(map(str, found))
    return (text,)


def _seconds(text: str) -> float:
    parts = re.findall(r"(\d+(?:\.\d+)?)([smh]?)", text)
    return sum(float(number) * _UNITS[unit] for number, unit in parts) or SECONDS


def run(
    kube: Kube,
    pods: Iterable[Object],
    when: HookPhase,
    *,
    failed: Callable[[HookRun], None] = lambda _run: None,
) -> tuple[HookRun, ...]:
    """Run the commands one after the other. Raises `HookFailed` at the first that must succeed and does
    not.
    """
    done: list[HookRun] = []
    for pod in sorted(pods, key=ref_of):
        hook = hooks_of(pod, when)
        if hook is None:
            continue
        ended = _one(kube, hook)
        done.append(ended)
        if ended.ok:
            continue
        failed(ended)
        if hook.must_succeed:
            raise HookFailed(
                f"The command `{ended.command}` in {hook.pod} did not succeed",
                why=ended.failure or f"it ended with exit code {ended.code}; what it printed is not kept",
                fix=(
                    f"Run it yourself (`kubectl -n {hook.pod.namespace} exec {hook.pod.name} -c"
                    f" {hook.container} -- …`), then resume."
                ),
            )
    return tuple(done)


def _one(kube: Kube, hook: Hook) -> HookRun:
    command = hook.argv[0].split()[0] if hook.argv and hook.argv[0].split() else "?"
    try:
        output = execute(
            kube,
            namespace=hook.pod.namespace,
            pod=hook.pod.name,
            container=hook.container,
            argv=hook.argv,
            seconds=hook.seconds,
        )
    except KubeError as error:
        return HookRun(
            pod=hook.pod,
            container=hook.container,
            command=command,
            code=None,
            failure=error.why or error.what,
        )
    return HookRun(pod=hook.pod, container=hook.container, command=command, code=output.code)

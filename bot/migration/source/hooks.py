"""Hooks: commands that a team wants to run in its pods, before the source stops and after the target started.

They are given by annotation on the pod, ours or Velero's (https://velero.io/docs/main/backup-hooks/ and
https://velero.io/docs/main/restore-hooks/). Of a command the exit code is kept and nothing of what it
printed, which may be anything.
"""

import dataclasses
import enum
import json
import re
from collections.abc import Iterable

from bot.adapters.kube.client import KubeClient
from bot.adapters.kube.errors import KubeError
from bot.adapters.kube.pod_exec import execute
from bot.common.problems import Problem
from bot.migration.objects.fields import Object, Ref, annotations_of, ref_of, spec_of, status_of

SECONDS = 30.0  # Velero's default
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class HookPhase(enum.StrEnum):
    """At which end of the cut-over a command runs."""

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

    @property
    def command(self) -> str:
        """The first word of the command; its arguments may be passwords, and are never shown."""
        return self.argv[0].split()[0] if self.argv and self.argv[0].split() else "?"


@dataclasses.dataclass(frozen=True, kw_only=True)
class HookRun:
    """How a command ended: its exit code, or why there is none. `command` is its first word only."""

    pod: Ref
    container: str
    command: str
    code: int | None
    failure: str = ""

    @property
    def ok(self) -> bool:
        """Whether the command ended with exit code 0."""
        return self.code == 0


# per phase the names of the annotations, and whether a command must succeed where on-error is not set
_PARTS = ("command", "container", "on-error", "timeout")
_Names = tuple[tuple[str, ...], bool]
_OURS: dict[HookPhase, _Names] = {
    phase: ((f"xk8s.io/{phase}", *(f"xk8s.io/{phase}-{part}" for part in _PARTS[1:])), True)
    for phase in HookPhase
}
_VELERO: dict[HookPhase, _Names] = {
    HookPhase.BEFORE_QUIESCE: (tuple(f"pre.hook.backup.velero.io/{part}" for part in _PARTS), True),
    HookPhase.AFTER_START: (
        tuple(f"post.hook.restore.velero.io/{part}" for part in (*_PARTS[:3], "exec-timeout")),
        False,
    ),
}


def hooks_of(pod: Object, phase: HookPhase) -> Hook | None:
    """Return the command of a pod; our annotation counts before Velero's.

    None means that the pod has no command, does not run, or is being deleted.
    """
    annotations, containers = annotations_of(pod), spec_of(pod).get("containers") or []
    if status_of(pod).get("phase") != "Running" or pod["metadata"].get("deletionTimestamp") or not containers:
        return None
    for names, must_succeed in (_OURS[phase], _VELERO[phase]):
        command, container, on_error, timeout = (annotations.get(name, "") for name in names)
        if command:
            return Hook(
                pod=ref_of(pod),
                container=container or containers[0]["name"],
                argv=_argv(command),
                seconds=_seconds(timeout),
                must_succeed=on_error.lower() != "continue" if on_error else must_succeed,
            )
    return None


def _argv(text: str) -> tuple[str, ...]:
    """Read a JSON list of words, or one command, as Velero takes it."""
    if text.lstrip().startswith("["):
        try:
            return tuple(map(str, json.loads(text)))
        except ValueError:
            return (text,)
    return (text,)


def _seconds(text: str) -> float:
    """Read a duration such as `1m30s`; a text that is none means the default."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([smh]?)", text)
    return sum(float(number) * _UNITS[unit] for number, unit in parts) or SECONDS


def run(kube: KubeClient, pods: Iterable[Object], phase: HookPhase) -> tuple[HookRun, ...]:
    """Run the commands of some pods one after the other, in the order of their names.

    Raises `HookFailed` at the first that must succeed and does not.
    """
    runs: list[HookRun] = []
    for pod in sorted(pods, key=ref_of):
        hook = hooks_of(pod, phase)
        if hook is None:
            continue
        runs.append(_execute(kube, hook))
        if hook.must_succeed and not runs[-1].ok:
            raise _failure(hook, runs[-1])
    return tuple(runs)


def _failure(hook: Hook, ended: HookRun) -> HookFailed:
    shell = f"kubectl -n {hook.pod.namespace} exec {hook.pod.name} -c {hook.container} -- …"
    return HookFailed(
        f"The command `{ended.command}` in {hook.pod} did not succeed",
        why=ended.failure or f"it ended with exit code {ended.code}; what it printed is not kept",
        fix=f"Run it yourself (`{shell}`), then resume.",
    )


def _execute(kube: KubeClient, hook: Hook) -> HookRun:
    code, failure = None, ""
    try:
        code = execute(
            kube,
            namespace=hook.pod.namespace,
            pod=hook.pod.name,
            container=hook.container,
            argv=hook.argv,
            seconds=hook.seconds,
        ).code
    except KubeError as error:
        failure = error.why or error.what
    return HookRun(pod=hook.pod, container=hook.container, command=hook.command, code=code, failure=failure)

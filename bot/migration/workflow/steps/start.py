"""Starts the copies in the new cluster, operators first, until they are as ready as the source was."""

import functools
from datetime import timedelta

from bot.common.wording import count
from bot.migration.copy import startup
from bot.migration.objects.copy_order import CopyStage
from bot.migration.objects.fields import Ref
from bot.migration.source import hooks
from bot.migration.workflow import readiness
from bot.migration.workflow.failures import check_written
from bot.migration.workflow.ports import Json
from bot.migration.workflow.run import Run
from bot.migration.workflow.step import Step
from bot.migration.workflow.step_runner import Wait


def start(run: Run, ready_within: timedelta) -> None:
    """Start operators, one replica of what has disks, then everything, and run the hooks.

    A disk that does not fit is seen at the first replica, before the others are attached.
    """
    run.begin(Step.START)
    operators, other_stages = startup.START_ORDER
    run.steps.do("start operators", lambda: _start(run, operators))
    if run.plan.operators:
        _wait_ready(run, "wait for operators", ready_within, frozenset(run.plan.operators))
    run.steps.do("start first replicas", lambda: _start_first_replicas(run))
    if any(volume.moves for volume in run.plan.volumes):
        first = Wait(
            name="wait for first replicas",
            what="become ready",
            within=ready_within,
            detail="waiting for the first pod on each disk",
        )
        run.steps.wait(first, lambda: run.look(readiness.first_pods_not_ready))
    run.steps.do("start", lambda: _start(run, other_stages))
    _wait_ready(run, "wait until ready", ready_within)
    ran = run.steps.do("hooks after", lambda: _run_hooks(run))
    ready = sum(workload.ready for workload in run.recorded.quiesced.baseline.running)
    run.finish(f"{count(ready, 'pod')} ready in the new cluster, {count(ran['hooks'], 'command')} run")


def _start(run: Run, stages: tuple[CopyStage, ...]) -> Json:
    run.progress.show("starting in the new cluster")
    with run.clusters() as clusters:
        run.flow.fence()
        return check_written(clusters.write(startup.start, stages=stages))


def _start_first_replicas(run: Run) -> Json:
    with run.clusters() as clusters:
        run.flow.fence()
        return check_written(clusters.write(startup.first_replicas))


def _wait_ready(run: Run, name: str, within: timedelta, only: frozenset[Ref] | None = None) -> None:
    ready = Wait(
        name=name,
        what="become as ready as on the source",
        within=within,
        detail="waiting for pods to be ready",
        fix="Look at these pods in the new cluster, then resume: I look again. Or roll back.",
    )
    run.steps.wait(ready, lambda: run.look(functools.partial(readiness.not_as_ready, only=only)))


def _run_hooks(run: Run) -> Json:
    with run.clusters() as clusters:
        pods = [
            {**pod, "apiVersion": "v1", "kind": "Pod"}
            for namespace in run.plan.namespaces
            for pod in clusters.target.list_all(f"/api/v1/namespaces/{namespace}/pods", dict)
        ]
        ran = hooks.run(clusters.target, pods, hooks.HookPhase.AFTER_START)
    return {"hooks": len(ran)}

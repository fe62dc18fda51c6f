"""Containers that were restarted in the target."""

from __future__ import annotations

from typing import Any

import pytest

from bot.migration.objects.fields import Object
from bot.migration.proof import restarts
from tests.unit.migration.builders import an, inventory, plan, workload
from tests.unit.migration.proof.results import baseline, faults


def pod_of(owner: Object, restarts: int, **last: Any) -> Object:
    status = {"name": "c", "restartCount": restarts, "lastState": {"terminated": last} if last else {}}
    return an("Pod", "x-1-a", owner=owner, status={"phase": "Running", "containerStatuses": [status]})


def test_a_container_that_was_restarted_again_and_again_is_named_with_its_last_reason() -> None:
    deployment = workload()
    now = inventory(deployment, pod_of(deployment, 3, reason="OOMKilled", exitCode=137))
    result = restarts.check(plan(deployment), baseline(), now)
    assert faults(result)[0].startswith(
        "Pod shop/x-1-a, container c: restarted 3 times, last OOMKilled, exit code 137, expected at most 1"
    )


@pytest.mark.parametrize("count", [0, 1])
def test_one_restart_is_let_pass(count: int) -> None:
    deployment = workload()
    assert not restarts.check(
        plan(deployment), baseline(), inventory(deployment, pod_of(deployment, count))
    ).faults


def test_pods_of_others_and_of_jobs_are_not_counted() -> None:
    deployment, job = workload(), an("Job", "import", spec={})
    now = inventory(deployment, pod_of(deployment, 9), job)
    assert not restarts.check(plan(), baseline(), now).faults
    assert not restarts.check(plan(job), baseline(), inventory(job, pod_of(job, 9))).faults

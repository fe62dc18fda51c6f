"""Room in the target."""

from __future__ import annotations

from bot.migration.inventory.target_facts import TargetFacts
from tests.unit.migration.builders import SERVED, an, workload
from tests.unit.migration.planning.plans import blockers


def test_too_few_nodes_block() -> None:
    container = {"name": "c", "resources": {"requests": {"cpu": "3", "memory": "1Gi"}}}
    web = workload(name="web")
    running = [an("Pod", f"web-{n}", owner=web, spec={"containers": [container]}) for n in range(3)]
    facts = TargetFacts(
        exists=True,
        surface=SERVED,
        nodes=(an("Node", "n", status={"allocatable": {"cpu": "4", "memory": "64Gi"}}),),
    )
    assert "4 of cores, 9" in blockers(web, *running, facts=facts)


def test_a_quota_that_what_runs_does_not_fit_into_blocks() -> None:
    assert "2 pods do not fit" in blockers(workload(), an("ResourceQuota", "q", spec={"hard": {"pods": "1"}}))

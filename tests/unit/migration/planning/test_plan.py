"""A plan as JSON, and what an approval of it is bound to."""

from __future__ import annotations

import base64

from bot.drivers.driver import Driver
from bot.migration.planning.plan import ClusterSide, MigrationPlan
from tests.unit.migration.builders import an, workload
from tests.unit.migration.planning.plans import plan


def test_a_plan_is_json_and_comes_back_equal_without_any_secret() -> None:
    planned = plan(an("Secret", "s", data={"password": base64.b64encode(b"hunter2").decode()}), workload())
    text = planned.model_dump_json()
    assert MigrationPlan.model_validate_json(text) == planned
    assert "hunter2" not in text and base64.b64encode(b"hunter2").decode() not in text


def test_an_approval_is_bound_to_what_is_configured_and_not_to_what_happens() -> None:
    web = workload(name="web")
    busy = {**web, "status": {"readyReplicas": 1}, "metadata": {**web["metadata"], "resourceVersion": "99"}}
    scaled = {**web, "spec": {**web["spec"], "replicas": 9}}
    assert plan(web).bound() == plan(busy).bound()
    assert plan(web).bound() != plan(scaled).bound()
    assert plan(web).bound() != plan(web, target=ClusterSide(name="else", driver=Driver("calico"))).bound()
    assert plan(web).bound() != plan(web, early=("shop/web",)).bound()
    anew = {**web, "metadata": {**web["metadata"], "uid": "another"}}
    assert plan(web).bound() != plan(anew).bound()


def test_replicas_that_an_autoscaler_sets_do_not_void_an_approval() -> None:
    web = workload(name="web")
    scaler = an(
        "HorizontalPodAutoscaler",
        "web",
        spec={
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": 1,
        },
    )
    scaled = {**web, "spec": {**web["spec"], "replicas": 9}}
    assert plan(web, scaler).bound() == plan(scaled, scaler).bound()

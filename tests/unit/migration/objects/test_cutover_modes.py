"""When objects start to work in the new cluster, and how they wait until then."""

from __future__ import annotations

import pytest

from bot.migration.objects.cutover_modes import (
    HELD,
    CutoverMode,
    Hold,
    hold_of,
    mode_of,
    waiting_form,
    why_not_early,
)
from bot.migration.objects.fields import Object
from bot.migration.objects.ownership import graph
from tests.unit.migration.builders import an, pods, workload


def mode(
    obj: Object, *related: Object, early: tuple[str, ...] = (), moving: tuple[str, ...] = ()
) -> CutoverMode:
    return mode_of(obj, early, moving, graph([obj, *related]))


@pytest.mark.parametrize(
    ("obj", "hold"),
    [
        (workload(), Hold.REPLICAS),
        (workload("StatefulSet"), Hold.REPLICAS),
        (workload("DaemonSet"), Hold.NO_NODE),
        (an("CronJob", spec={}), Hold.SUSPENDED),
        (an("Job", spec={}), Hold.SUSPENDED),
        (an("Ingress"), Hold.WITHHELD),
        (an("HorizontalPodAutoscaler", spec={"scaleTargetRef": {"name": "x"}}), Hold.WITHHELD),
        (an("MutatingWebhookConfiguration"), Hold.WITHHELD),
        (an("APIService", spec={}), Hold.WITHHELD),
        (an("Service", spec={"type": "LoadBalancer"}), Hold.CLUSTER_IP),
        (an("Service", spec={"type": "NodePort"}), Hold.NOT),
        (an("ConfigMap"), Hold.NOT),
        (an("Coupon", api="shop.example/v1"), Hold.NOT),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_how_each_kind_waits(obj: Object, hold: Hold) -> None:
    assert hold_of(obj, mode(obj)) is hold


def waiting_spec(obj: Object, hold: Hold) -> Object:
    waiting = waiting_form(obj, hold)
    assert waiting is not None
    spec: Object = waiting["spec"]
    return spec


def test_nothing_that_waits_would_work() -> None:
    assert waiting_spec(workload(), Hold.REPLICAS)["replicas"] == 0
    assert waiting_spec(an("CronJob", spec={}), Hold.SUSPENDED)["suspend"] is True
    daemon_set = waiting_spec(workload("DaemonSet"), Hold.NO_NODE)
    assert daemon_set["template"]["spec"]["nodeSelector"] == {HELD: "true"}
    assert waiting_form(an("Ingress"), Hold.WITHHELD) is None


def test_a_waiting_load_balancer_is_a_plain_service_under_its_name() -> None:
    obj = an(
        "Service",
        spec={
            "type": "LoadBalancer",
            "externalTrafficPolicy": "Local",
            "loadBalancerClass": "x",
            "ports": [{"port": 80, "nodePort": 30001}],
        },
    )
    waiting = waiting_form(obj, Hold.CLUSTER_IP)
    assert waiting is not None
    assert waiting["spec"] == {"type": "ClusterIP", "ports": [{"port": 80}]}
    assert obj["spec"]["type"] == "LoadBalancer"


def test_a_custom_resource_that_owns_workloads_is_withheld_and_mere_configuration_is_not() -> None:
    resource = an("Postgres", "db", api="db.example/v1")
    owned = an("StatefulSet", "db", owner=resource, spec={})
    pod = an("Pod", "db-0", owner=owned)
    assert mode(resource, owned, pod) is CutoverMode.AT_CUT_OVER
    assert mode(resource, an("ConfigMap", "c", owner=resource)) is CutoverMode.COPIED


def test_what_was_named_starts_early_with_its_autoscaler() -> None:
    scaler = an("HorizontalPodAutoscaler", spec={"scaleTargetRef": {"name": "web"}})
    assert mode(workload(name="web"), early=("shop/web",)) is CutoverMode.PARALLEL
    assert mode(scaler, early=("shop/web",)) is CutoverMode.COPIED
    assert mode(scaler) is CutoverMode.AT_CUT_OVER


def test_a_claim_whose_volume_moves_waits_and_another_does_not() -> None:
    claim = an("PersistentVolumeClaim", "data")
    assert mode(claim, moving=("shop/data",)) is CutoverMode.AT_CUT_OVER
    assert mode(claim) is CutoverMode.COPIED


@pytest.mark.parametrize(
    ("obj", "allowed"),
    [
        (workload(), True),
        (workload("DaemonSet"), True),
        (workload("StatefulSet"), False),
        (an("CronJob", spec={}), False),
        (
            workload(template=pods(volumes=[{"name": "d", "persistentVolumeClaim": {"claimName": "c"}}])),
            False,
        ),
        (an("Deployment", owner=an("App", api="a.example/v1"), spec={}), False),
    ],
)
def test_only_what_is_stateless_may_run_on_both_sides(obj: Object, allowed: bool) -> None:
    assert (why_not_early(obj) == "") is allowed

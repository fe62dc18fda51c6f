"""What comes before what, and how things wait for the cut-over."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.migration.objects.manifest import Object, Ref, ref_of
from bot.migration.objects.modes import HELD, Hold, Mode, held, hold_of, mode_of, why_not_early
from bot.migration.objects.order import Stage, operators, ordered, stage_of
from bot.migration.objects.ownership import graph
from tests.unit.migration.builders import an, inventory, pods, workload

CHAIN = [
    "Namespace",
    "CustomResourceDefinition",
    "StorageClass",
    "ServiceAccount",
    "ClusterRole",
    "RoleBinding",
    "Secret",
    "ResourceQuota",
    "NetworkPolicy",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Service",
    "Deployment",
    "Coupon.shop.example",
    "HorizontalPodAutoscaler",
    "Ingress",
    "CronJob",
    "ValidatingWebhookConfiguration",
]


def ref(kind: str, name: str = "x") -> Ref:
    kind, _, group = kind.partition(".")
    return Ref(group, kind, "", name)


@given(seed=st.integers())
def test_the_order_of_kinds_does_not_depend_on_the_order_they_are_given_in(seed: int) -> None:
    refs = [ref(kind) for kind in CHAIN]
    random.Random(seed).shuffle(refs)
    flat = [each.kind for _, batches in ordered(refs, graph([])) for batch in batches for each in batch]
    assert flat == [kind.partition(".")[0] for kind in CHAIN]


def test_every_object_comes_exactly_once() -> None:
    refs = [ref(kind, name) for kind in CHAIN for name in "ab"] * 2
    flat = [each for _, batches in ordered(refs, graph([])) for batch in batches for each in batch]
    assert sorted(flat) == sorted(set(refs))


def test_policies_come_before_the_pods_that_they_isolate_and_webhooks_after_all() -> None:
    assert stage_of(ref("NetworkPolicy")) < stage_of(ref("Deployment"))
    assert max(Stage) is stage_of(ref("MutatingWebhookConfiguration"))


def test_a_kind_that_is_called_like_one_of_kubernetes_is_a_custom_resource() -> None:
    assert stage_of(ref("Service.serving.knative.dev")) is Stage.CUSTOM
    assert stage_of(ref("NetworkPolicy.projectcalico.org")) is Stage.POLICIES


def test_custom_resources_come_owners_first() -> None:
    cluster = an("Cluster", "c", api="db.example/v1")
    user = an("User", "a", api="db.example/v1", owner=cluster)
    [(stage, batches)] = ordered([ref_of(user), ref_of(cluster)], graph([cluster, user]))
    assert stage is Stage.CUSTOM
    assert batches == [[ref_of(cluster)], [ref_of(user)]]


def test_a_deployment_that_writes_objects_of_a_copied_definition_is_an_operator() -> None:
    definition = an("CustomResourceDefinition", "dbs", spec={"group": "db.example"})
    role = an(
        "ClusterRole", "db", rules=[{"apiGroups": ["db.example"], "resources": ["*"], "verbs": ["update"]}]
    )
    bound = an(
        "ClusterRoleBinding",
        "db",
        roleRef={"kind": "ClusterRole", "name": "db"},
        subjects=[{"kind": "ServiceAccount", "name": "op", "namespace": "shop"}],
    )
    operator, other = workload(name="op", template=pods(serviceAccountName="op")), workload(name="web")
    resource = an("Db", "d", api="db.example/v1")
    found = inventory(definition, role, bound, operator, other, resource)
    assert operators(found, found.objects) == {ref_of(operator)}
    assert stage_of(ref_of(operator), [ref_of(operator)]) is Stage.OPERATORS


# --- modes


def mode(obj: Object, *others: Object, early: tuple[str, ...] = (), moving: tuple[str, ...] = ()) -> Mode:
    return mode_of(obj, early, moving, graph([obj, *others]))


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


def test_nothing_that_waits_would_work() -> None:
    assert held(workload(), Hold.REPLICAS)["spec"]["replicas"] == 0  # type: ignore[index]
    assert held(an("CronJob", spec={}), Hold.SUSPENDED)["spec"]["suspend"] is True  # type: ignore[index]
    assert held(workload("DaemonSet"), Hold.NO_NODE)["spec"]["template"]["spec"]["nodeSelector"] == {
        HELD: "true"
    }  # type: ignore[index]
    assert held(an("Ingress"), Hold.WITHHELD) is None


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
    made = held(obj, Hold.CLUSTER_IP)
    assert made is not None
    assert made["spec"] == {"type": "ClusterIP", "ports": [{"port": 80}]}
    assert obj["spec"]["type"] == "LoadBalancer"


def test_a_custom_resource_that_owns_workloads_is_withheld_and_mere_configuration_is_not() -> None:
    resource = an("Postgres", "db", api="db.example/v1")
    owned = an("StatefulSet", "db", owner=resource, spec={})
    pod = an("Pod", "db-0", owner=owned)
    assert mode(resource, owned, pod) is Mode.AT_CUT_OVER
    assert mode(resource, an("ConfigMap", "c", owner=resource)) is Mode.COPIED


def test_what_was_named_starts_early_with_its_autoscaler() -> None:
    scaler = an("HorizontalPodAutoscaler", spec={"scaleTargetRef": {"name": "web"}})
    assert mode(workload(name="web"), early=("shop/web",)) is Mode.PARALLEL
    assert mode(scaler, early=("shop/web",)) is Mode.COPIED
    assert mode(scaler) is Mode.AT_CUT_OVER


def test_a_claim_whose_volume_moves_waits_and_another_does_not() -> None:
    claim = an("PersistentVolumeClaim", "data")
    assert mode(claim, moving=("shop/data",)) is Mode.AT_CUT_OVER
    assert mode(claim) is Mode.COPIED


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

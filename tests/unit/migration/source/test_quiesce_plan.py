"""What is changed on the source, worked out before anything is."""

from __future__ import annotations

from typing import Any

from bot.migration.inventory.exclusion_rules import ExclusionContext
from bot.migration.inventory.served_apis import common_apis
from bot.migration.objects.fields import Object, ref_of
from bot.migration.objects.merge_patch import merged
from bot.migration.source.before_image import BeforeImage, ChangePhase, SourceChange
from bot.migration.source.quiesce_plan import build_before_image, workloads_to_quiesce
from tests.unit.migration.builders import SERVED, an, exclusion_rules, workload


def stopped_names(*objects: Object, early: tuple[str, ...] = ()) -> list[str]:
    rules = exclusion_rules(*objects, early=early)
    return [str(ref_of(obj)) for obj in workloads_to_quiesce(rules.inventory, rules, early)]


def before_image_of(*objects: Object, **overrides: Any) -> BeforeImage:
    rules: ExclusionContext = exclusion_rules(*objects)
    arguments: dict[str, Any] = {"operators": (), "volumes": (), "keep_addresses": (), **overrides}
    return build_before_image(
        migration="m1",
        workloads=workloads_to_quiesce(rules.inventory, rules, ()),
        inventory=rules.inventory,
        common_apis=common_apis(SERVED, SERVED),
        **arguments,
    )


def only_change(image: BeforeImage) -> SourceChange:
    [change] = image.changes
    return change


def test_what_keeps_pods_is_stopped_once_at_its_top() -> None:
    web = workload(name="web")
    replicas = an(
        "ReplicaSet", "web-1", owner=web, spec={"replicas": 2, "template": {"spec": {"containers": []}}}
    )
    assert stopped_names(web, replicas, an("Pod", "web-1-a", owner=replicas), an("ConfigMap", "c")) == [
        "Deployment shop/web"
    ]


def test_what_a_custom_resource_owns_is_stopped_too_and_its_operator_first() -> None:
    resource, operator = an("Postgres", "db", api="db.example/v1"), workload(name="op")
    owned = {**workload("StatefulSet", "db"), "metadata": an("StatefulSet", "db", owner=resource)["metadata"]}
    assert stopped_names(resource, owned, operator) == ["Deployment shop/op", "StatefulSet shop/db"]
    image = before_image_of(resource, owned, operator, operators=(ref_of(operator),))
    assert [(change.ref.name, change.phase) for change in image.changes] == [
        ("op", ChangePhase.OPERATORS),
        ("db", ChangePhase.SCALE),
    ]


def test_the_running_job_of_a_cron_job_is_stopped_and_a_finished_one_is_not() -> None:
    cron = an("CronJob", "report", spec={"suspend": False})
    runs = an("Job", "report-1", owner=cron, spec={})
    finished = an(
        "Job",
        "report-0",
        owner=cron,
        spec={},
        status={"conditions": [{"type": "Complete", "status": "True"}]},
    )
    assert stopped_names(cron, runs, finished) == ["CronJob shop/report", "Job shop/report-1"]


def test_what_stays_behind_or_runs_on_both_sides_is_not_stopped() -> None:
    skipped = workload(name="legacy")
    skipped["metadata"]["annotations"] = {"xk8s.io/migrate": "skip"}
    assert stopped_names(skipped, workload(name="web"), early=("shop/web",)) == []


def test_replicas_are_noted_and_what_is_at_0_or_suspended_already_is_left_alone() -> None:
    change = only_change(
        before_image_of(
            workload(name="web", replicas=3),
            workload(name="idle", replicas=0),
            an("CronJob", "off", spec={"suspend": True}),
        )
    )
    assert change.ref.name == "web" and change.what == "3 replicas → 0"
    assert change.patch == {"metadata": {"annotations": {"xk8s.io/replicas": "3"}}, "spec": {"replicas": 0}}
    assert change.restore == {"metadata": {"annotations": None}, "spec": {"replicas": 3}}


def test_a_daemon_set_keeps_the_selector_it_had() -> None:
    agent = workload("DaemonSet", "agent")
    agent["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "ssd"}
    change = only_change(before_image_of(agent))
    waiting = merged(agent, dict(change.patch))
    assert waiting["spec"]["template"]["spec"]["nodeSelector"] == {"disk": "ssd", "xk8s.io/held": "true"}
    assert merged(waiting, dict(change.restore)) == agent


def test_a_floating_ip_is_kept_by_annotation_where_it_moves() -> None:
    service = an("Service", "web", spec={"type": "LoadBalancer"})
    change = only_change(before_image_of(service, keep_addresses=(ref_of(service),)))
    assert (change.phase, change.patch) == (
        ChangePhase.ADDRESS,
        {"metadata": {"annotations": {"loadbalancer.openstack.org/keep-floatingip": "true"}}},
    )


def test_nothing_of_a_secret_is_in_an_image() -> None:
    image = before_image_of(workload(), an("Secret", "s", data={"password": "aHVudGVyMg=="}))
    assert "aHVudGVyMg" not in repr(image)

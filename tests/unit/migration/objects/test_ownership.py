"""Owners and controllers, by uid."""

from __future__ import annotations

from bot.migration.objects.fields import Object, ref_of, uid_of
from bot.migration.objects.ownership import graph
from tests.unit.migration.builders import an, workload

WEB = workload(name="web")
REPLICAS = an("ReplicaSet", "web-1", owner=WEB)
POD = an("Pod", "web-1-a", owner=REPLICAS)


def names(objects: list[Object]) -> list[str]:
    return [obj["metadata"]["name"] for obj in objects]


def test_the_controllers_of_a_pod_lead_to_its_deployment() -> None:
    owners = graph([WEB, REPLICAS, POD])
    assert names(list(owners.controllers(POD))) == ["web-1", "web"]
    assert owners.root(POD) is WEB and owners.root(WEB) is WEB


def test_an_owner_that_was_not_read_is_an_ancestor_and_no_root() -> None:
    owners = graph([REPLICAS, POD])
    assert owners.root(POD) is REPLICAS
    assert owners.ancestors(uid_of(POD)) == {uid_of(REPLICAS), uid_of(WEB)}
    assert owners.ancestors("unknown") == set()


def test_descendants_are_direct_and_indirect() -> None:
    owners = graph([WEB, REPLICAS, POD, an("ConfigMap", "c", owner=WEB, controls=False)])
    assert set(owners.descendants(WEB)) == {ref_of(REPLICAS), ref_of(POD)}
    assert list(owners.descendants(POD)) == []


def test_owners_that_control_each_other_do_not_loop() -> None:
    first, second = an("A", "one", api="a.example/v1"), an("A", "other", api="a.example/v1")
    for obj, owner in ((first, second), (second, first)):
        obj["metadata"]["ownerReferences"] = an("A", api="a.example/v1", owner=owner)["metadata"][
            "ownerReferences"
        ]
    owners = graph([first, second])
    assert names(list(owners.controllers(first))) == ["other", "one"]
    assert set(owners.descendants(first)) == {ref_of(first), ref_of(second)}


def test_only_a_workload_makes_a_workloads_parts() -> None:
    owners = graph([WEB, REPLICAS])
    assert owners.is_made_by_workload(REPLICAS) and not owners.is_made_by_workload(WEB)
    operated = workload("StatefulSet", "db")
    operated["metadata"]["ownerReferences"] = an("X", owner=an("Postgres", api="db.example/v1"))["metadata"][
        "ownerReferences"
    ]
    assert not owners.is_made_by_workload(operated)

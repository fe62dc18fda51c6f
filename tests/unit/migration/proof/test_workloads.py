"""What of the target's workloads, endpoints and claims is less than it was."""

from __future__ import annotations

from typing import Any

import pytest

from bot.migration.inventory.api_discovery import ApiResource
from bot.migration.inventory.baseline import Baseline, RunningWorkload
from bot.migration.inventory.cluster_objects import Inventory, Unread
from bot.migration.objects.manifest import Object, Ref, ref_of
from bot.migration.proof import claims, endpoints, readiness, restarts
from bot.migration.volumes.choices import PlannedVolume, VolumeChoice
from tests.unit.migration.builders import an, inventory, plan, workload

CART = Ref("", "Service", "shop", "cart")


def vitals_of(*running: RunningWorkload, **counts: int) -> Baseline:
    found = tuple((Ref("", "Service", "shop", name), count) for name, count in counts.items())
    return Baseline(running=running, endpoints=found)


def service(name: str = "cart", **spec: Any) -> Object:
    return an("Service", name, spec={"selector": {"app": "x"}, "ports": [{"port": 80}], **spec})


def slices(ready: int, name: str = "cart", not_ready: int = 0) -> Object:
    found = [
        {"addresses": [f"10.0.0.{number}"], "conditions": {"ready": number < ready}}
        for number in range(ready + not_ready)
    ]
    return an("EndpointSlice", f"{name}-1", labels={"kubernetes.io/service-name": name}, endpoints=found)


def faults(found: Any) -> list[str]:
    return [str(each) for each in found.faults]


def test_a_service_with_fewer_ready_endpoints_is_named_with_both_numbers() -> None:
    now = inventory(service(), workload(replicas=3), slices(2, not_ready=1))
    found = endpoints.check(plan(service()), vitals_of(cart=3), {}, now)
    assert faults(found) == ["Service shop/cart: 2 ready endpoints, expected at least 3 (the source had 3)"]
    assert not endpoints.check(plan(service()), vitals_of(cart=2), {}, now).faults


def test_a_service_that_is_not_copied_is_not_asked_for() -> None:
    found = endpoints.check(plan(), vitals_of(cart=3), {}, inventory())
    assert (found.looked, found.faults) == (0, ())


def test_a_service_needs_no_more_endpoints_than_its_workloads_are_meant_to_have() -> None:
    """Fewer nodes for a DaemonSet, and an autoscaler that has scaled down, are no fault."""
    agent = workload("DaemonSet", "agent")
    agent["metadata"]["generation"] = 1
    agent["status"] = {"observedGeneration": 1, "desiredNumberScheduled": 2}
    assert not endpoints.check(
        plan(service()), vitals_of(cart=5), {}, inventory(service(), agent, slices(2))
    ).faults
    scaled = inventory(service(), workload(replicas=2), slices(1))
    assert (
        "1 ready endpoint, expected at least 2"
        in faults(endpoints.check(plan(service()), vitals_of(cart=5), {}, scaled))[0]
    )


def test_what_a_deployment_makes_is_not_counted_twice() -> None:
    parent = workload(replicas=2)
    child = workload("ReplicaSet", "x-1", replicas=2)
    child["metadata"]["ownerReferences"] = an("Pod", owner=parent)["metadata"]["ownerReferences"]
    now = inventory(service(), parent, child, slices(2))
    assert not endpoints.check(plan(service()), vitals_of(cart=4), {}, now).faults


def test_each_address_family_counts_for_itself() -> None:
    both = service(ipFamilies=["IPv4", "IPv6"])
    now = inventory(both, workload(replicas=2), slices(3))
    assert (
        "3 ready endpoints, expected at least 4"
        in faults(endpoints.check(plan(both), vitals_of(cart=4), {}, now))[0]
    )


def test_hand_made_slices_and_endpoints_must_be_there() -> None:
    by_hand = an("EndpointSlice", "db", endpoints=[{"addresses": ["192.0.2.7"]}])
    old = an("Endpoints", "legacy", subsets=[{"addresses": [{"ip": "192.0.2.8"}, {"ip": "192.0.2.9"}]}])
    wanted = {ref_of(each): each for each in (by_hand, old)}
    found = endpoints.check(plan(by_hand, old), vitals_of(), wanted, inventory(slices(1, "legacy")))
    assert len(found.faults) == 2 and found.looked == 2
    assert (
        "EndpointSlice shop/db: 0 addresses" in faults(found)[0] and "legacy: 1 address" in faults(found)[1]
    )
    good = inventory(by_hand, slices(2, "legacy"))
    assert not endpoints.check(plan(by_hand, old), vitals_of(), wanted, good).faults


def test_what_may_not_be_listed_is_said_as_not_checked() -> None:
    resource = ApiResource(
        group="discovery.k8s.io", version="v1", kind="EndpointSlice", plural="endpointslices", namespaced=True
    )
    now = Inventory(
        surface=inventory().surface,
        namespaces=("shop",),
        objects={},
        unread=(Unread(resource=resource, why="HTTP 403"),),
    )
    found = endpoints.check(plan(service()), vitals_of(cart=3), {}, now)
    assert (
        not found.faults
        and "endpointslices of the new cluster may not be listed (HTTP 403)" in found.unchecked[0]
    )


def a_pod(owner: Object, restarts: int, **last: Any) -> Object:
    status = {"name": "c", "restartCount": restarts, "lastState": {"terminated": last} if last else {}}
    return an("Pod", "x-1-a", owner=owner, status={"phase": "Running", "containerStatuses": [status]})


def test_a_container_that_was_restarted_again_and_again_is_named_with_its_last_reason() -> None:
    deployment = workload()
    now = inventory(deployment, a_pod(deployment, 3, reason="OOMKilled", exitCode=137))
    found = restarts.check(plan(deployment), vitals_of(), now)
    assert faults(found)[0].startswith(
        "Pod shop/x-1-a, container c: restarted 3 times, last OOMKilled, exit code 137, expected at most 1"
    )


@pytest.mark.parametrize("count", [0, 1])
def test_one_restart_is_let_pass(count: int) -> None:
    deployment = workload()
    assert not restarts.check(
        plan(deployment), vitals_of(), inventory(deployment, a_pod(deployment, count))
    ).faults


def test_pods_of_others_and_of_jobs_are_not_counted() -> None:
    deployment, job = workload(), an("Job", "import", spec={})
    now = inventory(deployment, a_pod(deployment, 9), job)
    assert not restarts.check(plan(), vitals_of(), now).faults
    assert not restarts.check(plan(job), vitals_of(), inventory(job, a_pod(job, 9))).faults


def test_jobs_and_autoscaled_workloads_are_measured_by_what_they_are_meant_to_be() -> None:
    ready = {"ready": 4, "images": {}}
    cart, job = Ref("apps", "Deployment", "shop", "x"), Ref("batch", "Job", "shop", "import")
    assert readiness.ready_pods(RunningWorkload(ref=job, **ready), None, scaled=False) == 0
    assert readiness.ready_pods(RunningWorkload(ref=cart, **ready), workload(replicas=2), scaled=False) == 4
    assert readiness.ready_pods(RunningWorkload(ref=cart, **ready), workload(replicas=2), scaled=True) == 2


DATA = PlannedVolume(
    claim=Ref("", "PersistentVolumeClaim", "shop", "data"),
    claim_uid="u",
    choice=VolumeChoice.REATTACH,
    volume="pv-1",
    backend="cinder.csi.openstack.org",
    handle="vol-1",
    size="20Gi",
    consumers=("StatefulSet shop/db",),
)


def claim(phase: str = "Bound", volume: str = "pv-1", size: str = "20Gi") -> Object:
    return an(
        "PersistentVolumeClaim",
        "data",
        spec={"volumeName": volume},
        status={"phase": phase, "capacity": {"storage": size}},
    )


def disk(handle: str = "vol-1", size: str = "20Gi", name: str = "pv-1") -> Object:
    return an("PersistentVolume", name, spec={"csi": {"volumeHandle": handle}, "capacity": {"storage": size}})


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ((claim(), disk()), ""),
        ((claim(), disk(size="21474836480")), ""),
        ((), "it is missing, expected Bound"),
        ((claim("Pending"), disk()), "it is Pending, expected Bound"),
        (
            (claim(), disk("vol-2")),
            "bound to pv-1, which is the Cinder volume vol-2, expected the Cinder volume vol-1",
        ),
        (
            (claim(volume="pv-9"), disk()),
            "bound to pv-9, which is not there, expected the Cinder volume vol-1",
        ),
        ((claim(), disk(size="10Gi")), "its volume is of 10Gi, expected at least 20Gi"),
        ((claim(size="1Gi"), disk()), "it is of 1Gi, expected at least 20Gi"),
    ],
    ids=[
        "same",
        "same-in-bytes",
        "gone",
        "pending",
        "other-disk",
        "no-volume",
        "small-volume",
        "small-claim",
    ],
)
def test_a_claim_whose_disk_moved_has_that_disk(now: tuple[Object, ...], expected: str) -> None:
    found = faults(claims.check(plan(volumes=(DATA,)), vitals_of(), inventory(*now)))
    assert found == ([f"PersistentVolumeClaim shop/data: {expected}"] if expected else [])


def test_an_empty_claim_must_be_bound_only_if_something_that_runs_uses_it() -> None:
    import dataclasses

    empty = dataclasses.replace(DATA, choice=VolumeChoice.EMPTY)
    database = RunningWorkload(ref=Ref("apps", "StatefulSet", "shop", "db"), ready=1, images={})
    waiting = inventory(claim("Pending"))
    assert claims.check(plan(volumes=(empty,)), vitals_of(database), waiting).faults
    assert not claims.check(plan(volumes=(empty,)), vitals_of(), waiting).faults

"""Services that have fewer ready addresses than on the source."""

from __future__ import annotations

from typing import Any

from bot.migration.inventory.cluster_objects import Inventory, Unread
from bot.migration.inventory.served_apis import ApiResource
from bot.migration.objects.fields import Object, Ref, ref_of
from bot.migration.proof import endpoints
from tests.unit.migration.builders import an, inventory, plan, workload
from tests.unit.migration.proof.results import baseline, faults

CART = Ref("", "Service", "shop", "cart")


def service(name: str = "cart", **spec: Any) -> Object:
    return an("Service", name, spec={"selector": {"app": "x"}, "ports": [{"port": 80}], **spec})


def slices(ready: int, name: str = "cart", not_ready: int = 0) -> Object:
    entries = [
        {"addresses": [f"10.0.0.{number}"], "conditions": {"ready": number < ready}}
        for number in range(ready + not_ready)
    ]
    return an("EndpointSlice", f"{name}-1", labels={"kubernetes.io/service-name": name}, endpoints=entries)


def test_a_service_with_fewer_ready_endpoints_is_named_with_both_numbers() -> None:
    now = inventory(service(), workload(replicas=3), slices(2, not_ready=1))
    result = endpoints.check(plan(service()), baseline(cart=3), {}, now)
    assert faults(result) == ["Service shop/cart: 2 ready endpoints, expected at least 3 (the source had 3)"]
    assert not endpoints.check(plan(service()), baseline(cart=2), {}, now).faults


def test_a_service_that_is_not_copied_is_not_asked_for() -> None:
    result = endpoints.check(plan(), baseline(cart=3), {}, inventory())
    assert (result.checked_count, result.faults) == (0, ())


def test_a_service_needs_no_more_endpoints_than_its_workloads_are_meant_to_have() -> None:
    """Fewer nodes for a DaemonSet, and an autoscaler that has scaled down, are no fault."""
    agent = workload("DaemonSet", "agent")
    agent["metadata"]["generation"] = 1
    agent["status"] = {"observedGeneration": 1, "desiredNumberScheduled": 2}
    assert not endpoints.check(
        plan(service()), baseline(cart=5), {}, inventory(service(), agent, slices(2))
    ).faults
    scaled = inventory(service(), workload(replicas=2), slices(1))
    assert (
        "1 ready endpoint, expected at least 2"
        in faults(endpoints.check(plan(service()), baseline(cart=5), {}, scaled))[0]
    )


def test_what_a_deployment_makes_is_not_counted_twice() -> None:
    parent = workload(replicas=2)
    child = workload("ReplicaSet", "x-1", replicas=2)
    child["metadata"]["ownerReferences"] = an("Pod", owner=parent)["metadata"]["ownerReferences"]
    now = inventory(service(), parent, child, slices(2))
    assert not endpoints.check(plan(service()), baseline(cart=4), {}, now).faults


def test_each_address_family_counts_for_itself() -> None:
    both = service(ipFamilies=["IPv4", "IPv6"])
    now = inventory(both, workload(replicas=2), slices(3))
    assert (
        "3 ready endpoints, expected at least 4"
        in faults(endpoints.check(plan(both), baseline(cart=4), {}, now))[0]
    )


def test_hand_made_slices_and_endpoints_must_be_there() -> None:
    by_hand = an("EndpointSlice", "db", endpoints=[{"addresses": ["192.0.2.7"]}])
    old = an("Endpoints", "legacy", subsets=[{"addresses": [{"ip": "192.0.2.8"}, {"ip": "192.0.2.9"}]}])
    planned = {ref_of(obj): obj for obj in (by_hand, old)}
    result = endpoints.check(plan(by_hand, old), baseline(), planned, inventory(slices(1, "legacy")))
    assert len(result.faults) == 2 and result.checked_count == 2
    assert (
        "EndpointSlice shop/db: 0 addresses" in faults(result)[0] and "legacy: 1 address" in faults(result)[1]
    )
    good = inventory(by_hand, slices(2, "legacy"))
    assert not endpoints.check(plan(by_hand, old), baseline(), planned, good).faults


def test_what_may_not_be_listed_is_reported_as_not_checked() -> None:
    resource = ApiResource(
        group="discovery.k8s.io", version="v1", kind="EndpointSlice", plural="endpointslices", namespaced=True
    )
    now = Inventory(
        surface=inventory().surface,
        namespaces=("shop",),
        objects={},
        unread=(Unread(resource=resource, why="HTTP 403"),),
    )
    result = endpoints.check(plan(service()), baseline(cart=3), {}, now)
    assert (
        not result.faults
        and "endpointslices of the new cluster may not be listed (HTTP 403)" in result.unchecked[0]
    )

"""How a source was doing: ready pods, image digests and endpoints."""

from __future__ import annotations

from typing import Any

from bot.migration.inventory.baseline import Baseline, changed_images, is_ready, measure, regressions
from bot.migration.objects.fields import Object, Ref, ref_of
from tests.unit.migration.builders import an, inventory, workload

WEB = workload(name="web")
REPLICAS = an("ReplicaSet", "web-1", owner=WEB, spec={})
CART = an("Service", "cart", spec={"selector": {"app": "x"}})


def pod(name: str, *, ready: bool = True, image: str = "sha256:a", **meta: Any) -> Object:
    status = {
        "conditions": [{"type": "Ready", "status": str(ready)}],
        "containerStatuses": [{"name": "c", "ready": ready, "imageID": f"registry/app@{image}"}],
    }
    return an("Pod", name, owner=REPLICAS, status=status, meta=meta)


def endpoint_slice(*ready: bool | None) -> Object:
    endpoints = [
        {"addresses": ["10.0.0.1"], "conditions": {} if value is None else {"ready": value}}
        for value in ready
    ]
    return an("EndpointSlice", "cart-1", labels={"kubernetes.io/service-name": "cart"}, endpoints=endpoints)


def measured(*objects: Object) -> Baseline:
    return measure(inventory(WEB, REPLICAS, CART, *objects), [ref_of(WEB), ref_of(CART)])


def test_ready_pods_count_for_the_workload_at_the_top() -> None:
    baseline = measured(pod("a"), pod("b"), pod("c", ready=False))
    assert [(workload.ref.kind, workload.ready) for workload in baseline.running] == [("Deployment", 2)]
    assert baseline.ready(ref_of(WEB)) == 2
    assert baseline.ready(Ref("apps", "Deployment", "shop", "other")) == 0


def test_a_pod_that_is_being_deleted_is_not_ready() -> None:
    assert is_ready(pod("a")) and not is_ready(pod("a", deletionTimestamp="2026-01-01T00:00:00Z"))


def test_images_of_ready_containers_are_known_by_their_digests() -> None:
    [web] = measured(pod("a"), pod("b", image="sha256:b"), pod("c", ready=False, image="sha256:c")).running
    assert web.images == {"c": ("sha256:a", "sha256:b")}


def test_endpoints_are_counted_for_services_with_a_selector() -> None:
    by_hand = an("Service", "legacy", spec={})
    baseline = measured(endpoint_slice(True, False, None), by_hand)
    assert baseline.endpoints == ((ref_of(CART), 2),), "one without a condition is ready"


def test_less_than_before_is_named_and_more_is_not() -> None:
    before = measured(pod("a"), pod("b"), endpoint_slice(True, True))
    assert regressions(before, measured(pod("a"), endpoint_slice(True))) == [
        "Deployment shop/web: 1 of 2 pods ready",
        "Service shop/cart: 1 of 2 endpoints",
    ]
    assert regressions(before, measured(pod("a"), pod("b"), pod("c"), endpoint_slice(True, True, True))) == []


def test_a_tag_that_has_moved_is_named_with_both_images() -> None:
    before, now = measured(pod("a")), measured(pod("a", image="sha256:b"))
    assert changed_images(before, now) == ["Deployment shop/web: c runs sha256:b, it was sha256:a"]
    assert changed_images(before, measured(pod("a"))) == []
    assert changed_images(measured(), now) == [], "nothing ran before"

"""The fingerprint of an object's configuration."""

from __future__ import annotations

from bot.migration.objects.fields import ref_of
from bot.migration.objects.fingerprint import autoscaled, fingerprint
from tests.unit.migration.builders import an, workload

WEB = workload(name="web")
SCALER = an(
    "HorizontalPodAutoscaler",
    spec={"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
)


def test_the_target_of_an_autoscaler_is_in_its_namespace() -> None:
    assert autoscaled([SCALER, WEB]) == {ref_of(WEB)}


def test_replicas_are_configuration_unless_an_autoscaler_sets_them() -> None:
    scaled_up = {**WEB, "spec": {**WEB["spec"], "replicas": 9}}
    scaled = frozenset({ref_of(WEB)})
    assert fingerprint(WEB, b"k", frozenset()) != fingerprint(scaled_up, b"k", frozenset())
    assert fingerprint(WEB, b"k", scaled) == fingerprint(scaled_up, b"k", scaled)


def test_replicas_of_a_kind_that_is_not_scaled_are_configuration() -> None:
    coupon = an("Coupon", api="shop.example/v1", spec={"replicas": 1})
    scaled_up = {**coupon, "spec": {"replicas": 2}}
    scaled = frozenset({ref_of(coupon)})
    assert fingerprint(coupon, b"k", scaled) != fingerprint(scaled_up, b"k", scaled)

"""Ports, labels and addresses of pods, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.policy.manifests.pod_templates import read_pod_addresses, read_template
from bot.policy.reach.field_errors import FieldErrors


def mistakes(**spec: Any) -> list[str]:
    errors = FieldErrors()
    read_template({"spec": spec}, "spec.template", errors)
    return [str(error) for error in errors.errors]


def ports(*entries: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"ports": list(entries)}]


@pytest.mark.parametrize(
    ("spec", "mistake"),
    [
        ({"containers": ports({"containerPort": 0})}, "containerPort: must be a number between 1 and 65535"),
        (
            {"containers": ports({"containerPort": True})},
            "containerPort: must be a number between 1 and 65535",
        ),
        ({"containers": ports({})}, "containerPort: must be a number between 1 and 65535, not None"),
        (
            {"containers": ports({"containerPort": 80, "protocol": "ICMP"})},
            "protocol: must be TCP, UDP or SCTP",
        ),
        ({"hostNetwork": "yes"}, "spec.template.spec.hostNetwork: must be true or false, not text"),
        ({"containers": {}}, "spec.template.spec.containers: must be a list"),
    ],
)
def test_a_mistake_is_reported_with_its_field(spec: dict[str, Any], mistake: str) -> None:
    (reported,) = mistakes(**spec)
    assert mistake in reported


def test_ports_of_init_containers_that_end_are_not_looked_at() -> None:
    assert mistakes(initContainers=ports({"containerPort": 0})) == []


def test_a_pod_has_the_addresses_of_its_status() -> None:
    both = {"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}, "broken"]}
    assert [str(address) for address in read_pod_addresses(both)] == ["10.0.0.1", "fd00::1"]
    assert [str(address) for address in read_pod_addresses({"podIP": "10.0.0.1"})] == ["10.0.0.1"]
    assert read_pod_addresses({}) == ()

"""NetworkPolicies that name addresses of the old cluster."""

from __future__ import annotations

from tests.unit.migration.builders import an
from tests.unit.migration.objects.transforms.results import warnings_of


def test_a_policy_that_names_the_old_clusters_addresses_is_reported() -> None:
    for cidr, meaning in (
        ("10.101.0.0/16", "a pod address"),
        ("10.254.0.10/32", "a service address"),
        ("10.0.1.11/32", "a node address"),
    ):
        obj = an("NetworkPolicy", spec={"podSelector": {}, "egress": [{"to": [{"ipBlock": {"cidr": cidr}}]}]})
        assert meaning in warnings_of(obj)
    assert not warnings_of(
        an(
            "NetworkPolicy",
            spec={"podSelector": {}, "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]},
        )
    )

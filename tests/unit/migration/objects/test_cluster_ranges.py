"""What an address is in the source."""

from __future__ import annotations

import pytest

from bot.migration.objects.cluster_ranges import ClusterRanges

RANGES = ClusterRanges(
    pods=("10.100.0.0/16", "no cidr"),
    services=("10.254.0.0/16",),
    nodes=("10.0.1.11",),
    others=("203.0.113.9", "lb"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.100.3.4", "a pod address"),
        ("10.100.3.0/24", "a pod address"),
        ("10.0.0.0/8", ""),
        ("10.254.0.1/32", "a service address"),
        ("10.0.1.11", "a node address"),
        ("203.0.113.9", "an address of the old cluster"),
        ("198.51.100.1", ""),
        ("fd00::1", ""),
        ("no address", ""),
        ("", ""),
    ],
)
def test_an_address_or_a_block_within_a_range_is_described(text: str, expected: str) -> None:
    assert RANGES.describe(text) == expected

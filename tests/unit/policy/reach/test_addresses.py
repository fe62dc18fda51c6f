"""Addresses on one line: blocks with exceptions as ranges, and the pods in them."""

from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from bot.policy.reach.addresses import (
    END,
    IPV6_START,
    AddressIndex,
    address_at,
    format_range,
    parse_addresses,
    position,
    ranges_of,
)
from bot.policy.reach.endpoints import Endpoints
from bot.policy.reach.external_ranges import merge_neighbours
from bot.policy.reach.model import Address, ClusterModel, IPBlock
from bot.policy.reach.pod_index import PodIndex
from tests.unit.policy.reach.cluster_strategies import clusters, ip_blocks

addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
blocks = ip_blocks().map(
    lambda block: IPBlock(
        ipaddress.ip_network(block["cidr"]), tuple(map(ipaddress.ip_network, block.get("except", ())))
    )
)


@given(addresses)
def test_every_address_has_a_position_and_the_families_do_not_mix(address: Address) -> None:
    assert address_at(position(address)) == address
    assert (position(address) >= IPV6_START) == (address.version == 6) and position(address) < END


@given(blocks)
def test_the_ranges_of_a_block_are_its_addresses_without_the_exceptions(block: IPBlock) -> None:
    ranges = ranges_of(block)
    assert list(ranges) == sorted(ranges)
    assert all(first <= last for first, last in ranges)
    networks = (block.cidr, *block.excepts)
    ends = {end for network in networks for end in (network.network_address, network.broadcast_address)}
    probes = {position(end) + step for end in ends for step in (-1, 0, 1)}
    for place in sorted(probes):
        if 0 <= place < END and (place >= IPV6_START) == (block.cidr.version == 6):
            address = address_at(place)
            inside = address in block.cidr and not any(address in network for network in block.excepts)
            assert any(first <= place <= last for first, last in ranges) == inside, address


def test_pods_are_found_once_by_any_of_their_addresses() -> None:
    texts = ("10.0.0.1", "10.0.0.2", "fd00::1")
    index = AddressIndex(zip(parse_addresses(texts), (0, 0, 1), strict=True), 2)
    everything = [(0, IPV6_START - 1), (IPV6_START, END - 1)]
    assert index.pods_within(everything).tolist() == [0, 1]
    assert index.pods_within([(position(ipaddress.ip_address("10.0.0.2")),) * 2]).tolist() == [0]
    assert index.pods_within([(0, 5)]).tolist() == []


def test_what_is_no_address_is_passed_over() -> None:
    assert parse_addresses(["node-1.example", "", None, "10.0.0.1"]) == (ipaddress.ip_address("10.0.0.1"),)


def test_a_range_is_written_with_both_ends_also_where_they_are_one_address() -> None:
    assert format_range((5, 5)) == "0.0.0.5-0.0.0.5"


@given(clusters(), st.lists(blocks, max_size=3), st.lists(blocks, max_size=2))
def test_each_endpoint_knows_the_one_that_it_was_split_off(
    cluster: ClusterModel, first: list[IPBlock], second: list[IPBlock]
) -> None:
    before, _ = Endpoints.unsplit(PodIndex(cluster)).split(first)
    after, parents = before.split(second)
    assert len(parents) == after.count
    assert parents[after.of_pod].tolist() == before.of_pod.tolist()
    for start in after.range_starts:
        assert parents[after.range_endpoint(start)] == before.range_endpoint(start)
    assert [first for first, _ in after.ranges()] == after.range_starts


def test_neighbours_of_two_families_are_never_merged() -> None:
    ranges = [((0, 9), 1), ((10, IPV6_START - 1), 2), ((IPV6_START, END - 1), 3)]
    assert merge_neighbours(ranges, lambda _: "same") == [
        ((0, IPV6_START - 1), 1),
        ((IPV6_START, END - 1), 3),
    ]

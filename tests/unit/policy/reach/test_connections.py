"""Sets of connections against plain sets of numbers, and how they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.reach.connections import ALL, NOTHING, Connections, resolve_ports
from bot.policy.reach.model import ContainerPort, PortRule, Protocol

ENDS = (1, 2, 3, 5, 6, 65533, 65534, 65535)
Plain = frozenset[tuple[Protocol, int]]
PROBES = [(protocol, port) for protocol in Protocol for port in (*ENDS, 4, 7, 65532)]

parts = st.tuples(st.sampled_from(list(Protocol)), st.sampled_from(ENDS), st.sampled_from(ENDS))
sets = st.lists(parts, max_size=4).map(
    lambda drawn: Connections.union(Connections.of(*part) for part in drawn)
)


def plain(connections: Connections) -> Plain:
    return frozenset(probe for probe in PROBES if connections.contains(*probe))


@given(sets, sets)
def test_they_behave_like_sets(left: Connections, right: Connections) -> None:
    assert plain(left & right) == plain(left) & plain(right)
    assert plain(left | right) == plain(left) | plain(right)
    assert plain(left - right) == plain(left) - plain(right)
    assert plain(left.complement()) == frozenset(PROBES) - plain(left)


@given(sets, sets)
def test_equal_sets_are_equal_values_with_one_text(left: Connections, right: Connections) -> None:
    assert (left | right) == (right | left)
    assert (left & right) == (right & left)
    assert left.complement().complement() == left
    assert (str(left) == str(right)) == (left == right)


@pytest.mark.parametrize(
    ("connections", "text"),
    [
        (ALL, "All Connections"),
        (NOTHING, "No Connections"),
        (Connections.of(Protocol.TCP), "TCP"),
        (Connections.of(Protocol.TCP, 80, 80) | Connections.of(Protocol.TCP, 8080, 8090), "TCP 80,8080-8090"),
        (Connections.of(Protocol.UDP, 53, 53) | Connections.of(Protocol.TCP, 80, 80), "TCP 80,UDP 53"),
        (Connections.of(Protocol.TCP, 80, 80) | Connections.of(Protocol.TCP, 81, 81), "TCP 80-81"),
        (Connections.of(Protocol.TCP) | Connections.of(Protocol.UDP), "TCP,UDP"),
        (Connections.of(Protocol.SCTP) | Connections.of(Protocol.TCP, 2), "SCTP,TCP 2-65535"),
        (Connections.of(Protocol.TCP, 1, 65535), "TCP"),
    ],
)
def test_how_they_are_written(connections: Connections, text: str) -> None:
    assert str(connections) == text


def test_all_three_protocols_together_are_everything() -> None:
    assert Connections.union(Connections.of(protocol) for protocol in Protocol) == ALL


@pytest.mark.parametrize(
    ("port", "text"),
    [
        pytest.param(PortRule(Protocol.UDP), "UDP", id="no-port-is-all-ports"),
        pytest.param(PortRule(Protocol.TCP, 80), "TCP 80", id="a-number"),
        pytest.param(PortRule(Protocol.TCP, 80, 90), "TCP 80-90", id="a-range"),
        pytest.param(PortRule(Protocol.TCP, "http"), "TCP 80,8080", id="a-name-of-two-ports-is-both"),
        pytest.param(PortRule(Protocol.UDP, "http"), "UDP 81", id="a-name-of-the-same-protocol-only"),
        pytest.param(PortRule(Protocol.TCP, "grpc"), "No Connections", id="a-name-that-no-port-has"),
    ],
)
def test_a_port_of_a_rule_is_resolved_at_the_destination(port: PortRule, text: str) -> None:
    named_ports = frozenset(
        ContainerPort("http", protocol, number)
        for protocol, number in ((Protocol.TCP, 80), (Protocol.TCP, 8080), (Protocol.UDP, 81))
    )
    assert str(resolve_ports((port,), named_ports)) == text

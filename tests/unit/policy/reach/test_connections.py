"""Sets of connections against plain sets of numbers, and how they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.reach.connection_sets import ConnectionSetTable
from bot.policy.reach.connections import ALL, NOTHING, Connections
from bot.policy.reach.model import Protocol

ENDS = (1, 2, 3, 5, 6, 65533, 65534, 65535)
Plain = frozenset[tuple[Protocol, int]]
PROBES = [(protocol, port) for protocol in Protocol for port in (*ENDS, 4, 7, 65532)]

parts = st.tuples(st.sampled_from(list(Protocol)), st.sampled_from(ENDS), st.sampled_from(ENDS))
sets = st.lists(parts, max_size=4).map(lambda each: Connections.union(Connections.of(*part) for part in each))


def plain(connections: Connections) -> Plain:
    return frozenset(probe for probe in PROBES if connections.contains(*probe))


@given(sets, sets)
def test_they_behave_like_sets(one: Connections, other: Connections) -> None:
    assert plain(one & other) == plain(one) & plain(other)
    assert plain(one | other) == plain(one) | plain(other)
    assert plain(one - other) == plain(one) - plain(other)
    assert plain(one.complement()) == frozenset(PROBES) - plain(one)


@given(sets, sets)
def test_equal_sets_are_equal_values_with_one_text(one: Connections, other: Connections) -> None:
    assert (one | other) == (other | one)
    assert (one & other) == (other & one)
    assert one.complement().complement() == one
    assert (str(one) == str(other)) == (one == other)


@given(st.lists(sets, min_size=1, max_size=6), st.lists(sets, min_size=1, max_size=6))
def test_a_table_of_numbers_says_the_same(left: list[Connections], right: list[Connections]) -> None:
    import numpy as np

    table = ConnectionSetTable()
    pairs = [(one, other) for one in left for other in right]
    first = np.array([table.number(one) for one, _ in pairs], dtype=np.int32)
    second = np.array([table.number(other) for _, other in pairs], dtype=np.int32)
    for _ in range(2):  # what is worked out and what is remembered
        assert [table[each] for each in table.intersections(first, second)] == [
            one & other for one, other in pairs
        ]
        assert [table[each] for each in table.unions(first, second)] == [one | other for one, other in pairs]
        assert [table[each] for each in table.differences(first, second)] == [
            one - other for one, other in pairs
        ]
        assert [table[table.union(int(a), int(b))] for a, b in zip(first, second, strict=True)] == [
            one | other for one, other in pairs
        ]


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


def test_a_table_that_outgrows_its_square_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    from bot.policy.reach import connection_sets as module

    monkeypatch.setattr(module, "LARGEST_TABLE", 8)
    table = ConnectionSetTable()
    many = [Connections.of(Protocol.TCP, first, first + 50) for first in range(1, 400)]
    numbers = np.array([table.number(each) for each in many], dtype=np.int32)
    found = table.intersections(numbers, np.roll(numbers, 1))
    assert [table[each] for each in found] == [one & many[at - 1] for at, one in enumerate(many)]

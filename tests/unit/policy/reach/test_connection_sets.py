"""The table of connection sets against the sets themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.reach import connection_sets
from bot.policy.reach.arrays import Numbers
from bot.policy.reach.connection_sets import EMPTY, FULL, ConnectionSetTable
from bot.policy.reach.connections import ALL, NOTHING, Connections
from bot.policy.reach.model import Protocol
from tests.unit.policy.reach.test_connections import sets

set_lists = st.lists(sets, min_size=1, max_size=6)


@given(set_lists, set_lists)
def test_operations_on_numbers_are_those_on_the_sets(
    left: list[Connections], right: list[Connections]
) -> None:
    table = ConnectionSetTable()
    pairs = [(first, second) for first in left for second in right]
    numbers = np.array(
        [[table.number(connections) for connections in pair] for pair in pairs], dtype=np.int32
    )
    firsts, seconds = numbers[:, 0], numbers[:, 1]

    def sets_of(results: Numbers) -> list[Connections]:
        return [table[number] for number in results.tolist()]

    for _ in range(2):  # worked out, then remembered
        assert sets_of(table.intersections(firsts, seconds)) == [first & second for first, second in pairs]
        assert sets_of(table.unions(firsts, seconds)) == [first | second for first, second in pairs]
        assert sets_of(table.differences(firsts, seconds)) == [first - second for first, second in pairs]
        unions = [table.union(first, second) for first, second in numbers.tolist()]
        assert [table[number] for number in unions] == [first | second for first, second in pairs]


def test_a_table_that_outgrows_its_square_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_sets, "LARGEST_TABLE", 8)
    table = ConnectionSetTable()
    operands = [Connections.of(Protocol.TCP, first, first + 50) for first in range(1, 400)]
    numbers = np.array([table.number(connections) for connections in operands], dtype=np.int32)
    results = table.intersections(numbers, np.roll(numbers, 1))
    assert [table[number] for number in results] == [
        connections & operands[index - 1] for index, connections in enumerate(operands)
    ]


def test_nothing_and_everything_have_the_same_numbers_in_every_table() -> None:
    table, second_table = ConnectionSetTable(), ConnectionSetTable()
    http = Connections.of(Protocol.TCP, 80, 80)
    second_table.number(Connections.of(Protocol.UDP, 53, 53))
    assert (table.number(NOTHING), table.number(ALL), len(table)) == (EMPTY, FULL, 2)
    number = table.number(http)
    assert table.numbers_in(second_table).tolist() == [EMPTY, FULL, second_table.number(http)]
    assert table.number(http) == number and second_table[second_table.number(http)] == http


def test_numbers_whose_set_contains_a_port_are_found() -> None:
    table = ConnectionSetTable()
    table.number(Connections.of(Protocol.TCP, 50, 60))
    assert table.containing(Protocol.TCP, 53).tolist() == [False, True, True]
    assert table.containing(Protocol.UDP, 53).tolist() == [False, True, False]

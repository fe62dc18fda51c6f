"""Partition refinement, and the operations on arrays that it needs, against plain dictionaries."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.reach.arrays import distinct, first_indices, number_pairs, unique_rows
from bot.policy.reach.partition import Partition

SIZE = 12
sets = st.lists(st.sets(st.integers(0, SIZE - 1)), max_size=6)
numbers = st.lists(st.integers(0, 4), min_size=1, max_size=30)


def refined(partition: Partition, members: list[set[int]]) -> Partition:
    for each_set in members:
        partition.refine(np.array(sorted(each_set), dtype=np.intp))
    return partition


@given(sets, sets)
def test_elements_are_of_one_class_exactly_if_they_are_in_the_same_sets(
    first: list[set[int]], second: list[set[int]]
) -> None:
    partition = refined(Partition(refined(Partition.undivided(SIZE), first).class_of), second)
    signatures = [tuple(element in members for members in (*first, *second)) for element in range(SIZE)]
    classes = dict(zip(signatures, partition.class_of.tolist(), strict=True))
    assert [classes[signature] for signature in signatures] == partition.class_of.tolist()
    assert sorted(classes.values()) == list(range(partition.count)), "no two of them are of one class"
    for number, element in enumerate(partition.representatives().tolist()):
        assert partition.class_of[element] == number and number not in partition.class_of[:element]


def test_a_partition_of_nothing_has_no_class() -> None:
    partition = Partition.undivided(0)
    partition.refine(np.empty(0, dtype=np.intp))
    assert partition.count == 0 and len(partition.representatives()) == 0


@given(numbers)
def test_distinct_numbers_are_those_that_occur(occurring: list[int]) -> None:
    assert distinct(np.array(occurring), 5).tolist() == sorted(set(occurring))


@given(numbers)
def test_first_indices_are_those_of_the_first_element_of_each_number(occurring: list[int]) -> None:
    dense = np.unique(occurring, return_inverse=True)[1].astype(np.int32)
    first = first_indices(dense, int(dense.max()) + 1)
    assert first.tolist() == [dense.tolist().index(number) for number in range(len(first))]


@given(
    st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3), st.integers(0, 2)), min_size=1, max_size=30)
)
def test_rows_are_numbered_in_their_order_also_where_columns_are_negative(
    rows: list[tuple[int, int, int]],
) -> None:
    unique, first, inverse = unique_rows(np.array(rows))
    assert [tuple(row) for row in unique.tolist()] == sorted(set(rows))
    assert [rows[index] for index in first.tolist()] == sorted(set(rows))
    assert [sorted(set(rows))[number] for number in inverse.tolist()] == rows


def test_pairs_are_numbered_in_their_order() -> None:
    left, right = np.array([1, 0, 1, 0]), np.array([0, 7, 0, 2])
    assert number_pairs(left, right).tolist() == [2, 1, 2, 0]

"""Numbers for sets of connections, so that the tables of the engine are arrays of integers.

Few different sets occur in a cluster, and most pairs are `NOTHING` or `ALL`. With interned sets the
intersection or union of whole rows is a comparison of numbers, and the sets themselves are touched only once
for each new pair of numbers.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable

import numpy as np

from bot.policy.reach.arrays import Mask, Numbers
from bot.policy.reach.connections import ALL, NOTHING, Connections
from bot.policy.reach.model import Protocol

EMPTY, FULL = 0, 1  # the numbers of NOTHING and ALL in every table
UNKNOWN = -1
SMALLEST_TABLE, LARGEST_TABLE = 256, 8192  # numbers; the largest table takes 256 MB
_SHIFT = 32


@dataclasses.dataclass(frozen=True, slots=True)
class _Operation:
    """An operation on sets, and its results by the numbers of both operands."""

    apply: Callable[[Connections, Connections], Connections]
    results: dict[int, int] = dataclasses.field(default_factory=dict)


class ConnectionSetTable:
    """Gives each set of connections one number for good.

    All states of one cluster share a table, so that their numbers can be compared, and any thread may use it.
    """

    def __init__(self) -> None:
        self._sets = [NOTHING, ALL]
        self._numbers = {NOTHING.intervals: EMPTY, ALL.intervals: FULL}
        self._lock = threading.Lock()
        self._intersections = _intersection_table(0)
        self._and = _Operation(Connections.__and__)
        self._or = _Operation(Connections.__or__)
        self._without = _Operation(Connections.__sub__)

    def __getitem__(self, number: int) -> Connections:
        return self._sets[number]

    def __len__(self) -> int:
        return len(self._sets)

    def number(self, connections: Connections) -> int:
        """Return the number of a set; a new one gets the next number."""
        number = self._numbers.get(connections.intervals)
        if number is not None:
            return number
        with self._lock:
            if connections.intervals not in self._numbers:
                self._sets.append(connections)
                self._numbers[connections.intervals] = len(self._sets) - 1
            return self._numbers[connections.intervals]

    def numbers_in(self, other: ConnectionSetTable) -> Numbers:
        """Return for each number of this table the number of the same set in another."""
        return np.array([other.number(connections) for connections in list(self._sets)], dtype=np.int32)

    def intersections(self, left: Numbers, right: Numbers) -> Numbers:
        """Intersect two arrays of numbers element by element.

        The engine does this for every pair of classes, so it is one lookup in a square table of all numbers;
        an entry of it is worked out when its pair first occurs.
        """
        table = self._intersections
        size = len(table)
        if len(self._sets) > size:
            if len(self._sets) > LARGEST_TABLE:
                return self._intersections_without_table(left, right)
            table = self._intersections = _intersection_table(len(self._sets))
            size = len(table)
        places = left * np.int32(size)
        places += right
        flat = table.reshape(-1)
        numbers: Numbers = flat.take(places)
        if numbers.min(initial=EMPTY) == UNKNOWN:
            for place in np.unique(places[numbers == UNKNOWN]).tolist():
                row, column = divmod(place, size)
                flat[place] = self._compute(row << _SHIFT | column, self._and)
            numbers = flat.take(places)
        return numbers

    def _intersections_without_table(self, left: Numbers, right: Numbers) -> Numbers:
        numbers = np.where(left == FULL, right, np.where((right == FULL) | (left == right), left, EMPTY))
        undecided = (left > FULL) & (right > FULL) & (left != right)
        return self._fill(numbers, undecided, (left, right), self._and)

    def unions(self, left: Numbers, right: Numbers) -> Numbers:
        """Unite two arrays of numbers element by element."""
        numbers = np.where((left == EMPTY) | (right == FULL), right, left)
        undecided = (left > FULL) & (right > FULL) & (left != right)
        return self._fill(numbers, undecided, (left, right), self._or)

    def differences(self, left: Numbers, right: Numbers) -> Numbers:
        """Return element by element what is in the left set only."""
        numbers = np.where((left == right) | (right == FULL), EMPTY, left)
        undecided = (left != EMPTY) & (right > FULL) & (left != right)
        return self._fill(numbers, undecided, (left, right), self._without)

    def union(self, left: int, right: int) -> int:
        """Unite two single numbers."""
        if left in (right, FULL) or right == EMPTY:
            return left
        if left == EMPTY or right == FULL:
            return right
        return self._compute(left << _SHIFT | right, self._or)

    def containing(self, protocol: Protocol, port: int) -> Mask:
        """Return for each number whether its set contains a port."""
        contained = [connections.contains(protocol, port) for connections in list(self._sets)]
        return np.array(contained, dtype=bool)

    def _fill(
        self, numbers: Numbers, undecided: Mask, operands: tuple[Numbers, Numbers], operation: _Operation
    ) -> Numbers:
        """Work out the elements that the numbers of their operands do not decide, once per distinct pair."""
        if not undecided.any():
            return numbers
        left, right = np.broadcast_arrays(*operands)
        keys = (left[undecided].astype(np.int64) << _SHIFT) | right[undecided]
        pairs, inverse = np.unique(keys, return_inverse=True)
        results = [self._compute(key, operation) for key in pairs.tolist()]
        numbers[undecided] = np.array(results, dtype=np.int32)[inverse]
        return numbers

    def _compute(self, key: int, operation: _Operation) -> int:
        number = operation.results.get(key)
        if number is None:
            left, right = self._sets[key >> _SHIFT], self._sets[key & (1 << _SHIFT) - 1]
            number = operation.results[key] = self.number(operation.apply(left, right))
        return number


def _intersection_table(numbers: int) -> Numbers:
    """Return a square table in which the intersections with nothing, everything and itself are known."""
    size = SMALLEST_TABLE
    while size < numbers + numbers // 4:
        size *= 2
    table = np.full((size, size), UNKNOWN, dtype=np.int32)
    every = np.arange(size, dtype=np.int32)
    table[FULL, :] = table[:, FULL] = table[every, every] = every
    table[EMPTY, :] = table[:, EMPTY] = EMPTY
    return table

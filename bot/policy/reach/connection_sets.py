"""Numbers for sets of connections, so that tables of them are arrays of integers.

Few different sets occur in a cluster, and most pairs are `NOTHING` or `ALL`: intersections and unions of
whole rows are comparisons of numbers, and the sets themselves are touched once for each pair of numbers that
is new.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from bot.policy.reach.connections import ALL, NOTHING, Connections

Ids = npt.NDArray[np.int32]

EMPTY, FULL = 0, 1  # the numbers of NOTHING and ALL in every table
UNKNOWN = -1
SMALLEST_TABLE, LARGEST_TABLE = 256, 8192  # numbers; the largest takes 256 MB
_SHIFT = 32


class SetTable:
    """Gives each set one number for good; states of one cluster share a table, from any thread."""

    def __init__(self) -> None:
        self._sets = [NOTHING, ALL]
        self._numbers = {NOTHING.intervals: EMPTY, ALL.intervals: FULL}
        self._lock = threading.Lock()
        self._intersection = _table(0)
        self._both: dict[int, int] = {}
        self._either: dict[int, int] = {}
        self._without: dict[int, int] = {}

    def __getitem__(self, number: int) -> Connections:
        return self._sets[number]

    def __len__(self) -> int:
        return len(self._sets)

    def number(self, connections: Connections) -> int:
        """The number of a set."""
        found = self._numbers.get(connections.intervals)
        if found is not None:
            return found
        with self._lock:
            if connections.intervals not in self._numbers:
                self._sets.append(connections)
                self._numbers[connections.intervals] = len(self._sets) - 1
            return self._numbers[connections.intervals]

    def numbers_in(self, other: SetTable) -> Ids:
        """For each number of this table, the number of the same set in another."""
        return np.array([other.number(each) for each in list(self._sets)], dtype=np.int32)

    def intersections(self, left: Ids, right: Ids) -> Ids:
        """Element by element, what is in both.

        This is the step that is done for every pair of classes: one look into a square table of all numbers,
        in which pairs are worked out when they first occur.
        """
        table = self._intersection
        size = len(table)
        if len(self._sets) > size:
            if len(self._sets) > LARGEST_TABLE:
                return self._intersections_of_many(left, right)
            table = self._intersection = _table(len(self._sets))
            size = len(table)
        at = left * np.int32(size)
        at += right
        flat = table.reshape(-1)
        found: Ids = flat.take(at)
        if found.min(initial=EMPTY) == UNKNOWN:
            for place in np.unique(at[found == UNKNOWN]).tolist():
                one, other = divmod(place, size)
                flat[place] = self._one(one << _SHIFT | other, self._both, Connections.__and__)
            found = flat.take(at)
        return found

    def _intersections_of_many(self, left: Ids, right: Ids) -> Ids:
        found = np.where(left == FULL, right, np.where((right == FULL) | (left == right), left, EMPTY))
        open_ = (left > FULL) & (right > FULL) & (left != right)
        return self._rest(found, open_, left, right, self._both, Connections.__and__)

    def unions(self, left: Ids, right: Ids) -> Ids:
        """Element by element, what is in either."""
        found = np.where((left == EMPTY) | (right == FULL), right, left)
        open_ = (left > FULL) & (right > FULL) & (left != right)
        return self._rest(found, open_, left, right, self._either, Connections.__or__)

    def differences(self, left: Ids, right: Ids) -> Ids:
        """Element by element, what is in the left one only."""
        found = np.where((left == right) | (right == FULL), EMPTY, left)
        open_ = (left != EMPTY) & (right > FULL) & (left != right)
        return self._rest(found, open_, left, right, self._without, Connections.__sub__)

    def union(self, left: int, right: int) -> int:
        """What is in either, for two numbers."""
        if left in (right, FULL) or right == EMPTY:
            return left
        if left == EMPTY or right == FULL:
            return right
        return self._one(left << _SHIFT | right, self._either, Connections.__or__)

    def having(self, test: Callable[[Connections], bool]) -> npt.NDArray[np.bool_]:
        """One bit for each number: whether its set passes."""
        return np.array([test(each) for each in list(self._sets)], dtype=bool)

    def _rest(
        self,
        found: Ids,
        where: npt.NDArray[np.bool_],
        left: Ids,
        right: Ids,
        known: dict[int, int],
        operation: Callable[[Connections, Connections], Connections],
    ) -> Ids:
        if not where.any():
            return found
        left, right = np.broadcast_arrays(left, right)
        keys = (left[where].astype(np.int64) << _SHIFT) | right[where]
        different, back = np.unique(keys, return_inverse=True)
        results = [self._one(key, known, operation) for key in different.tolist()]
        found[where] = np.array(results, dtype=np.int32)[back]
        return found

    def _one(
        self, key: int, known: dict[int, int], operation: Callable[[Connections, Connections], Connections]
    ) -> int:
        found = known.get(key)
        if found is None:
            left, right = self._sets[key >> _SHIFT], self._sets[key & (1 << _SHIFT) - 1]
            found = known[key] = self.number(operation(left, right))
        return found


def _table(numbers: int) -> Ids:
    """Intersections of all pairs of numbers: those with nothing, with everything and with itself are
    known.
    """
    size = SMALLEST_TABLE
    while size < numbers + numbers // 4:
        size *= 2
    made = np.full((size, size), UNKNOWN, dtype=np.int32)
    every = np.arange(size, dtype=np.int32)
    made[FULL, :] = made[:, FULL] = made[every, every] = every
    made[EMPTY, :] = made[:, EMPTY] = EMPTY
    return made

"""Splits things into the coarsest classes that a series of sets cannot tell apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int32]


class Partition:
    """The class of each element; classes are numbered from 0 and none is empty.

    Each `refine` splits the classes that a set cuts: what is in the set gets a new number, so that the
    elements of a class agree about every set so far. Cost: the size of the set.
    """

    def __init__(self, size: int) -> None:
        self.ids: Integers = np.zeros(size, dtype=np.int32)
        self.count = 1 if size else 0
        self._sizes = np.array([size], dtype=np.int64) if size else np.zeros(0, dtype=np.int64)

    @classmethod
    def of(cls, ids: Integers) -> Partition:
        """Begin with classes that exist, numbered without gaps."""
        made = cls(0)
        made.ids = ids.copy()
        made._sizes = np.bincount(ids) if len(ids) else np.zeros(0, dtype=np.int64)
        made.count = len(made._sizes)
        return made

    def refine(self, members: npt.NDArray[np.integer]) -> None:
        """Split the classes that `members` (indices, each once) cuts."""
        if not len(members):
            return
        old = self.ids[members]
        inside = np.bincount(old, minlength=self.count)
        cut = np.flatnonzero((inside > 0) & (inside < self._sizes))
        if not len(cut):
            return
        target = np.arange(self.count, dtype=np.int32)
        target[cut] = np.arange(self.count, self.count + len(cut), dtype=np.int32)
        self.ids[members] = target[old]
        self._sizes[cut] -= inside[cut]
        self._sizes = np.concatenate((self._sizes, inside[cut]))
        self.count += len(cut)

    def representatives(self) -> npt.NDArray[np.intp]:
        """The first element of each class."""
        return first_of_each(self.ids, self.count)


def different(ids: npt.NDArray[np.integer], count: int) -> npt.NDArray[np.intp]:
    """Which of the numbers from 0 to `count` - 1 occur, in order; much faster than sorting or hashing
    them.
    """
    occurs = np.zeros(count, dtype=bool)
    occurs[ids] = True
    return np.flatnonzero(occurs)


def first_of_each(ids: Integers, count: int) -> npt.NDArray[np.intp]:
    """The first index of each number from 0 to `count` - 1; each must occur."""
    found = np.empty(count, dtype=np.intp)
    found[ids[::-1]] = np.arange(len(ids) - 1, -1, -1)
    return found

"""Partition refinement: splits elements into the coarsest classes that a series of sets cannot tell apart."""

from __future__ import annotations

import numpy as np

from bot.policy.reach.arrays import AnyIndices, Indices, Numbers, first_indices


class Partition:
    """The class of each element; classes are numbered from 0 and none is empty.

    Each `refine` splits the classes that a set cuts: the elements inside the set get a new number, so that
    the elements of one class are in the same sets. A call costs as much as its set is large.
    """

    def __init__(self, size: int) -> None:
        self.class_of: Numbers = np.zeros(size, dtype=np.int32)
        self.count = 1 if size else 0
        self._sizes = np.array([size], dtype=np.int64) if size else np.zeros(0, dtype=np.int64)

    @classmethod
    def of(cls, class_of: Numbers) -> Partition:
        """Start with existing classes, which must be numbered without gaps."""
        partition = cls(0)
        partition.class_of = class_of.copy()
        partition._sizes = np.bincount(class_of) if len(class_of) else np.zeros(0, dtype=np.int64)
        partition.count = len(partition._sizes)
        return partition

    def refine(self, members: AnyIndices) -> None:
        """Split the classes that a set cuts; `members` are the indices of its elements, each once."""
        if not len(members):
            return
        old = self.class_of[members]
        inside = np.bincount(old, minlength=self.count)
        cut = np.flatnonzero((inside > 0) & (inside < self._sizes))
        if not len(cut):
            return
        target = np.arange(self.count, dtype=np.int32)
        target[cut] = np.arange(self.count, self.count + len(cut), dtype=np.int32)
        self.class_of[members] = target[old]
        self._sizes[cut] -= inside[cut]
        self._sizes = np.concatenate((self._sizes, inside[cut]))
        self.count += len(cut)

    def representatives(self) -> Indices:
        """Return the first element of each class."""
        return first_indices(self.class_of, self.count)

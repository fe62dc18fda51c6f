"""Partition refinement: splits elements into the coarsest classes that a series of sets cannot tell apart."""

from __future__ import annotations

import numpy as np

from bot.policy.reach.arrays import AnyIndices, Indices, Numbers, first_indices


class Partition:
    """The class of each element; classes are numbered from 0 and none is empty.

    Each `refine` splits the classes that a set cuts: the elements inside the set get a new number, so that
    the elements of one class are in the same sets. A call costs as much as its set is large.
    """

    def __init__(self, class_of: Numbers) -> None:
        """Start with existing classes, which must be numbered without gaps."""
        self.class_of = class_of.copy()
        self._sizes = np.bincount(class_of)
        self.count = len(self._sizes)

    @classmethod
    def undivided(cls, size: int) -> Partition:
        """Start with one class of all elements."""
        return cls(np.zeros(size, dtype=np.int32))

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

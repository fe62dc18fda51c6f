"""Answers label selectors over many objects at once, from an inverted index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bot.policy.reach.model import LabelSelector, Operator, Requirement

Bits = npt.NDArray[np.bool_]


class LabelIndex:
    """Which of a sequence of objects have a label, or a key with any value."""

    def __init__(self, labels: Sequence[Mapping[str, str]]) -> None:
        self._size = len(labels)
        pairs: dict[tuple[str, str], list[int]] = defaultdict(list)
        keys: dict[str, list[int]] = defaultdict(list)
        for index, each in enumerate(labels):
            for pair in each.items():
                pairs[pair].append(index)
                keys[pair[0]].append(index)
        self._pairs = {pair: np.array(found, dtype=np.int32) for pair, found in pairs.items()}
        self._keys = {key: np.array(found, dtype=np.int32) for key, found in keys.items()}

    def select(self, selector: LabelSelector) -> Bits:
        """One bit for each object."""
        found = np.ones(self._size, dtype=bool)
        for requirement in selector.requirements:
            found &= self._having(requirement)
        return found

    def _having(self, requirement: Requirement) -> Bits:
        negated = requirement.operator in (Operator.NOT_IN, Operator.DOES_NOT_EXIST)
        bits = np.full(self._size, negated)
        if requirement.operator in (Operator.EXISTS, Operator.DOES_NOT_EXIST):
            bits[self._keys.get(requirement.key, [])] = not negated
        else:
            for value in requirement.values:
                bits[self._pairs.get((requirement.key, value), [])] = not negated
        return bits
